"""What looks wrong in answers taken together, and what must never look so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from bots.desk import Answer, Inquiry
from bots.plausibility import SAME_PAGE, SEVERAL, Counts, Limits, Tally, odd_share, outcome_word
from flows.claim_status import Claim, ClaimStatusAnswer, ClaimStatusInquiry, Status
from flows.eligibility import Benefit, Coverage, EligibilityAnswer, EligibilityInquiry, Match
from flows.parties import Member, Organization, Person, Provider

LIMITS = Limits(rows=20, times=3, points=25, history=50)
READ_BACK: dict[str, Any] = {"match": Match.NOT_SHOWN, "organization": "Example Clinic", "provider_npi": "1234567893"}
DAY = date(2026, 1, 2)
USUAL = {"active": 80, "inactive": 10, "not_found": 6, "rejected": 4}

SHARES: dict[str, tuple[Counts, Counts, str | None]] = {
    "as usual": ({"active": 16, "inactive": 2, "not_found": 2}, USUAL, None),
    "nobody is covered": ({"inactive": 20}, USUAL, "inactive"),
    "one row too few": ({"inactive": 19}, USUAL, None),
    "at 25 points more": ({"active": 13, "inactive": 7}, USUAL, None),
    "over 25 points more": ({"active": 12, "inactive": 8}, USUAL, "inactive"),
    "at three times the usual": ({"active": 4, "inactive": 6}, {"active": 80, "inactive": 20}, None),
    "three times the usual wins over 25 points": ({"active": 8, "inactive": 12}, {"active": 80, "inactive": 20}, None),
    "over three times the usual": ({"active": 7, "inactive": 13}, {"active": 80, "inactive": 20}, "inactive"),
    "never seen before, at 25 points": ({"active": 15, "rejected": 5}, {"active": 100}, None),
    "never seen before": ({"active": 14, "rejected": 6}, {"active": 100}, "rejected"),
    "good news can be odd too": ({"active": 20}, {"active": 20, "inactive": 80}, "active"),
    "what is usually over a third can't be": ({"active": 20}, {"active": 34, "inactive": 66}, None),
    "no history": ({"inactive": 400}, {}, None),
    "too little history": ({"inactive": 400}, {"active": 49}, None),
    "just enough history": ({"inactive": 400}, {"active": 50}, "inactive"),
    "the oddest is named": ({"rejected": 10, "not_found": 30}, {"active": 100}, "not_found"),
    "claims": ({"not_on_file": 12, "paid": 8}, {"paid": 60, "not_on_file": 5, SEVERAL: 35}, "not_on_file"),
}


@pytest.mark.parametrize(("seen", "usual", "odd"), SHARES.values(), ids=SHARES)
def test_which_share_is_odd(seen: Counts, usual: Counts, odd: str | None) -> None:
    found = odd_share(seen, usual, LIMITS)
    assert (found and found.word) == odd


def test_what_is_vouched_for_is_not_odd_and_the_rest_still_is() -> None:
    seen = {"not_found": 30, "rejected": 20}
    assert odd_share(seen, {"active": 100}, LIMITS, {"not_found", "rejected"}) is None
    left = odd_share(seen, {"active": 100}, LIMITS, {"not_found"})
    assert left
    assert (left.word, left.words) == ("rejected", "20 of 50 answers say rejected, usual are 0 in 100")


def eligible(coverage: Coverage = Coverage.ACTIVE, **shown: Any) -> EligibilityAnswer:
    return EligibilityAnswer(coverage=coverage, portal_words="x", as_of=DAY, **READ_BACK, **shown)


def claims(*found: Claim, **more: Any) -> ClaimStatusAnswer:
    return ClaimStatusAnswer(claims=found, status=None if found else Status.NOT_ON_FILE, **READ_BACK, **more)


def claim(number: str | None = None, status: Status = Status.PAID) -> Claim:
    return Claim(status=status, portal_words="x", payer_claim_number=number)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (eligible(Coverage.NOT_FOUND), "not_found"),
        (claims(), "not_on_file"),
        (claims(claim(), claim()), "paid"),
        (claims(claim(), claim(status=Status.DENIED)), SEVERAL),
    ],
)
def test_an_answer_counts_once(answer: Answer, word: str) -> None:
    assert outcome_word(answer) == word


def asked(number: int, *, flow: str = "eligibility", name: str = "Needleton") -> Inquiry:
    """The question about the patient of that number, each born on a day of their own."""
    person = Person(last_name=name, first_name="Zaphira", birth_date=DAY - timedelta(days=10_000 + number))
    parties: dict[str, Any] = {
        "organization": Organization(name="Example Clinic", tin="123456789"),
        "provider": Provider(npi="1234567893"),
        "member": Member(member_id=f"W{number:04}", patient=person),
    }
    if flow == "eligibility":
        return EligibilityInquiry(service_date=DAY, **parties)
    return ClaimStatusInquiry(service_from=DAY, service_to=DAY, **parties)


COPAYS = (Benefit(benefit="copay_office", amount="15.00"), Benefit(benefit="deductible", remaining="1500.00"))
PLAN: dict[str, Any] = {"plan_name": "Open Access", "group_number": "0183303-85", "benefits": COPAYS}
PAGES: dict[str, tuple[Sequence[Answer], bool]] = {
    "one transaction id": ([eligible(portal_transaction_id="T1", **PLAN)] * 2, True),
    "one transaction id, something read otherwise": (
        [eligible(portal_transaction_id="T1"), eligible(portal_transaction_id="T1", group_number="2")],
        True,
    ),
    "one page, not one after the other": (
        [eligible(portal_transaction_id=number) for number in ("T1", "T2", "T1")],
        True,
    ),
    "the same claim numbers": ([claims(claim("C1"), claim("C2")), claims(claim("C2"), claim("C1"))], True),
    "a plan in January, without the member's name": ([eligible(**PLAN)] * 20, False),
    "its transaction ids differ": (
        [eligible(portal_transaction_id=f"T{number}", **PLAN) for number in range(9)],
        False,
    ),
    "not found, one after the other": ([eligible(Coverage.NOT_FOUND, reject_code="75")] * 20, False),
    "no claim, one after the other": ([claims()] * 20, False),
    "claims without numbers": ([claims(claim())] * 20, False),
    "claim numbers that overlap": ([claims(claim("C1")), claims(claim("C1"), claim("C2"))], False),
}


@pytest.mark.parametrize(("answers", "same"), PAGES.values(), ids=PAGES)
def test_which_pages_are_one_page(answers: Sequence[Answer], same: bool) -> None:
    tally = Tally({}, (), LIMITS)
    found = [tally.add("p", asked(number), answer) for number, answer in enumerate(answers)]
    assert [odd and odd.word for odd in found] == [None] * (len(answers) - 1) + [SAME_PAGE if same else None]


def test_one_page_is_right_for_one_patient_and_on_another_portal() -> None:
    page = eligible(portal_transaction_id="T1")
    tally = Tally({}, (), LIMITS)
    again = asked(1, name="Needelton")  # the same patient, misspelt
    assert [tally.add("p", inquiry, page) for inquiry in (asked(1), again)] == [None, None]
    assert tally.add("q", asked(2), page) is None
    assert tally.add("p", asked(2), page)


def test_one_page_is_no_sign_once_a_person_has_vouched_for_it() -> None:
    tally = Tally({"active": 100}, {SAME_PAGE}, LIMITS)
    page = eligible(Coverage.INACTIVE, portal_transaction_id="T1")
    found = [tally.add("p", asked(number), page) for number in range(20)]
    assert [odd and odd.word for odd in found] == [None] * 19 + ["inactive"]
