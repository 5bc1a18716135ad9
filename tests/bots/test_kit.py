"""What all portals read forms and claims by: what a list offers, where a claim stands, and its lines."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from flows.claim_status import ClaimLine, ClaimStatusInquiry, Status
from flows.errors import AnswerUnreadable, PayerUnavailable
from flows.parties import Member, Organization, Person, Provider
from payers.kit import asked_for, offered, read_line, read_status

WORDS = {"PAID": Status.PAID, "IN PROCESS": Status.PENDING}
INQUIRY = ClaimStatusInquiry(
    organization=Organization(name="Example Clinic", tin="123456789"),
    provider=Provider(npi="1234567893"),
    member=Member(
        member_id="W0001", patient=Person(last_name="Sample", first_name="Alex", birth_date=date(1980, 2, 29))
    ),
    service_from=date(2026, 1, 2),
    service_to=date(2026, 1, 2),
)


def line(number: int, allowed: str | None, paid: str | None) -> ClaimLine:
    return ClaimLine(line=number, allowed=allowed and Decimal(allowed), paid=paid and Decimal(paid))


@pytest.mark.parametrize(
    ("category", "words", "status"),
    [
        ("A0", "", Status.RECEIVED),
        ("A1", "DENIED", Status.RECEIVED),  # the category wins over the words
        ("A3", "", Status.REJECTED),
        ("A4", "", Status.NOT_ON_FILE),
        ("A8", "", Status.REJECTED),
        ("D0", "", Status.NOT_ON_FILE),
        ("P1", "", Status.PENDING),
        ("P3", "", Status.NEEDS_INFORMATION),
        ("R17", "", Status.NEEDS_INFORMATION),
        ("F1", "FINALIZED", Status.PAID),
        ("F2", "FINALIZED", Status.DENIED),
        ("F0", " in   Process ", Status.PENDING),  # done, but not how: the words tell
        ("F4", "Paid", Status.PAID),
        (None, "In Process", Status.PENDING),
        ("X9", "PAID", Status.PAID),
    ],
)
def test_where_a_claim_stands(category: str | None, words: str, status: Status) -> None:
    assert read_status(category, words, WORDS) is status


@pytest.mark.parametrize(("category", "words"), [(None, "FINALIZED"), ("F3", "FINALIZED"), ("X9", ""), ("E0", "")])
def test_what_tells_neither_is_not_guessed(category: str | None, words: str) -> None:
    with pytest.raises(AnswerUnreadable):
        read_status(category, words, WORDS)


def test_a_payer_that_does_not_respond_is_no_status() -> None:
    with pytest.raises(PayerUnavailable):
        read_status("E1", "PAID", WORDS)


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ((line(1, "80", "64"), line(2, "0", "0")), Status.PARTLY_PAID),
        ((line(1, "80", "64"), line(2, "50", "0")), Status.PAID),  # the deductible took it
        ((line(1, "80", "64"), line(2, None, None)), Status.PAID),
        ((line(1, "0", "0"),), Status.PAID),
        ((), Status.PAID),
    ],
)
def test_a_claim_is_partly_paid_when_a_line_is_not_allowed(lines: tuple[ClaimLine, ...], status: Status) -> None:
    assert read_status("F1", "", WORDS, lines) is status
    assert read_status("F2", "", WORDS, lines) is Status.DENIED


ROW = ("1", "01/02/2026", "99213", "25 GT", "1.5", "$1,250.00", "$0.00", "")


def test_a_line_is_read_and_what_it_does_not_show_is_absent() -> None:
    found = read_line(ROW, ["CO-45"], ["N130"])
    assert (found.line, found.service_date, found.procedure) == (1, date(2026, 1, 2), "99213")
    assert (found.modifiers, found.units) == (("25", "GT"), Decimal("1.5"))
    assert (found.billed, found.allowed, found.paid) == (Decimal("1250.00"), Decimal("0.00"), None)
    assert (found.adjustment_codes, found.remark_codes) == (("CO-45",), ("N130",))


@pytest.mark.parametrize("place", [0, 1, 4, 5, 6, 7])  # procedure and modifiers are texts
@pytest.mark.parametrize("text", ["see remit", "$", "1/2", "1.2.3", "-"])
def test_a_line_that_can_not_be_read_is_none(place: int, text: str) -> None:
    with pytest.raises(AnswerUnreadable):
        read_line((*ROW[:place], text, *ROW[place + 1 :]))


def test_of_the_claims_listed_those_that_were_asked_for_are_read() -> None:
    by_number = INQUIRY.model_copy(update={"payer_claim_number": "E02"})
    assert asked_for(INQUIRY, ["E01", "E02"]) == ("E01", "E02")
    assert asked_for(by_number, ["E01", "E02"]) == ("E02",)
    for inquiry, numbers in ((by_number, ["E01"]), (INQUIRY, ["E01", "E01"])):
        with pytest.raises(AnswerUnreadable):
            asked_for(inquiry, numbers)


def test_a_list_without_choices_is_a_changed_page() -> None:
    assert offered(["1", "2"], "Inquiry", "providers") == ["1", "2"]
    with pytest.raises(AnswerUnreadable) as raised:
        offered([], "Inquiry", "providers")
    assert (raised.value.screen, raised.value.locator) == ("Inquiry", "providers")
