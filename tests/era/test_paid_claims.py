"""A claim that is paid by its status has an 835 to come; without claim number or member in the inventory."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from catalogue import ONE
from era_house import LISTED, MONDAY, SOURCE, Days
from making import Pay, remittance
from office import LIMITS, Office, portal

from bots import exhibits
from bots.desk import Question
from bots.era.claim_answers import era_of_claims
from bots.era.routes import Routes
from bots.runner.desk import InventoryDesk
from bots.runner.runs import RunHead
from flows.claim_status import Claim, ClaimStatusAnswer, ClaimStatusInquiry, Status
from flows.eligibility import Match
from flows.parties import Member, Organization, Person, Provider
from payers.model import Portal
from payers.registry import listed_payers

NPI, TIN = "2000001018", "000004471"
BEFORE = LISTED.model_copy(update={"trace": "800000001", "paid_on": MONDAY - timedelta(days=30)})
LATE = date(2026, 11, 18)  # eleven banking days after MONDAY, with Veterans Day between
NEEDLES = ("MEMBER77", "SAMPLETON", "ICN123", "PCN456")
INQUIRY = ClaimStatusInquiry(
    organization=Organization(name="Example Valley Medical Group", tin=TIN),
    provider=Provider(npi=NPI),
    member=Member(
        member_id="MEMBER77",
        patient=Person(last_name="SAMPLETON", first_name="AVA", birth_date=date(1980, 2, 3)),
    ),
    service_from=date(2026, 10, 1),
    service_to=date(2026, 10, 2),
    payer_claim_number="ICN123",
)
QUESTION = Question(payer=listed_payers()["aetna"].payer, inquiry=INQUIRY)


async def fetches(session: object, inquiry: object) -> Any:
    raise NotImplementedError


class Claims(Days):
    """A house in which claims are asked about at a portal that has 835s."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(home, monkeypatch)
        self.lease = Office(home).held
        self.list_at_portal(BEFORE)
        self.intake.take_in(remittance(replace(Pay(), trace=BEFORE.trace, paid_on=BEFORE.paid_on)), SOURCE)
        self.pick_up()

    def tell(self, *claims: Claim, run: str = "run-a", where: Portal | None = None) -> None:
        """The portal answers with these, and the answer goes the way of every answer: over the Desk."""
        answer = ClaimStatusAnswer(
            claims=claims, match=Match.EXACT, organization=INQUIRY.organization.name, provider_npi=NPI
        )
        with ThreadPoolExecutor(1) as writer:
            desk = InventoryDesk(
                self.inventory,
                self.lease,
                RunHead(run, "a", "availity", "1"),
                portal=where or replace(portal(), era_download=fetches),
                automatic=False,
                limits=LIMITS,
                wait_seconds=5,
                state_file=self.home / "state",
                flow="claim_status",
                questions=(QUESTION,),
                record=lambda head, index, result: None,
                wanted=lambda index: True,
                writer=writer,
                eras=self.settings.fetched_folder,
                routes=Routes(),
                evidence=exhibits.of(self.settings, self.inventory, "a", "availity"),
                tell=lambda words: None,
            )
            asyncio.run(desk.answered(0, answer))


def paid(**changes: Any) -> Claim:
    fields = {
        "status": Status.PAID,
        "portal_words": "Finalized/Payment",
        "payer_claim_number": "ICN123",
        "patient_control_number": "PCN456",
        "finalized_on": MONDAY - timedelta(days=1),
        "paid": Decimal("80.10"),
        "payment_number": "900000001",
        "payment_date": MONDAY,
    }
    return Claim.model_validate(fields | changes)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Claims]:
    house = Claims(tmp_path / "home", monkeypatch)
    yield house
    house.inventory.close()


def test_paid_claims_wait_ten_banking_days_for_their_835(house: Claims) -> None:
    house.tell(paid(), paid(paid=Decimal("0.05")))
    house.go_to(LATE - timedelta(days=1))
    assert house.kinds() == [("claims without 835", False)]
    house.go_to(LATE)
    [late] = house.missing()
    assert (late.late, late.days, late.trace, late.amount, late.payee, late.payee_tin) == (
        True, 11, "900000001", "80.15", NPI, TIN,
    )  # fmt: skip
    assert late.words == "2 claims are paid by their status; the 835 is not here"
    house.intake.take_in(ONE, SOURCE)
    house.pick_up()
    assert house.missing() == []


def test_the_days_are_a_setting(house: Claims) -> None:
    house.tell(paid())
    house.config("[missing]\nclaims_after = 3\n")
    house.go_to(MONDAY + timedelta(days=4))
    assert house.kinds() == [("claims without 835", True)]


def test_nothing_of_claim_or_member_is_kept(house: Claims) -> None:
    house.tell(paid(), paid(payment_number=None))
    dump = "\n".join(house.inventory._db.conn.iterdump())
    assert not [needle for needle in (*NEEDLES, "1980-02-03", "2026-10-01", "2026-10-02") if needle in dump]
    assert [row["claims"] for row in house.inventory.rows("SELECT claims FROM era_paid_claims")] == [1, 1]


@pytest.mark.parametrize(
    "claim",
    [
        paid(status=Status.DENIED),
        paid(status=Status.PENDING),
        paid(paid=Decimal(0)),
        paid(payment_date=BEFORE.paid_on - timedelta(days=1), payment_number="7"),  # before the first 835 of that payer
    ],
    ids=["denied", "pending", "paid nothing", "before there were 835s"],
)
def test_what_has_no_835_to_come_is_not_missed(house: Claims, claim: Claim) -> None:
    house.tell(claim)
    house.go_to(date(2026, 12, 15))
    assert house.missing() == []


def test_a_portal_without_835s_is_not_waited_for(house: Claims) -> None:
    house.tell(paid(), where=portal())
    assert house.inventory.rows("SELECT * FROM era_paid_claims") == []


@pytest.mark.parametrize("line", ["aetna,,clearinghouse,", f"60054,{NPI},paper,", f",{TIN},not enrolled,"])
def test_what_comes_another_way_is_not_missed_here(house: Claims, line: str) -> None:
    house.tell(paid())
    house.routes(line)
    house.go_to(LATE)
    assert house.missing() == []


def test_the_same_claims_asked_again_are_not_counted_twice(house: Claims) -> None:
    house.tell(paid(), paid(), run="run-a")
    house.tell(paid(), run="run-b")
    house.go_to(LATE)
    [late] = house.missing()
    assert (late.words[:8], late.amount) == ("2 claims", "160.20")


def test_an_answer_that_is_held_says_nothing(house: Claims) -> None:
    house.tell(paid())
    with house.inventory.write() as db:
        db.execute("INSERT INTO holds VALUES ('run-a', 'aetna', 'claim_status', 1, 'paid', NULL, NULL)")
    house.go_to(LATE)
    assert house.missing() == []
    with house.inventory.write() as db:
        db.execute("UPDATE holds SET decided = 'released'")
    assert house.kinds() == [("claims without 835", True)]


@pytest.mark.parametrize("number", [None, "", "0000000"])
@pytest.mark.parametrize(
    ("paid_on", "missed"),
    [(MONDAY, 0), (MONDAY + timedelta(days=7), 0), (MONDAY + timedelta(days=21), 1), (MONDAY - timedelta(days=7), 1)],
)
def test_without_a_trace_number_an_835_of_about_that_day_is_theirs(
    house: Claims, number: str | None, paid_on: date, missed: int
) -> None:
    house.tell(paid(payment_number=number, payment_date=None))
    house.intake.take_in(remittance(replace(Pay(), trace="55", paid_on=paid_on)), SOURCE)
    house.pick_up()
    house.go_to(LATE)
    assert [one.kind for one in house.missing()] == ["claims without 835"] * missed


def test_a_payment_on_the_portals_list_is_told_once(house: Claims) -> None:
    house.tell(paid())
    house.list_at_portal(LISTED)
    house.go_to(LATE)
    assert house.kinds() == [("not received", True)]


def test_what_is_older_than_a_year_is_forgotten(house: Claims) -> None:
    from bots.era.findings import look

    house.tell(paid())
    house.go_to(MONDAY + timedelta(days=420))
    look(house.settings, house.inventory)
    assert house.inventory.rows("SELECT * FROM era_paid_claims") == []


def test_the_answers_file_says_whether_the_835_is_here(house: Claims) -> None:
    def told(claim: Claim) -> str:
        return era_of_claims(house.settings, house.inventory)("aetna", INQUIRY, claim)

    by_day = paid(payment_number=None)
    unpaid = paid(status=Status.DENIED, paid=Decimal(0))
    house.go_to(LATE - timedelta(days=1))
    assert [told(claim) for claim in (paid(), by_day, unpaid)] == ["", "", ""]
    house.go_to(LATE)
    assert [told(claim) for claim in (paid(), by_day, unpaid)] == ["missing", "missing", ""]
    house.intake.take_in(ONE, SOURCE)
    other = paid(payment_number="900000009")
    assert [told(claim) for claim in (paid(), by_day, unpaid, other)] == ["received", "received", "", "missing"]
    house.routes(f"aetna,{TIN},clearinghouse,")
    assert [told(claim) for claim in (paid(), other, unpaid)] == ["received", "other_route", ""]


def test_an_835_that_came_another_way_is_no_missing_one(house: Claims) -> None:
    house.intake.saw(ONE)
    house.go_to(LATE)
    assert era_of_claims(house.settings, house.inventory)("aetna", INQUIRY, paid()) == "other_route"


def test_a_mistake_in_the_routes_keeps_no_answers_from_being_written(house: Claims) -> None:
    house.routes("aetna,,carrier pigeon,")
    house.go_to(LATE)
    assert era_of_claims(house.settings, house.inventory)("aetna", INQUIRY, paid()) == ""
