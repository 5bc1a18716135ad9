"""Reading Medi-Cal's claim status: a screen in, a `ClaimStatusAnswer` out. Needs no session."""

from __future__ import annotations

import re

from flows.claim_status import Claim, ClaimStatusAnswer, ClaimStatusInquiry, Status
from flows.eligibility import Match
from flows.errors import AnswerUnreadable
from payers.kit import cells, read_date, read_money, status_of, steadily, table_rows
from payers.portals.medi_cal.reading import check_field, check_provider, prose_of, whose
from payers.portals.medi_cal.screens import ClaimResult

COLUMNS = [
    "CCN",
    "From Date",
    "To Date",
    "Billed",
    "Paid",
    "Category",
    "Status Code",
    "Status",
    "Status Date",
    "Payment Number",
    "Payment Date",
]
NONE = re.compile(r"(A4) (\d+)\b")
COUNT = re.compile(r"(\d+) claims? found")


@steadily
async def read(screen: ClaimResult, inquiry: ClaimStatusInquiry) -> ClaimStatusAnswer:
    """The answer to `inquiry`. Raises `PayerUnavailable`, or `AnswerUnreadable` naming what could not be read."""
    words = await prose_of(screen)
    await check_provider(screen, inquiry.organization, inquiry.provider)
    await check_field(screen.subscriber_id, inquiry.member.member_id, "Subscriber ID", "ClaimResult")
    await check_field(screen.service_from, f"{inquiry.service_from:%m/%d/%Y}", "From Date", "ClaimResult")
    await check_field(screen.service_to, f"{inquiry.service_to:%m/%d/%Y}", "To Date", "ClaimResult")
    claims = tuple(_claim(*row) for row in table_rows(await cells(screen.claims), COLUMNS))
    none, count = NONE.match(words), COUNT.match(words)
    if not claims and not none:
        raise AnswerUnreadable("the result shows neither claims nor why", screen="ClaimResult", locator="status-area")
    if claims and (not count or int(count[1]) != len(claims)):
        raise AnswerUnreadable("not as many claims are shown as are told", screen="ClaimResult", locator="claims")
    if (number := inquiry.payer_claim_number) and any(claim.payer_claim_number != number for claim in claims):
        raise AnswerUnreadable("another claim is shown", screen="ClaimResult", locator="CCN")
    match, last, first = await whose(screen, inquiry.member)
    if claims and match is Match.NOT_SHOWN:
        raise AnswerUnreadable("the result names no subscriber", screen="ClaimResult", locator="name")
    return ClaimStatusAnswer(
        claims=claims,
        match=match,
        organization=inquiry.organization.name,
        provider_npi=inquiry.provider.npi,
        status=None if claims else Status.NOT_ON_FILE,
        portal_words="" if claims else words,
        category_code=none[1] if none and not claims else None,
        status_code=none[2] if none and not claims else None,
        returned_last_name=last or None,
        returned_first_name=first or None,
    )


def _claim(*row: str) -> Claim:
    shown = dict(zip(COLUMNS, row, strict=True))
    if not shown["CCN"]:
        raise AnswerUnreadable("a claim has no number", screen="ClaimResult", locator="CCN")
    paid = read_money(shown["Paid"], "Paid")
    return Claim(
        status=status_of(shown["Category"], paid),
        portal_words=shown["Status"],
        payer_claim_number=shown["CCN"],
        category_code=shown["Category"],
        status_code=shown["Status Code"] or None,
        status_date=read_date(shown["Status Date"], "Status Date"),
        service_from=read_date(shown["From Date"], "From Date"),
        service_to=read_date(shown["To Date"], "To Date"),
        billed=read_money(shown["Billed"], "Billed"),
        paid=paid,
        payment_number=shown["Payment Number"] or None,
        payment_date=read_date(shown["Payment Date"], "Payment Date") if shown["Payment Date"] else None,
    )
