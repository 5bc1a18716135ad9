"""A batch from the command line: read, preview, ask with a progress bar, write, sum up."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import typer

from bots import no_routes, now
from bots.batch import Plan, plan_batch, run_batch
from bots.cli.office import log_to, office
from bots.cli.printing import print_json, tell
from bots.disk import private_folder
from bots.era.claim_answers import era_of_claims
from bots.holds import held_payers, withheld
from bots.journal import Journal
from bots.lists import read_questions
from bots.router import Router
from bots.runner import RunResult
from bots.tripwire import Tripwire
from bots.worklist import (
    Contract,
    Result,
    Worklist,
    check_output,
    companion,
    preview,
    write_answers,
)
from flows.errors import AnswersHeld, InputError, error_classes
from payers.registry import listed_payers

NOT_ALL_ANSWERED = 3
LARGE = 500
SECONDS_A_QUESTION = 5  # for the estimate only; real portals take longer than the sandbox


@dataclass(frozen=True)
class Batch:
    """What a command was told of a batch: the file of questions, where the answers go, and how."""

    file: Path
    out: Path | None
    preview: bool
    fresh: bool
    excel: bool
    yes: bool


def ask_batch(contract: Contract, batch: Batch, *, json: bool) -> None:
    """Ask every row that has no answer yet, and write the answers. Exits with a batch's exit code."""
    worklist = _read(batch.file, contract)
    journal = Journal(office.settings.answers_folder)
    known = {} if batch.fresh else journal.known(withheld(office.inventory))
    held = held_payers(office.inventory, contract.flow)
    plan = plan_batch(worklist, Router(office.inventory), listed_payers(), known, held, now.utc().astimezone())
    if batch.preview:
        show_preview(worklist, plan, json=json)
        return
    target = batch.out or _default_out(batch.file)
    check_output(worklist, target)
    _confirm(plan, yes=batch.yes)
    _count_no_routes(worklist, plan)
    log_to(office.settings.home / "portalkeeper.log")
    runs: list[RunResult] = []
    try:
        runs = asyncio.run(_ask(plan, journal))
    finally:
        era = era_of_claims(office.settings, office.inventory)
        write_answers(worklist, plan.results, target, excel=batch.excel, era=era)
    _sum_up(worklist, plan, runs, target, json=json)


def _read(file: Path, contract: Contract) -> Worklist:
    today = now.utc().astimezone().date()
    return read_questions(office.settings, office.inventory, office.vault, file, contract, today)


def _count_no_routes(worklist: Worklist, plan: Plan) -> None:
    """For the morning report. The file's name may say anything, so that it is known by its keyed hash."""
    name = office.vault.keyed_hash(str(worklist.path.resolve()).encode())[:16]
    no_routes.count(office.inventory, worklist, plan, name, now.utc().astimezone().date())


def _default_out(file: Path) -> Path:
    folder = private_folder(office.settings.answers_folder / f"{now.utc().astimezone():%Y-%m-%d}")
    return folder / f"{file.stem}.answers.csv"


def _confirm(plan: Plan, *, yes: bool) -> None:
    """Large batches are asked only when somebody has said so."""
    limit = office.settings.lookups_per_day
    largest = max((len(rows) for rows in plan.by_account.values()), default=0)
    if yes or (plan.to_ask <= LARGE and largest <= 0.8 * limit):
        return
    if not sys.stdin.isatty():
        raise InputError(f"{plan.to_ask} questions is a large batch: look at --preview, then add --yes")
    typer.confirm(f"Ask {plan.to_ask} questions?", abort=True)


async def _ask(plan: Plan, journal: Journal) -> list[RunResult]:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(_ask_with_progress(plan, journal))
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


async def _ask_with_progress(plan: Plan, journal: Journal) -> list[RunResult]:
    if not plan.to_ask:
        return []
    tripwire = Tripwire(office.inventory, plan.flow, office.settings)
    async with office.runner("batch") as runner:
        if not sys.stderr.isatty():
            return await run_batch(plan, runner, journal, tripwire, lambda result: None)
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("asking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task("asking", total=plan.to_ask)

            def advance(result: Result) -> None:
                progress.advance(task)

            return await run_batch(plan, runner, journal, tripwire, advance)


def show_preview(worklist: Worklist, plan: Plan, *, json: bool) -> None:
    """What a batch would ask, without contacting anybody."""
    counts = preview(worklist)
    accounts = {account: len(rows) for account, rows in plan.by_account.items()}
    no_route = [(row.line, why) for row, why in plan.no_route]
    minutes = round(max(accounts.values(), default=0) * SECONDS_A_QUESTION / 60, 1)
    if json:
        print_json(
            {
                **asdict(counts),
                "to_ask": accounts,
                "known": len(plan.known),
                "held": _reasons(plan),
                "no_route": no_route,
                "estimated_minutes": minutes,
            }
        )
        return
    print(f"{counts.rows} rows, {counts.questions} different questions, {len(plan.known)} answered within 24 hours")
    for title, part in (("payer", counts.payers), ("organization", counts.organizations), ("account asks", accounts)):
        for name, count in sorted(part.items()):
            print(f"  {title:<13} {name}: {count}")
    for line, problem in (*counts.problems, *no_route):
        print(f"  NOT ASKED     line {line}: {problem}")
    for words in _reasons(plan).values():
        print(f"  HELD          {words}")
    for lines in counts.duplicates:
        print(f"  asked once    lines {', '.join(map(str, lines))} ask the same")
    print(f"about {minutes} minutes; nobody was contacted")


def _sum_up(worklist: Worklist, plan: Plan, runs: list[RunResult], out: Path, *, json: bool) -> None:
    outcomes = Counter(
        str(plan.results[row.key].outcome) if row.key in plan.results else "not_asked" for row in worklist.rows
    )
    name, lines = worklist.contract.companion, companion(out, worklist.contract)
    failures = {run.head.account: run.failure for run in runs if run.failure}
    if json:
        print_json(
            {
                "rows": len(worklist.rows),
                "outcomes": outcomes,
                "asked": sum(run.asked for run in runs),
                "known": len(plan.known),
                "held": _reasons(plan),
                "answers": str(out),
                name: str(lines),
                "failures": {name: failure.model_dump() for name, failure in failures.items()},
            }
        )
    else:
        told = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in sorted(outcomes.items()))
        print(f"{len(worklist.rows)} rows: {told}. {len(plan.known)} were answered before.")
        print(f"answers   {out}\n{name:<9} {lines}")
    for line, problem in _problems(worklist, plan):
        tell(f"line {line}: {problem}")
    for words in _reasons(plan).values():
        tell(f"{AnswersHeld.__name__}: {words}")
    for name, failure in failures.items():
        tell(f"account {name}: {failure.error}: {failure.message}")
    if failures:
        raise typer.Exit(error_classes()[next(iter(failures.values())).error].exit_code)
    if plan.held:
        raise typer.Exit(AnswersHeld.exit_code)
    if set(outcomes) != {"answered"}:
        raise typer.Exit(NOT_ALL_ANSWERED)


def _reasons(plan: Plan) -> dict[str, str]:
    """Why a payer's answers are held, by payer."""
    return {payer: failure.message for payer, failure in plan.held.items()}


def _problems(worklist: Worklist, plan: Plan) -> list[tuple[int, str]]:
    """Lines that could not be asked, and why."""
    rows = [(row.line, row.problem) for row in worklist.rows if row.problem]
    return rows + [(row.line, why) for row, why in plan.no_route]
