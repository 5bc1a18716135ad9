"""Reading ePACES's eligibility response: a screen in, an `EligibilityAnswer` out. Needs no session."""

from __future__ import annotations

from collections.abc import Mapping

from flows.eligibility import Coverage, EligibilityAnswer, EligibilityInquiry, Match
from flows.errors import AnswerUnreadable, PayerUnavailable
from flows.parties import Member, Organization, Provider
from payers.kit import cells, pairs, phrase_in, read_date, required, steadily, table_rows, whose_page
from payers.portals.epaces.phrases import PHRASES
from payers.portals.epaces.screens import ClaimResult, Result

COVERAGES = {"MEDICAID ELIGIBLE": Coverage.ACTIVE, "NOT MEDICAID ELIGIBLE": Coverage.INACTIVE}
# X12 271 AAA03 reject reasons, by the words that stand for them
REJECTIONS = {
    "not_found": ("75", Coverage.NOT_FOUND),
    "member_id_invalid": ("72", Coverage.REJECTED),
}
OUTAGES = ("payer_down", "outage", "not_processed")
COLUMNS = ["Coverage", "Plan", "Plan Date"]


async def check_requested(screen: Result | ClaimResult, requested: str) -> None:
    """Raise unless the response is to the request that was filed at that time."""
    shown = required(await pairs(screen.rows), "Requested", type(screen).__name__)
    if shown != requested:
        raise AnswerUnreadable("the response is to another request", screen=type(screen).__name__, locator="Requested")


def check_provider(shown: Mapping[str, str], organization: Organization, provider: Provider, screen: str) -> None:
    """Raise unless the page answers this organization and provider."""
    for label, wanted in {"Provider": organization.name, "Provider NPI": provider.npi}.items():
        if required(shown, label, screen) != wanted:
            raise AnswerUnreadable(f"the answer is for another {label} than asked", screen=screen, locator=label)


def check_client(shown: Mapping[str, str], asked: Member, screen: str) -> None:
    """Raise unless a page that shows nobody's name is about the client id that was asked for."""
    if required(shown, "Client ID", screen).casefold() != asked.member_id.casefold():
        raise AnswerUnreadable("the answer is for another client than asked", screen=screen, locator="Client ID")


def name_of(shown: Mapping[str, str], screen: str) -> tuple[str, str]:
    """Last and first name of `Last, First`."""
    last, _, first = required(shown, "Client Name", screen).partition(",")
    return last.strip(), first.strip()


@steadily
async def read(screen: Result, inquiry: EligibilityInquiry) -> EligibilityAnswer:
    """The answer to `inquiry`. Raises `PayerUnavailable`, or `AnswerUnreadable` naming what could not be read."""
    shown = await pairs(screen.rows)
    check_provider(shown, inquiry.organization, inquiry.provider, "Result")
    as_of = read_date(required(shown, "Date of Service", "Result"), "Date of Service")
    if as_of != inquiry.service_date:
        raise AnswerUnreadable("the answer is for another day than asked", screen="Result", locator="Date of Service")
    if await screen.summary.count():
        return _refused(shown, inquiry, (await screen.summary.inner_text()).strip())
    rows = table_rows(await cells(screen.coverage), COLUMNS)
    if len(rows) != 1 or rows[0][0] not in COVERAGES:
        raise AnswerUnreadable("the coverage is not a listed one", screen="Result", locator="Coverage")
    words, plan, _ = rows[0]
    last_name, first_name = name_of(shown, "Result")
    born = read_date(required(shown, "Date of Birth", "Result"), "Date of Birth")
    who = {
        "member_id": required(shown, "Client ID", "Result"),
        "last_name": last_name,
        "first_name": first_name,
        "birth_date": born.isoformat(),
    }
    other = await screen.other_insurance.all_text_contents()
    return EligibilityAnswer(
        coverage=COVERAGES[words],
        match=whose_page(inquiry.member, who),
        portal_words=words,
        organization=shown["Provider"],
        provider_npi=shown["Provider NPI"],
        as_of=as_of,
        returned_member_id=who["member_id"],
        returned_last_name=last_name,
        returned_first_name=first_name or None,
        returned_birth_date=born,
        plan_name=plan or None,
        product_type="Medicaid",
        other_insurance=True if other else None,
        other_payer=other[0].strip() if other else None,
        portal_transaction_id=shown.get("Transaction #"),
    )


def _refused(shown: Mapping[str, str], inquiry: EligibilityInquiry, words: str) -> EligibilityAnswer:
    phrase = phrase_in(words, PHRASES)
    if phrase in OUTAGES:
        raise PayerUnavailable("the payer does not answer", phrase=phrase, screen="Result")
    if phrase not in REJECTIONS:
        raise AnswerUnreadable("the portal shows a message that is not listed", screen="Result", locator="summary")
    check_client(shown, inquiry.member, "Result")
    code, coverage = REJECTIONS[phrase]
    return EligibilityAnswer(
        coverage=coverage,
        match=Match.NOT_SHOWN,
        portal_words=words,
        organization=shown["Provider"],
        provider_npi=shown["Provider NPI"],
        as_of=inquiry.service_date,
        reject_code=code,
        portal_transaction_id=shown.get("Transaction #"),
    )
