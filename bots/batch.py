"""A batch: every question of a work list to its one account, at most once, resumable after any kill."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field

from bots.desk import Answer, Failure, Question
from bots.journal import Journal
from bots.router import Router
from bots.runner import RunHead, Runner, RunResult
from bots.worklist import Result, Row, RowOutcome, Worklist
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


@dataclass
class Plan:
    """Which questions go to which account, which are known already, and which can't be asked."""

    flow: str
    by_account: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    results: dict[str, Result] = field(default_factory=dict)
    known: int = 0
    no_route: list[tuple[Row, str]] = field(default_factory=list)

    @property
    def to_ask(self) -> int:
        """How many questions will go to a portal."""
        return sum(len(rows) for rows in self.by_account.values())


def plan_batch(worklist: Worklist, router: Router, listed: Mapping[str, Listed], known: Mapping[str, Result]) -> Plan:
    """Route every question that has no answer yet. Touches no portal."""
    plan = Plan(worklist.contract.flow)
    for key, row in worklist.questions().items():
        if key in known:
            plan.results[key] = known[key]
            plan.known += 1
            continue
        if row.payer is None or row.inquiry is None:
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


async def run_batch(plan: Plan, runner: Runner, journal: Journal, advance: Callable[[Result], None]) -> list[RunResult]:
    """Ask what the plan says, one session per account, and put every result into `plan.results`.

    `advance` is told of each finished question. What an ended run left unasked becomes *held* or *not_asked*.
    """
    runs = [_run(plan, account, rows, runner, journal, advance) for account, rows in plan.by_account.items()]
    return list(await asyncio.gather(*runs))


async def _run(
    plan: Plan, account: str, rows: list[Row], runner: Runner, journal: Journal, advance: Callable[[Result], None]
) -> RunResult:
    def record(head: RunHead, index: int, found: Answer | Failure) -> None:
        answer = None if isinstance(found, Failure) else found
        result = Result(
            key=rows[index].key,
            outcome=RowOutcome.ANSWERED if answer else RowOutcome.NO_ANSWER,
            answer=answer,
            failure=found if isinstance(found, Failure) else None,
            asked_at=answer.asked_at if answer else None,
            **asdict(head),
        )
        if answer:
            journal.append(result)
        plan.results[result.key] = result
        advance(result)

    questions = [Question(payer=row.payer, inquiry=row.inquiry) for row in rows if row.payer and row.inquiry]
    try:
        run = await runner.run(account, plan.flow, questions, record=record)
    except PortalkeeperError as error:
        run = RunResult.impossible(account, Failure.of(error))
    if run.failure:
        for number, row in enumerate(rows[run.asked :]):
            begun = run.in_flight and number == 0
            outcome = RowOutcome.NO_ANSWER if begun else outcome_of(run.failure)
            plan.results[row.key] = _without_answer(row.key, run.failure, outcome, run.head)
    return run


def outcome_of(failure: Failure) -> RowOutcome:
    """What a question is that was never asked because the run ended with `failure`."""
    waits = issubclass(error_classes()[failure.error], WAITS_FOR_A_PERSON)
    return RowOutcome.HELD if waits else RowOutcome.NOT_ASKED


def _without_answer(key: str, failure: Failure, outcome: RowOutcome, head: RunHead | None = None) -> Result:
    return Result(key=key, outcome=outcome, failure=failure, **asdict(head or RunHead("", "", "", "")))
