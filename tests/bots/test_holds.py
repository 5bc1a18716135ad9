"""Holding answers through kills, resumptions and other processes: the batch over portals that are played here."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from bots import holds, now, settings
from bots.batch import Plan, plan_batch, run_batch
from bots.desk import Question, SignIn
from bots.incidents import find_incident, open_ones
from bots.inventory import Inventory
from bots.journal import Journal
from bots.plausibility import Oddity, outcome_word
from bots.router import Router
from bots.runner import RunHead, Runner, RunResult
from bots.runner.runs import end_run, start_run
from bots.tripwire import Tripwire
from bots.worklist import ELIGIBILITY, ColumnMap, Result, RowOutcome, Worklist, read_worklist
from flows.eligibility import Coverage, EligibilityAnswer, EligibilityInquiry, Match
from flows.errors import InputError
from flows.parties import Organization
from payers.registry import listed_payers

ROWS = 4
LISTED = listed_payers()
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
ODD = Oddity("inactive", "4 of 4 answers say inactive")


class Killed(BaseException):
    """What a SIGKILL is to the code: nothing after it runs."""


class AccountPerPayer:
    """Routes each payer to an account of its name, but Humana to Aetna's."""

    def account_for(self, entry: Any, *asked: object) -> str:
        return {"humana": "aetna"}.get(entry.payer.name, str(entry.payer.name))


@dataclass
class Office:
    """A data folder, what the portals say, and whom they were asked about."""

    folder: Path
    coverage: Coverage = Coverage.INACTIVE
    asked: list[str] = field(default_factory=list)
    lives: int = 10_000
    before_row: Callable[[int], None] = lambda index: None

    def __post_init__(self) -> None:
        self.inventory = Inventory(self.folder / "inventory.db")
        self.journal = Journal(self.folder / "answers")
        small = {"tripwire_rows": ROWS, "tripwire_history": ROWS}
        self.settings = settings.load(self.folder).model_copy(update=small)
        self.history("aetna", "active", ROWS)

    def history(self, payer: str, word: str, count: int) -> None:
        with self.inventory.write() as db:
            for _ in range(count):
                holds.count_answer(db, "earlier", payer, "eligibility", word)

    def step(self) -> None:
        """A point at which a kill may fall."""
        if self.lives == 0:
            raise Killed
        self.lives -= 1

    def worklist(self, *payers: str) -> Worklist:
        lines = [",".join((*ELIGIBILITY.required,))]
        lines += [
            f"R{number},{payer},Example Clinic,1234567893,W{number:04},Needleton,Zaphira,{1950 + number}-01-02,2026-11-23"
            for number, payer in enumerate(payers)
        ]
        file = self.folder / "questions.csv"
        file.write_text("\n".join(lines))
        return read_worklist(
            file,
            maps=ColumnMap(ELIGIBILITY),
            payers={name: entry.payer for name, entry in LISTED.items()},
            aliases={},
            organizations=[Organization(name="Example Clinic", tin="123456789")],
            today=date(2026, 11, 23),
            keyed_hash=bytes.hex,
        )

    def plan(self, worklist: Worklist) -> Plan:
        known = self.journal.known(holds.withheld(self.inventory))
        held = holds.held_payers(self.inventory, "eligibility")
        return plan_batch(worklist, cast(Router, AccountPerPayer()), LISTED, known, held, now.utc())

    def ask(self, *payers: str) -> Plan:
        """One start of the batch, in this process."""
        plan = self.plan(self.worklist(*payers))
        tripwire = Tripwire(self.inventory, "eligibility", self.settings)
        asyncio.run(run_batch(plan, cast(Runner, Played(self)), self.journal, tripwire, lambda result: None))
        return plan

    def decide(self, decision: holds.Decision) -> None:
        [hold] = holds.open_holds(self.inventory)
        holds.decide(self.inventory, hold, decision, by="Ann", because="x")


@dataclass
class Played:
    """A runner whose portals answer at once; it counts as the real one does, and may be killed between any two steps."""

    office: Office

    async def run(
        self, account: str, flow: str, questions: Sequence[Question], *, record: Any, wanted: Any
    ) -> RunResult:
        office, numbers = (
            self.office,
            Counter(row["account"] for row in self.office.inventory.rows("SELECT * FROM runs")),
        )
        head = RunHead(f"{account}-{numbers[account]}", account, account, "1")
        start_run(office.inventory, head, flow=flow, source="batch", by="Ann", questions=len(questions))
        asked = 0
        for index, question in enumerate(questions):
            office.before_row(index)
            office.step()
            if not wanted(index):
                continue
            asked += 1
            office.asked.append(question.inquiry.member.member_id)
            answer = self.answer(cast(EligibilityInquiry, question.inquiry))
            office.step()
            record(head, index, answer)
            with office.inventory.write() as db:
                holds.count_answer(db, head.run_id, question.payer.name, flow, outcome_word(answer))
        end_run(office.inventory, head, SignIn.STORED, None, {})
        return RunResult(head, SignIn.STORED, asked, asked, None)

    def answer(self, inquiry: EligibilityInquiry) -> EligibilityAnswer:
        return EligibilityAnswer(
            coverage=self.office.coverage,
            match=Match.EXACT,
            portal_words="x",
            organization=inquiry.organization.name,
            provider_npi=inquiry.provider.npi,
            as_of=inquiry.service_date,
            asked_at=now.utc(),
        )


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr(now, "utc", lambda: AT)
    return Office(tmp_path)


def outcomes(plan: Plan) -> list[RowOutcome]:
    return [result.outcome for result in plan.results.values()]


def answered(plan: Plan) -> Collection[str]:
    return [key for key, result in plan.results.items() if result.answer]


def test_a_batch_too_short_to_judge_is_answered(office: Office) -> None:
    assert outcomes(office.ask(*["aetna"] * (ROWS - 1))) == [RowOutcome.ANSWERED] * (ROWS - 1)


def test_the_payers_of_one_account_and_of_others_go_on(office: Office) -> None:
    payers = ["aetna", "humana", "united-healthcare"] * 6
    plan = office.ask(*payers)
    assert [plan.held[payer].error for payer in plan.held] == ["AnswersHeld"]
    assert len(answered(plan)) == 12
    assert Counter(outcomes(plan)) == {RowOutcome.ANSWERED: 12, RowOutcome.HELD: 6}
    assert len(office.asked) == 12 + ROWS


@pytest.mark.parametrize("lives", range(2 * ROWS))
def test_a_kill_between_any_two_steps_lets_no_odd_answer_pass(office: Office, lives: int) -> None:
    """The rows of the start that was killed are judged with those of the next."""
    office.lives = lives
    with pytest.raises(Killed):
        office.ask(*["aetna"] * 7)
    office.lives = 10_000
    assert outcomes(office.ask(*["aetna"] * 7)) == [RowOutcome.HELD] * 7
    assert len(set(office.asked)) == ROWS
    assert len(office.asked) <= ROWS + 1
    assert len(open_ones(office.inventory)) == 1
    office.decide("released")
    assert outcomes(office.ask(*["aetna"] * 7)) == [RowOutcome.ANSWERED] * 7
    assert len(office.asked) <= 7 + 1


def test_a_kill_between_the_hold_and_the_answer_lets_none_pass(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    append = office.journal.append

    def dies(result: Any) -> None:
        if open_ones(office.inventory):
            raise Killed
        append(result)

    monkeypatch.setattr(office.journal, "append", dies)
    with pytest.raises(Killed):
        office.ask(*["aetna"] * ROWS)
    monkeypatch.undo()
    monkeypatch.setattr(now, "utc", lambda: AT)
    assert outcomes(office.ask(*["aetna"] * ROWS)) == [RowOutcome.HELD] * ROWS
    assert len(office.asked) == ROWS


def test_what_was_answered_well_before_is_not_held_with_it(office: Office) -> None:
    office.coverage = Coverage.ACTIVE
    good = office.ask(*["aetna"] * 2)
    office.coverage = Coverage.INACTIVE
    plan = office.ask(*["aetna"] * (2 + ROWS))
    assert plan.held
    assert [*answered(plan)] == [*good.results]


def test_what_was_released_stays_so_when_another_outcome_is_odd(office: Office) -> None:
    office.lives = 2 * 2
    with pytest.raises(Killed):
        office.ask(*["aetna"] * ROWS)
    office.lives = 10_000
    assert office.ask(*["aetna"] * ROWS).held
    office.decide("released")
    released = answered(office.plan(office.worklist(*["aetna"] * ROWS)))
    office.coverage = Coverage.NOT_FOUND
    plan = office.ask(*["aetna"] * 3 * ROWS)
    assert plan.held
    assert answered(plan) == released


def test_another_process_stops_too_and_keeps_what_it_has(office: Office) -> None:
    def held_meanwhile(index: int) -> None:
        if index == 2:
            holds.hold(office.inventory, "aetna", "eligibility", ["theirs"], ODD)

    office.before_row = held_meanwhile
    plan = office.ask(*["aetna"] * 6)
    assert outcomes(plan) == [RowOutcome.ANSWERED] * 2 + [RowOutcome.HELD] * 4
    assert len(office.asked) == 2


@pytest.mark.parametrize(
    ("decision", "usual"), [("released", {"active": ROWS, "inactive": ROWS}), ("discarded", {"active": ROWS})]
)
def test_what_becomes_usual(office: Office, decision: holds.Decision, usual: dict[str, int]) -> None:
    def counted() -> holds.Counts:
        return holds.usual(office.inventory, "aetna", "eligibility")

    office.ask(*["aetna"] * 6)
    assert counted() == {"active": ROWS}
    office.decide(decision)
    assert counted() == usual


def test_the_usual_is_of_thirty_days_and_of_one_payer_and_flow(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.history("humana", "rejected", 1)
    monkeypatch.setattr(now, "utc", lambda: AT + timedelta(days=30))
    office.history("aetna", "inactive", 1)
    assert holds.usual(office.inventory, "aetna", "eligibility") == {"active": ROWS, "inactive": 1}
    assert holds.usual(office.inventory, "aetna", "claim_status") == {}
    monkeypatch.setattr(now, "utc", lambda: AT + timedelta(days=31))
    assert holds.usual(office.inventory, "aetna", "eligibility") == {"inactive": 1}


def test_a_person_vouches_for_a_day_and_for_what_was_odd_only(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.ask(*["aetna"] * 6)
    office.decide("released")
    assert holds.vouched(office.inventory, "aetna", "eligibility") == {"inactive"}
    assert holds.vouched(office.inventory, "humana", "eligibility") == set()
    monkeypatch.setattr(now, "utc", lambda: AT + timedelta(days=1))
    assert holds.vouched(office.inventory, "aetna", "eligibility") == set()


def test_only_open_holds_are_decided(office: Office) -> None:
    office.ask(*["aetna"] * 6)
    incident = find_incident(office.inventory, "INC-0001")
    with pytest.raises(InputError, match="is a pause and holds no answers"):
        holds.decide(office.inventory, {**incident, "kind": "pause"}, "released", by="Ann", because="x")
    office.decide("discarded")
    closed = find_incident(office.inventory, "1")
    with pytest.raises(InputError, match="closed already: answers discarded: x"):
        holds.decide(office.inventory, closed, "released", by="Ann", because="x")
    assert holds.withheld(office.inventory)


def test_a_second_account_of_the_payer_joins_the_hold_and_a_decision_stands(office: Office) -> None:
    [row] = office.worklist("aetna").rows
    assert row.inquiry
    tripwire, answer = Tripwire(office.inventory, "eligibility", office.settings), Played(office).answer(row.inquiry)
    parts = {"key": "k", "outcome": RowOutcome.ANSWERED, "answer": answer, "asked_at": AT, "payer": "aetna"}
    first, second = (Result(run_id=run_id, **parts) for run_id in ("one", "two"))
    assert [tripwire.held(row.inquiry, first) for _ in range(ROWS - 1)] == [None] * (ROWS - 1)
    held = tripwire.held(row.inquiry, first)
    assert held
    assert tripwire.held(row.inquiry, second) == held  # it was on its way
    assert holds.withheld(office.inventory) == {("one", "aetna"), ("two", "aetna")}
    office.decide("released")
    assert tripwire.held(row.inquiry, second) == held  # in this start it stays so; no second incident
    assert open_ones(office.inventory) == []
