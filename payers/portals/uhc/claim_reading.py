"""Reading UnitedHealthcare's claims: a screen in, a list, a claim or an answer out. Needs no session."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flows.claim_status import Claim, ClaimLine, ClaimStatusAnswer, ClaimStatusInquiry, Status
from flows.eligibility import Match
from flows.errors import AnswerUnreadable, PayerUnavailable
from flows.parties import Payer
from payers.kit import (
    ClaimList,
    asked_for,
    cells,
    check_asked,
    date_in,
    money_in,
    pairs,
    phrase_in,
    read_date,
    read_line,
    read_money,
    read_status,
    required,
    steady,
    table_rows,
    texts_by_test_id,
    whose_page,
)
from payers.portals.uhc.claim_screens import ClaimDetail, ClaimResults
from payers.portals.uhc.phrases import PHRASES
from payers.portals.uhc.reading import names

STATUSES = {
    "ACKNOWLEDGED": Status.RECEIVED,
    "PENDING": Status.PENDING,
    "IN PROCESS": Status.PENDING,
    "INFORMATION REQUESTED": Status.NEEDS_INFORMATION,
    "DENIED": Status.DENIED,
    "PAID": Status.PAID,
    "PARTIALLY PAID": Status.PARTLY_PAID,
    "REJECTED": Status.REJECTED,
}
NONE_FOUND = ("not_found", "no_claims", "no_claims_listed")
OUTAGES = ("outage", "not_processed")
LINE_COLUMNS = ["", "Line", "Date", "Procedure", "Modifiers", "Units", "Billed", "Allowed", "Paid"]
SPAN = " - "


async def read(screen: ClaimResults, inquiry: ClaimStatusInquiry, payer: Payer) -> ClaimList | ClaimStatusAnswer:
    """The list of claims, or the answer that there are none. Raises `PayerUnavailable` or `AnswerUnreadable`."""
    return await steady(screen.text, lambda: _read(screen, inquiry))


async def _read(screen: ClaimResults, inquiry: ClaimStatusInquiry) -> ClaimList | ClaimStatusAnswer:
    summary = await pairs(screen.summary)
    if not summary:
        tin, _, organization = (await screen.header.chosen.inner_text()).strip().partition(SPAN)
        form = {"Tax ID": tin, "Organization": organization, "NPI": await screen.provider.input_value()}
        return _none_found(await screen.words.inner_text(), form, inquiry)
    if await screen.none.count():
        return _none_found(await screen.none.inner_text(), summary, inquiry)
    return await _read_list(screen, summary, inquiry)


def _none_found(text: str, shown: Mapping[str, str], inquiry: ClaimStatusInquiry) -> ClaimStatusAnswer:
    phrase = phrase_in(text, PHRASES)
    if phrase in OUTAGES:
        raise PayerUnavailable("the payer does not answer", phrase=phrase, screen="ClaimResults")
    if phrase not in NONE_FOUND:
        raise AnswerUnreadable("the portal shows a message that is not listed", screen="ClaimResults", locator="words")
    check_asked(shown, _asked(inquiry), "ClaimResults")
    return ClaimStatusAnswer(
        claims=(),
        status=Status.NOT_ON_FILE,
        match=Match.NOT_SHOWN,
        organization=shown["Organization"],
        provider_npi=shown["NPI"],
        portal_words=text.strip(),
        portal_transaction_id=shown.get("Transaction ID"),
    )


async def _read_list(screen: ClaimResults, summary: Mapping[str, str], inquiry: ClaimStatusInquiry) -> ClaimList:
    check_asked(summary, _asked(inquiry) | _searched(inquiry), "ClaimResults")
    if not await screen.count.count():
        phrase = phrase_in(await screen.text.inner_text(), PHRASES)
        if phrase in OUTAGES:
            raise PayerUnavailable("the result holds an outage message", phrase=phrase, screen="ClaimResults")
        raise AnswerUnreadable("the result shows no list of claims", screen="ClaimResults", locator="count")
    numbers = [row[0] for row in await cells(screen.rows)]
    said = (await screen.count.inner_text()).strip()
    if not numbers or said not in (f"{len(numbers)} claims found", f"{len(numbers)} claim found"):
        raise AnswerUnreadable("the list does not show all claims", screen="ClaimResults", locator="count")
    member_id = required(summary, "Member ID", "ClaimResults")
    born = read_date(required(summary, "Date of Birth", "ClaimResults"), "Date of Birth")
    return ClaimList(
        numbers=asked_for(inquiry, numbers),
        match=whose_page(inquiry.member, {"member_id": member_id, "birth_date": born.isoformat()}),
        organization=summary["Organization"],
        provider_npi=summary["NPI"],
        returned_member_id=member_id,
        portal_transaction_id=summary.get("Transaction ID"),
    )


async def read_claim(screen: ClaimDetail, number: str, inquiry: ClaimStatusInquiry) -> Claim:
    """The claim with this number, once its codes are unfolded. Raises `AnswerUnreadable` for another one."""
    return await steady(screen.text, lambda: _read_claim(screen, number, inquiry))


async def _read_claim(screen: ClaimDetail, number: str, inquiry: ClaimStatusInquiry) -> Claim:
    shown = await texts_by_test_id(screen.items)
    check_asked(shown, {"overview-claim-number": number}, "ClaimDetail")
    _check_patient(shown, inquiry)
    status = required(shown, "overview-status", "ClaimDetail")
    adjudicated = shown.get("overview-adjudication-status", "")
    lines = await _read_lines(screen)
    first, _, last = required(shown, "overview-service-dates", "ClaimDetail").partition(SPAN)
    return Claim(
        status=read_status(None, adjudicated or status, STATUSES, lines),
        portal_words=f"{status}, {adjudicated}" if adjudicated else status,
        payer_claim_number=number,
        patient_control_number=shown.get("pi-patient-account-number-content"),
        received_on=date_in(shown, "overview-received-date"),
        finalized_on=date_in(shown, "overview-processed-date"),
        service_from=read_date(first, "overview-service-dates"),
        service_to=read_date(last or first, "overview-service-dates"),
        billed=read_money(required(shown, "bs-billed-content", "ClaimDetail"), "bs-billed-content"),
        allowed=money_in(shown, "bs-allowed-content"),
        paid=money_in(shown, "bs-total-paid-content"),
        patient_responsibility=money_in(shown, "bs-patient-responsibility-content"),
        payment_number=shown.get("ps-payment-number-content"),
        payment_method=shown.get("ps-payment-method-content"),
        payment_date=date_in(shown, "ps-payment-date-content"),
        adjustment_codes=_all(line.adjustment_codes for line in lines),
        remark_codes=_all(line.remark_codes for line in lines),
        lines=lines,
    )


def _check_patient(shown: Mapping[str, str], inquiry: ClaimStatusInquiry) -> None:
    """Raise unless the claim is the patient's; the page shows the name as `First Last`."""
    name = required(shown, "pi-patient-name-content", "ClaimDetail")
    first_name, last_name = names(name, inquiry.member.patient)
    born = read_date(required(shown, "pi-date-of-birth-content", "ClaimDetail"), "pi-date-of-birth-content")
    person = {
        "member_id": required(shown, "pi-member-id-content", "ClaimDetail"),
        "first_name": first_name,
        "last_name": last_name,
        "birth_date": born.isoformat(),
    }
    if whose_page(inquiry.member, person) is not Match.EXACT:
        raise AnswerUnreadable(
            "the claim is another patient's", screen="ClaimDetail", locator="pi-patient-name-content"
        )


async def _read_lines(screen: ClaimDetail) -> tuple[ClaimLine, ...]:
    rows = table_rows(await cells(screen.lines), LINE_COLUMNS)
    adjustments = await screen.adjustments.all_text_contents()
    remarks = await screen.remarks.all_text_contents()
    if not len(rows) == len(adjustments) == len(remarks):
        raise AnswerUnreadable("a line's codes are not shown", screen="ClaimDetail", locator="adjustments")
    folded = zip(rows, adjustments, remarks, strict=True)
    return tuple(read_line(row[1:], _codes(carc), _codes(remark)) for row, carc, remark in folded)


def _codes(text: str) -> list[str]:
    return [code for part in text.split(",") if (code := part.strip())]


def _all(codes: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """The codes of all lines, each once, in the page's order."""
    return tuple(dict.fromkeys(code for line in codes for code in line))


def _asked(inquiry: ClaimStatusInquiry) -> dict[str, str]:
    organization = inquiry.organization
    return {"Organization": organization.name, "Tax ID": organization.tin, "NPI": inquiry.provider.npi}


def _searched(inquiry: ClaimStatusInquiry) -> dict[str, str]:
    """What the search was for, as the results say it again."""
    if inquiry.payer_claim_number:
        return {"Claim Number": inquiry.payer_claim_number}
    return {"Dates of Service": f"{inquiry.service_from:%m/%d/%Y}{SPAN}{inquiry.service_to:%m/%d/%Y}"}
