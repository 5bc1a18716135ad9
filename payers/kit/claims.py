"""What every portal's claim status needs: where a claim stands, and the list in which claims are found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import Field

from flows.claim_status import Claim, ClaimLine, ClaimStatusAnswer, ClaimStatusInquiry, Status
from flows.eligibility import Match
from flows.errors import AnswerUnreadable, PayerUnavailable
from flows.parties import Npi, Record
from payers.kit.reading import date_in, money_in

if TYPE_CHECKING:
    from playwright.async_api import Locator

# X12 507 status categories, by the meaning that the code list gives them. F0, F3 and F4 say that the payer is done,
# not how: there the portal's words have to tell.
CATEGORIES = {
    **dict.fromkeys(("A0", "A1", "A2", "A5"), Status.RECEIVED),
    **dict.fromkeys(("A3", "A6", "A7", "A8"), Status.REJECTED),
    **dict.fromkeys(("A4", "D0"), Status.NOT_ON_FILE),
    **dict.fromkeys(("P0", "P1", "P2", "P4", "P5"), Status.PENDING),
    **dict.fromkeys(("P3", *(f"R{number}" for number in range(18))), Status.NEEDS_INFORMATION),
    "F1": Status.PAID,
    "F2": Status.DENIED,
}
NO_ANSWER = ("E1", "E2")  # the payer's system, or who holds the information, does not respond


def read_status(
    category: str | None, words: str, by_words: Mapping[str, Status], lines: Sequence[ClaimLine] = ()
) -> Status:
    """Where a claim stands: by its category (X12 507), else by the portal's words, else `AnswerUnreadable`.

    A paid claim of which a line was paid and another not allowed is *partly paid*. Raises `PayerUnavailable` for a
    category that says so.
    """
    if category in NO_ANSWER:
        raise PayerUnavailable("the payer's system does not respond")
    status = CATEGORIES.get(category or "") or by_words.get(" ".join(words.upper().split()))
    if status is None:
        raise AnswerUnreadable("neither the category nor the words tell where the claim stands", locator="status")
    if status is Status.PAID and any(line.paid for line in lines) and any(line.allowed == 0 for line in lines):
        return Status.PARTLY_PAID
    return status


def status_of(category: str, paid: Decimal | None = None) -> Status:
    """Where a claim stands by its category alone; what is merely finalized counts as paid when money was paid."""
    return read_status(category, category, dict.fromkeys(("F0", "F3", "F4"), Status.PAID) if paid else {})


LINE = ("line", "service_date", "procedure", "modifiers", "units", "billed", "allowed", "paid")
"""What a row of lines shows, in the order in which `read_line` takes it."""


def read_line(row: Sequence[str], adjustment_codes: Sequence[str] = (), remark_codes: Sequence[str] = ()) -> ClaimLine:
    """A service line from the texts of its row, in the order of `LINE`. Raises `AnswerUnreadable` naming the column."""
    shown = dict(zip(LINE, row, strict=True))
    units = shown["units"]
    return ClaimLine(
        line=int(_number(shown["line"], "line")),
        service_date=date_in(shown, "service_date"),
        procedure=shown["procedure"],
        modifiers=tuple(shown["modifiers"].split()),
        units=_number(units, "units") if units else None,
        billed=money_in(shown, "billed"),
        allowed=money_in(shown, "allowed"),
        paid=money_in(shown, "paid"),
        adjustment_codes=tuple(adjustment_codes),
        remark_codes=tuple(remark_codes),
    )


def _number(text: str, label: str) -> Decimal:
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        raise AnswerUnreadable(f"{label} is not a number", locator=label)
    return Decimal(text)


def asked_for(inquiry: ClaimStatusInquiry, numbers: Sequence[str]) -> tuple[str, ...]:
    """Of the claims that a page lists, those to read: the one that was asked for by its number, else all.

    Raises `AnswerUnreadable` when that one is not among them, and for two of one number, which can't be told apart.
    """
    number = inquiry.payer_claim_number
    if len(set(numbers)) < len(numbers):
        raise AnswerUnreadable("two of the claims have the same number", locator="rows")
    if number and number not in numbers:
        raise AnswerUnreadable("the claim that was asked for is not among those found", locator="rows")
    return (number,) if number else tuple(numbers)


async def open_claim(links: Locator, number: str) -> None:
    """Click the link that is this claim's number. It is found by its place: no locator may spell a number, for errors
    name locators.
    """
    numbers = [text.strip() for text in await links.all_text_contents()]
    if number not in numbers:
        raise AnswerUnreadable("a claim is no longer in the list", locator="open")
    await links.nth(numbers.index(number)).click()


class ClaimList(Record):
    """A page with the claims that were found: their numbers in the portal's order, and whose they are."""

    numbers: tuple[str, ...] = Field(min_length=1, repr=False)
    match: Match
    organization: str
    provider_npi: Npi
    returned_member_id: str | None = Field(default=None, repr=False)
    returned_last_name: str | None = Field(default=None, repr=False)
    returned_first_name: str | None = Field(default=None, repr=False)
    portal_transaction_id: str | None = None

    def answer(self, claims: Iterable[Claim]) -> ClaimStatusAnswer:
        """The answer with these claims."""
        return ClaimStatusAnswer(claims=tuple(claims), **self.model_dump(exclude={"numbers"}))
