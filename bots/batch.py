"""A batch: every question of a work list to its one account, at most once, resumable after any kill.

When a payer's answers are held, that payer is asked no further; the others of the batch go on.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Protocol

from bots.desk import Answer, Failure, PatientAnswer, Question
from bots.journal import Journal
from bots.router import Router
from bots.runner import RunHead, RunResult
from bots.runner.desk import Record, Wanted
from bots.tripwire import Tripwire
from bots.worklist import Result, Row, RowOutcome, Worklist
from flows.eligibility import EligibilityInquiry
from flows.errors import (
    AccountError,
    AccountHeld,
    ChallengeError,
    InputError,
    PasswordExpired,
    PortalkeeperError,
    error_classes,
)
from payers.registry import Listed

WAITS_FOR_A_PERSON = (AccountHeld, AccountError, ChallengeError, PasswordExpired)


class Asker(Protocol):
    """What a batch needs of `bots.runner.Runner`."""

    async def run(
        self, account: str, flow: str, questions: Sequence[Question], *, record: Record, wanted: Wanted
    ) -> RunResult:
        """Ask the questions for an account; what a portal does is in the result."""


@dataclass
class Plan:
    """Which questions go to which account, which are known already, and which can't be asked.

    `held` are the payers, by name, whose answers wait for a person, with the failure of their rows.
    """

    flow: str
    by_account: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    results: dict[str, Result] = field(default_factory=dict)
    known: list[Row] = field(default_factory=list)
    held: dict[str, Failure] = field(default_factory=dict)
    no_route: list[tuple[Row, str]] = field(default_factory=list)

    @property
    def to_ask(self) -> int:
        """How many questions will go to a portal."""
        return sum(len(rows) for rows in self.by_account.values())

    def hold(self, payer: str, failure: Failure, runs: Collection[str] = ()) -> None:
        """Hold what `runs` had from a payer, and what was not asked yet."""
        self.held[payer] = failure
        for key, result in [*self.results.items()]:
            if result.answer and result.payer == payer and result.run_id in runs:
                held = {"outcome": RowOutcome.HELD, "answer": None, "failure": failure}
                self.results[key] = result.model_copy(update=held)
        for row in (row for rows in self.by_account.values() for row in rows):
            if row.payer and row.payer.name == payer and row.key not in self.results:
                self.results[row.key] = _without_answer(row.key, failure, RowOutcome.HELD)


def plan_batch(
    worklist: Worklist,
    router: Router,
    listed: Mapping[str, Listed],
    known: Mapping[str, Result],
    held: Mapping[str, Failure],
    at: datetime,
) -> Plan:
    """Route every question that has no answer yet, unless its payer's answers are `held`. Touches no portal.

    `at` is now, on the wall clock by which months begin.
    """
    plan = Plan(worklist.contract.flow, held=dict(held))
    for key, row in worklist.questions().items():
        if key in known and not _of_the_month_before(row, listed, known[key], at):
            plan.results[key] = known[key]
            plan.known.append(row)
            continue
        if row.payer is None or row.inquiry is None:
            continue
        if row.payer.name in held:
            plan.results[key] = _without_answer(key, held[row.payer.name], RowOutcome.HELD)
            continue
        try:
            entry = listed[row.payer.name]
            if plan.flow not in entry.portal.offers():
                raise InputError(f"{entry.portal.title} offers no {plan.flow}")
            account = router.account_for(entry, row.inquiry.organization, row.inquiry.provider.npi, row.account)
        except InputError as error:
            plan.no_route.append((row, str(error)))
            plan.results[key] = _without_answer(key, Failure.of(error), RowOutcome.NOT_ASKED)
        else:
            plan.by_account[account].append(row)
    return plan


def _of_the_month_before(row: Row, listed: Mapping[str, Listed], known: Result, at: datetime) -> bool:
    """Whether a Medicaid's answer was had before the month of the service began, which has begun now."""
    if not isinstance(row.inquiry, EligibilityInquiry) or row.payer is None or known.asked_at is None:
        return False
    first = row.inquiry.service_date.replace(day=1)
    return listed[row.payer.name].medicaid and known.asked_at.astimezone(at.tzinfo).date() < first <= at.date()


async def run_batch(
    plan: Plan, runner: Asker, journal: Journal, tripwire: Tripwire, advance: Callable[[Result], None]
) -> list[RunResult]:
    """Ask what the plan says, one session per account, and put every result into `plan.results`.

    `advance` is told of each finished question. What an ended run left unasked becomes *held* or *not_asked*.
    """
    tripwire.take_up([(row.inquiry, plan.results[row.key]) for row in plan.known if row.inquiry])
    parts = [_Part(plan, account, rows, journal, tripwire, advance) for account, rows in plan.by_account.items()]
    return list(await asyncio.gather(*(part.ask(runner) for part in parts)))


@dataclass
class _Part:
    """What one account asks of a batch."""

    plan: Plan
    account: str
    rows: list[Row]
    journal: Journal
    tripwire: Tripwire
    advance: Callable[[Result], None]

    def __post_init__(self) -> None:
        self.questions = [Question(payer=r.payer, inquiry=r.inquiry) for r in self.rows if r.payer and r.inquiry]

    async def ask(self, runner: Asker) -> RunResult:
        plan = self.plan
        try:
            run = await runner.run(self.account, plan.flow, self.questions, record=self._record, wanted=self._wanted)
        except PortalkeeperError as error:
            run = RunResult.impossible(self.account, Failure.of(error))
        if run.failure:
            for number, row in enumerate([row for row in self.rows if row.key not in plan.results]):
                begun = run.in_flight and number == 0
                outcome = RowOutcome.NO_ANSWER if begun else outcome_of(run.failure)
                plan.results[row.key] = _without_answer(row.key, run.failure, outcome, run.head)
        return run

    def _record(self, head: RunHead, index: int, found: Answer | Failure) -> None:
        row, held = self.rows[index], None
        known = {"key": row.key, "payer": self.questions[index].payer.name, **asdict(head)}
        if row.inquiry and isinstance(found, PatientAnswer):
            result = Result(outcome=RowOutcome.ANSWERED, answer=found, asked_at=found.asked_at, **known)
            # held before the answer is on disk, so that no kill in between lets it pass
            held = self.tripwire.held(row.inquiry, result)
            self.journal.append(result)
        else:
            failure = found if isinstance(found, Failure) else None
            result = Result(outcome=RowOutcome.NO_ANSWER, failure=failure, **known)
        self.plan.results[result.key] = result
        if held:
            self.plan.hold(result.payer, held, self.tripwire.runs[result.payer])
        self.advance(result)

    def _wanted(self, index: int) -> bool:
        payer = self.questions[index].payer.name
        if payer not in self.plan.held and (held := self.tripwire.held_elsewhere(payer)):
            self.plan.hold(payer, held)
        return payer not in self.plan.held


def outcome_of(failure: Failure) -> RowOutcome:
    """What a question is that was never asked because the run ended with `failure`."""
    waits = issubclass(error_classes()[failure.error], WAITS_FOR_A_PERSON)
    return RowOutcome.HELD if waits else RowOutcome.NOT_ASKED


def _without_answer(key: str, failure: Failure, outcome: RowOutcome, head: RunHead | None = None) -> Result:
    return Result(key=key, outcome=outcome, failure=failure, **asdict(head or RunHead("", "", "", "")))
