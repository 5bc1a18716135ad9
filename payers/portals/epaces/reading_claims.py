"""Reading ePACES's claim status response: a screen in, a `ClaimStatusAnswer` out. Needs no session."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from flows.claim_status import Claim, ClaimStatusAnswer, ClaimStatusInquiry, Status
from flows.eligibility import Match
from flows.errors import AnswerUnreadable, InputError, PayerUnavailable
from payers.kit import cells, pairs, phrase_in, read_date, read_money, required, status_of, steadily, whose_page
from payers.portals.epaces.phrases import PHRASES
from payers.portals.epaces.reading import OUTAGES, check_client, check_provider, name_of
from payers.portals.epaces.screens import ClaimResult

MOST = 10
FIRST = "Payer Claim Control #"
CODES = re.compile(r"(A4) (\d+)\b")


@steadily
async def read(screen: ClaimResult, inquiry: ClaimStatusInquiry) -> ClaimStatusAnswer:
    """The answer to `inquiry`. Raises `PayerUnavailable`, or `AnswerUnreadable` naming what could not be read."""
    shown = await pairs(screen.rows)
    check_provider(shown, inquiry.organization, inquiry.provider, "ClaimResult")
    asked = f"{inquiry.service_from:%m/%d/%Y} - {inquiry.service_to:%m/%d/%Y}"
    if required(shown, "Service Dates", "ClaimResult") != asked:
        raise AnswerUnreadable("the answer is for other days", screen="ClaimResult", locator="Service Dates")
    if await screen.summary.count():
        return _none_found(shown, inquiry, (await screen.summary.inner_text()).strip())
    claims = tuple(_claim(each) for each in _apart(await cells(screen.claims)))
    if not claims:
        raise AnswerUnreadable("the response shows neither claims nor why", screen="ClaimResult", locator="claims")
    last_name, first_name = name_of(shown, "ClaimResult")
    who = {"member_id": required(shown, "Client ID", "ClaimResult"), "last_name": last_name, "first_name": first_name}
    match = whose_page(inquiry.member, who)
    if match is Match.EXACT:
        _check_number(claims, inquiry)
    return ClaimStatusAnswer(
        claims=claims,
        match=match,
        organization=shown["Provider"],
        provider_npi=shown["Provider NPI"],
        returned_member_id=who["member_id"],
        returned_last_name=last_name,
        returned_first_name=first_name or None,
        portal_transaction_id=shown.get("Transaction #"),
    )


def _check_number(claims: tuple[Claim, ...], inquiry: ClaimStatusInquiry) -> None:
    """Raise when another claim than the one asked for is shown, or there may be more than the page holds."""
    number = inquiry.payer_claim_number
    if number and any(claim.payer_claim_number != number for claim in claims):
        raise AnswerUnreadable("another claim is shown", screen="ClaimResult", locator=FIRST)
    if len(claims) >= MOST:
        raise InputError(f"the portal shows {MOST} claims at most, and there may be more: ask for fewer days")


def _none_found(shown: Mapping[str, str], inquiry: ClaimStatusInquiry, words: str) -> ClaimStatusAnswer:
    phrase, codes = phrase_in(words, PHRASES), CODES.match(words)
    if phrase in OUTAGES:
        raise PayerUnavailable("the payer does not answer", phrase=phrase, screen="ClaimResult")
    if not codes:
        raise AnswerUnreadable("the portal shows a message that is not listed", screen="ClaimResult", locator="summary")
    check_client(shown, inquiry.member, "ClaimResult")
    return ClaimStatusAnswer(
        claims=(),
        match=Match.NOT_SHOWN,
        organization=shown["Provider"],
        provider_npi=shown["Provider NPI"],
        status=Status.NOT_ON_FILE,
        portal_words=words,
        category_code=codes[1],
        status_code=codes[2],
        portal_transaction_id=shown.get("Transaction #"),
    )


def _apart(rows: list[list[str]]) -> list[dict[str, str]]:
    """The rows of all claims, claim by claim; each begins with its number."""
    found: list[dict[str, str]] = []
    for label, value, *_ in rows:
        name = label.rstrip(":")
        if name == FIRST or not found:
            found.append({})
        found[-1][name] = value
    return found


def _claim(shown: Mapping[str, str]) -> Claim:
    paid = read_money(required(shown, "Paid Amount", "ClaimResult"), "Paid Amount")
    category = required(shown, "Claim Status Category", "ClaimResult")
    first, last = _span(required(shown, "Dates of Service", "ClaimResult"))
    return Claim(
        status=status_of(category, paid),
        portal_words=required(shown, "Status", "ClaimResult"),
        payer_claim_number=required(shown, FIRST, "ClaimResult"),
        category_code=category,
        status_code=shown.get("Claim Status Code") or None,
        status_date=_day(shown, "Status Effective Date"),
        service_from=first,
        service_to=last,
        billed=read_money(required(shown, "Total Charge", "ClaimResult"), "Total Charge"),
        paid=paid,
        payment_number=shown.get("Remittance Trace #") or None,
        payment_date=_day(shown, "Remittance Date"),
    )


def _span(text: str) -> tuple[date, date]:
    first, _, last = text.partition(" - ")
    return read_date(first, "Dates of Service"), read_date(last or first, "Dates of Service")


def _day(shown: Mapping[str, str], label: str) -> date | None:
    return read_date(shown[label], label) if shown.get(label) else None
