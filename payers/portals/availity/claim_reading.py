"""Reading Availity's claim status: a screen in, a list, a claim or an answer out. Needs no session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
    steadily,
    table_rows,
    whose_page,
)
from payers.portals.availity.claim_screens import ClaimDetail, ClaimResults
from payers.portals.availity.phrases import PHRASES

STATUSES = {
    "IN PROCESS": Status.PENDING,
    "IN-PROCESS": Status.PENDING,
    "PENDING": Status.PENDING,
    "PAID": Status.PAID,
    "DENIED": Status.DENIED,
}
NONE_FOUND = ("no_claims", "claim_not_found", "claims_subscriber_not_found")
OUTAGES = ("payer_down", "no_answer", "outage", "not_processed")
CLAIM_COLUMNS = ["Claim Number", "Service Dates", "Billed Amount", "Finalized Date", "Status"]
LINE_COLUMNS = ["", "Line", "Service Date", "Procedure", "Modifiers", "Units", "Billed", "Allowed", "Paid"]
CODE_COLUMNS = ["Type", "Code", "Description"]
LABELS = ("Adjustment Reason", "Remark")
SPAN = " - "


@steadily
async def read(screen: ClaimResults, inquiry: ClaimStatusInquiry, payer: Payer) -> ClaimList | ClaimStatusAnswer:
    """The list of claims, or the answer that there are none. Raises `PayerUnavailable` or `AnswerUnreadable`."""
    summary = await pairs(screen.summary)
    return await (_read_list(screen, summary, inquiry, payer) if summary else _read_none(screen, inquiry))


async def _read_none(screen: ClaimResults, inquiry: ClaimStatusInquiry) -> ClaimStatusAnswer:
    words = (await screen.alert.inner_text()).strip()
    phrase = phrase_in(words, PHRASES)
    if phrase in OUTAGES:
        raise PayerUnavailable("the payer does not answer", phrase=phrase, screen="ClaimResults")
    if phrase not in NONE_FOUND:
        raise AnswerUnreadable("the portal shows an alert that is not listed", screen="ClaimResults", locator="alert")
    organization, npi = await screen.organization.input_value(), await screen.npi.input_value()
    check_asked({"Organization": organization, "Provider NPI": npi}, _asked(inquiry), "ClaimResults")
    codes = _codes(await cells(screen.codes))
    category = _first(codes, "Category")
    return ClaimStatusAnswer(
        claims=(),
        status=read_status(category, "NOT FOUND", {"NOT FOUND": Status.NOT_ON_FILE}),
        match=Match.NOT_SHOWN,
        organization=organization,
        provider_npi=npi,
        portal_words=words,
        category_code=category,
        status_code=_first(codes, "Status"),
    )


async def _read_list(
    screen: ClaimResults, summary: Mapping[str, str], inquiry: ClaimStatusInquiry, payer: Payer
) -> ClaimList:
    check_asked(summary, _asked(inquiry) | {"Service Dates": _span(inquiry)}, "ClaimResults")
    if payer.payer_ids:
        check_asked(summary, {"Payer ID": payer.payer_ids[0]}, "ClaimResults")
    else:  # none is public: what was searched with is still there
        check_asked({"Payer": await screen.payer.input_value()}, {"Payer": payer.title}, "ClaimResults")
    rows = await cells(screen.rows)
    if not rows:
        phrase = phrase_in(await screen.body.inner_text(), PHRASES)
        if phrase in OUTAGES:
            raise PayerUnavailable("the result holds an outage message", phrase=phrase, screen="ClaimResults")
        raise AnswerUnreadable("the result shows no table of claims", screen="ClaimResults", locator="rows")
    numbers = [row[0] for row in table_rows(rows, CLAIM_COLUMNS)]
    shown_of = (await screen.shown_of.inner_text()).strip()
    if shown_of != f"1–{len(numbers)} of {len(numbers)}":
        raise AnswerUnreadable("the table does not show all claims", screen="ClaimResults", locator="shown_of")
    person = _person(summary, "ClaimResults")
    return ClaimList(
        numbers=asked_for(inquiry, numbers),
        match=whose_page(inquiry.member, person),
        organization=summary["Organization"],
        provider_npi=summary["Provider NPI"],
        returned_member_id=person["member_id"],
        returned_last_name=person["last_name"],
        returned_first_name=person["first_name"],
        portal_transaction_id=summary.get("Transaction ID"),
    )


@steadily
async def read_claim(screen: ClaimDetail, number: str, inquiry: ClaimStatusInquiry) -> Claim:
    """The claim with this number, once its codes are unfolded. Raises `AnswerUnreadable` for another one."""
    shown = await pairs(screen.panels)
    check_asked(shown, {"Claim Number": number}, "ClaimDetail")
    if whose_page(inquiry.member, _person(shown, "ClaimDetail")) is not Match.EXACT:
        raise AnswerUnreadable("the claim is another patient's", screen="ClaimDetail", locator="Patient Name")
    words = required(shown, "Claim Status", "ClaimDetail")
    codes = _codes(await cells(screen.codes))
    lines = await _read_lines(screen)
    first, _, last = required(shown, "Service Dates", "ClaimDetail").partition(SPAN)
    category = _first(codes, "Category")
    return Claim(
        status=read_status(category, words, STATUSES, lines),
        portal_words=words,
        payer_claim_number=number,
        patient_control_number=shown.get("Patient Account Number"),
        category_code=category,
        status_code=_first(codes, "Status"),
        entity_code=_first(codes, "Entity"),
        status_date=date_in(shown, "Status Date"),
        received_on=date_in(shown, "Received Date"),
        finalized_on=date_in(shown, "Finalized Date"),
        service_from=read_date(first, "Service Dates"),
        service_to=read_date(last or first, "Service Dates"),
        billed=read_money(required(shown, "Billed Amount", "ClaimDetail"), "Billed Amount"),
        paid=money_in(shown, "Paid Amount"),
        payment_number=shown.get("Check Number"),
        payment_method=shown.get("Payment Method"),
        payment_date=date_in(shown, "Check Date"),
        adjustment_codes=tuple(codes.get("Adjustment Reason", ())),
        remark_codes=tuple(codes.get("Remark", ())),
        lines=lines,
    )


async def _read_lines(screen: ClaimDetail) -> tuple[ClaimLine, ...]:
    rows = table_rows(await cells(screen.lines), LINE_COLUMNS)
    folded = await cells(screen.line_codes)
    if len(rows) != len(folded):
        raise AnswerUnreadable("a line's codes are not shown", screen="ClaimDetail", locator="line_codes")
    return tuple(_line(row[1:], codes) for row, codes in zip(rows, folded, strict=True))


def _line(row: Sequence[str], folded: Sequence[str]) -> ClaimLine:
    """A row of the table, with the codes that were folded away below it: each kind's label, then its codes."""
    codes = {label: text.removeprefix(label).split() for text in folded for label in LABELS if text.startswith(label)}
    return read_line(row, codes.get("Adjustment Reason", ()), codes.get("Remark", ()))


def _codes(rows: Sequence[list[str]]) -> dict[str, list[str]]:
    """The codes by their type, in the page's order."""
    found: dict[str, list[str]] = {}
    for kind, code, _ in table_rows(rows, CODE_COLUMNS):
        found.setdefault(kind, []).append(code)
    return found


def _first(codes: Mapping[str, Sequence[str]], kind: str) -> str | None:
    return next(iter(codes.get(kind, ())), None)


def _person(shown: Mapping[str, str], screen: str) -> dict[str, str]:
    last_name, _, first_name = required(shown, "Patient Name", screen).partition(",")
    member_id = required(shown, "Member ID", screen)
    return {"member_id": member_id, "last_name": last_name.strip(), "first_name": first_name.strip()}


def _asked(inquiry: ClaimStatusInquiry) -> dict[str, str]:
    return {"Organization": inquiry.organization.name, "Provider NPI": inquiry.provider.npi}


def _span(inquiry: ClaimStatusInquiry) -> str:
    return f"{inquiry.service_from:%m/%d/%Y}{SPAN}{inquiry.service_to:%m/%d/%Y}"
