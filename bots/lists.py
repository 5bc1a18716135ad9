"""Work lists by schedule: which rows of which files are asked, what became of them, in counts.

A list is a batch like any other (`bots.batch`): asked at most once, resumable after any kill, its answers in the
answers folder. What is known of it in the inventory are counts, without member data.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from bots import no_routes, now
from bots.batch import Asker, Plan, plan_batch, run_batch
from bots.clock import Schedule
from bots.clock.office_days import OfficeDays
from bots.clock.rows import LARGE, NEW_MONTH
from bots.desk import Failure, Question
from bots.disk import private_folder
from bots.era.claim_answers import era_of_claims
from bots.holds import held_payers, withheld
from bots.inventory import Inventory, stamp
from bots.inventory.accounts import organizations
from bots.journal import Journal
from bots.plausibility import outcome_word
from bots.router import Router
from bots.runner import RunResult
from bots.runner.desk import Record, Wanted
from bots.settings import Settings
from bots.tripwire import Tripwire
from bots.vault import Vault
from bots.worklist import (
    CONTRACTS,
    ColumnMap,
    Contract,
    Row,
    RowOutcome,
    Worklist,
    load_aliases,
    read_worklist,
    write_answers,
)
from flows.errors import InputError
from payers.registry import Listed, listed_payers

MUCH_OF_A_DAY = 0.8  # of an account's look-ups, from which on somebody has to have said so


def read_questions(
    settings: Settings, inventory: Inventory, vault: Vault, file: Path, contract: Contract, today: date
) -> Worklist:
    """Read a file of questions by the maps of this data folder. Raises `InputError` with file, line and what to do."""
    return read_worklist(
        file,
        maps=ColumnMap.load(settings.config / "columns.toml", contract),
        payers={name: entry.payer for name, entry in listed_payers().items()},
        aliases=load_aliases(settings.config / "payer_aliases.csv"),
        organizations=organizations(inventory),
        today=today,
        keyed_hash=vault.keyed_hash,
    )


def files_of(settings: Settings, schedule: Schedule) -> list[Path]:
    """The files that a row asks now, without those of answers. Raises `InputError` when there is none."""
    place = (settings.home / Path(schedule.file).expanduser()).absolute()
    if not place.is_dir():
        if not place.exists():
            raise InputError(f"{place}: no such file or folder; the list of {schedule.name} is expected there")
        return [place]
    ours = [contract.companion for contract in CONTRACTS.values()] + ["answers"]
    files = [file for file in sorted(place.glob("*.csv")) if not file.stem.endswith(tuple(f".{word}" for word in ours))]
    if not files:
        raise InputError(f"{place}: holds no CSV file; the lists of {schedule.name} are expected there")
    return files


def chosen(worklist: Worklist, schedule: Schedule, day: date, office_days: OfficeDays) -> tuple[Worklist, str]:
    """The rows that `schedule` asks on `day`, and by which days, in words. What can't be judged stays in."""
    if schedule.select:
        last = office_days.next_business_day(day)
        words = f"patients of {last:%a %d %b}" if last - day == timedelta(days=1) else f"patients up to {last:%a %d %b}"
        first = day
        if schedule.select == NEW_MONTH:
            first, words = day - timedelta(days=1), f"Medicaid {words}, whose month has begun"
        listed = listed_payers()
        kept = [row for row in worklist.rows if _of_days(row, first, last) and _selected(row, schedule, listed)]
    elif schedule.older_than_days is not None:
        newest = day - timedelta(days=schedule.older_than_days)
        words = f"claims submitted up to {newest:%a %d %b}"
        kept = [_with_day(row) for row in worklist.rows if row.days.get("submitted_on", newest) <= newest]
    else:
        return worklist, "every row"
    return replace(worklist, rows=tuple(kept)), words


def _of_days(row: Row, day: date, last: date) -> bool:
    seen = row.days.get("appointment_at") or row.days.get("service_date")
    return seen is None or day < seen <= last


def _selected(row: Row, schedule: Schedule, listed: Mapping[str, Listed]) -> bool:
    """On the first of a month only Medicaid's patients; a row that can't be judged was told the night before."""
    if schedule.select != NEW_MONTH:
        return True
    return row.payer is not None and row.inquiry is not None and listed[row.payer.name].medicaid


def _with_day(row: Row) -> Row:
    if row.problem or "submitted_on" in row.days:
        return row
    return replace(row, problem="submitted_on is empty or no day, so its age is not known", key="", inquiry=None)


def check_size(plan: Plan, schedule: Schedule, settings: Settings) -> None:
    """Raise `InputError` for more questions than the row may ask without anybody's word."""
    most = schedule.up_to or LARGE
    largest = max((len(rows) for rows in plan.by_account.values()), default=0)
    if plan.to_ask > most or (not schedule.up_to and largest > MUCH_OF_A_DAY * settings.lookups_per_day):
        raise InputError(
            f"{plan.to_ask} questions, {largest} of them by one account, are more than {schedule.name} may ask without "
            f"anybody's word: look at pk run {schedule.name} --preview, then set up_to in schedules.yaml, or "
            f"pk run {schedule.name} --yes"
        )


@dataclass(frozen=True)
class ListsOfARow:
    """Asks the lists of schedule rows. `hindrance` says of account and flow why they may not run unattended."""

    settings: Settings
    inventory: Inventory
    vault: Vault
    runner: Asker | None = None
    hindrance: Callable[[str, str], str] = lambda account, flow: ""

    async def ask(
        self, schedule: Schedule, due_at: datetime, office_days: OfficeDays, *, yes: bool = False, fresh: bool = False
    ) -> str | None:
        """Ask every file of a row. In words what did not go well; none when every run ended well."""
        troubles = []
        files = files_of(self.settings, schedule)
        for file in files:
            try:
                trouble = await self._ask_file(schedule, file, due_at, office_days, yes=yes, fresh=fresh)
            except InputError as error:
                self._record_cause(schedule, file, due_at, str(error))
                trouble = str(error)
            troubles += [f"{file.name}: {trouble}" if len(files) > 1 else trouble] if trouble else []
        return "; ".join(troubles) or None

    def plan(
        self, schedule: Schedule, file: Path, due_at: datetime, office_days: OfficeDays, *, fresh: bool = False
    ) -> tuple[Worklist, Plan, str]:
        """What a file of a row would ask now, and by which days in words. Touches no portal."""
        day = due_at.astimezone(schedule.timing.local).date()
        contract, at = CONTRACTS[schedule.flow], now.utc().astimezone(schedule.timing.local)
        whole = read_questions(self.settings, self.inventory, self.vault, file, contract, day)
        worklist, words = chosen(whole, schedule, day, office_days)
        known = {} if fresh else Journal(self.settings.answers_folder).known(withheld(self.inventory))
        held = held_payers(self.inventory, schedule.flow)
        plan = plan_batch(worklist, Router(self.inventory), listed_payers(), known, held, at)
        return worklist, plan, words

    async def _ask_file(
        self, schedule: Schedule, file: Path, due_at: datetime, office_days: OfficeDays, *, yes: bool, fresh: bool
    ) -> str | None:
        worklist, plan, words = await asyncio.to_thread(self.plan, schedule, file, due_at, office_days, fresh=fresh)
        if not yes:
            check_size(plan, schedule, self.settings)
        target = self._target(schedule, file, due_at)
        self._record(schedule, file, due_at, worklist, plan, words, target, ready=False)
        name, day, _ = _key(schedule, file, due_at)
        no_routes.count(self.inventory, worklist, plan, f"{name}/{file.name}", date.fromisoformat(day))
        runs: list[RunResult] = []
        try:
            if plan.to_ask:
                journal = Journal(self.settings.answers_folder)
                tripwire = Tripwire(self.inventory, schedule.flow, self.settings)
                runs = await run_batch(plan, self._in_turn(plan), journal, tripwire, lambda result: None)
        finally:
            if worklist.rows:
                write_answers(worklist, plan.results, target, era=era_of_claims(self.settings, self.inventory))
        self._record(schedule, file, due_at, worklist, plan, words, target, ready=True)
        return _trouble(worklist, plan, runs)

    def _in_turn(self, plan: Plan) -> _InTurn:
        if self.runner is None:
            raise TypeError("nobody is there to ask")
        rows = self.inventory.rows("SELECT name, portal FROM accounts")
        portals = {row["name"]: str(row["portal"]) for row in rows if row["name"] in plan.by_account}
        return _InTurn(self.runner, portals, self.settings.runs_per_portal, self.hindrance)

    def _target(self, schedule: Schedule, file: Path, due_at: datetime) -> Path:
        """Where the answers go: named by the row, and by the file where the row has a folder of them."""
        day = due_at.astimezone(schedule.timing.local)
        folder = private_folder(private_folder(self.settings.answers_folder) / f"{day:%Y-%m-%d}")
        one = file == (self.settings.home / Path(schedule.file).expanduser()).absolute()
        return folder / (f"{schedule.name}.answers.csv" if one else f"{schedule.name}.{file.stem}.answers.csv")

    def _record(
        self,
        schedule: Schedule,
        file: Path,
        due_at: datetime,
        worklist: Worklist,
        plan: Plan,
        words: str,
        target: Path,
        *,
        ready: bool,
    ) -> None:
        outcomes, answers = counts(worklist, plan)
        ready_by = schedule.timing.ready_at(due_at)
        by_word = [outcomes[word] for word in RowOutcome]
        with self.inventory.write() as db:
            db.execute(
                """INSERT INTO worklists VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,NULL) ON CONFLICT DO UPDATE SET
                   planned = excluded.planned, answered = excluded.answered, no_answer = excluded.no_answer,
                   held = excluded.held, not_asked = excluded.not_asked, words = excluded.words,
                   chosen = excluded.chosen, answers = excluded.answers, ready_at = excluded.ready_at, cause = NULL""",
                (
                    *_key(schedule, file, due_at),
                    schedule.flow,
                    len(worklist.rows),
                    *by_word,
                    json.dumps(answers, sort_keys=True),
                    words,
                    str(target.relative_to(self.settings.home)),
                    stamp(now.utc()),
                    stamp(now.utc()) if ready else None,
                    stamp(ready_by) if ready_by else None,
                ),
            )

    def _record_cause(self, schedule: Schedule, file: Path, due_at: datetime, cause: str) -> None:
        """A list that could not be asked: nothing is known of it but why."""
        ready_by = schedule.timing.ready_at(due_at)
        with self.inventory.write() as db:
            db.execute(
                """INSERT INTO worklists VALUES (?,?,?,?,0,0,0,0,0,'{}','','',?,NULL,?,?)
                   ON CONFLICT DO UPDATE SET cause = excluded.cause, ready_at = NULL""",
                (
                    *_key(schedule, file, due_at),
                    schedule.flow,
                    stamp(now.utc()),
                    stamp(ready_by) if ready_by else None,
                    cause,
                ),
            )


def _key(schedule: Schedule, file: Path, due_at: datetime) -> tuple[str, str, str]:
    return schedule.name, f"{due_at.astimezone(schedule.timing.local):%Y-%m-%d}", file.name


def counts(worklist: Worklist, plan: Plan) -> tuple[Counter[str], Counter[str]]:
    """How many rows have each outcome, and how many answered ones each word. No member data."""
    results = [plan.results.get(row.key) for row in worklist.rows]
    outcomes = Counter(str(result.outcome) if result else str(RowOutcome.NOT_ASKED) for result in results)
    return outcomes, Counter(outcome_word(result.answer) for result in results if result and result.answer)


def _trouble(worklist: Worklist, plan: Plan, runs: Sequence[RunResult]) -> str | None:
    failures = {run.head.account: run.failure for run in runs if run.failure}
    reasons = [f"account {name}: {failure.error}: {failure.message}" for name, failure in failures.items()]
    reasons += [failure.message for failure in plan.held.values()]
    if not reasons:
        return None
    open_rows = len(worklist.rows) - counts(worklist, plan)[0][RowOutcome.ANSWERED]
    return f"{open_rows} of {len(worklist.rows)} rows have no answer. {'; '.join(reasons)}"


class _InTurn:
    """Lets so many accounts of one portal ask at once, and none that may not run unattended."""

    def __init__(
        self, runner: Asker, portals: dict[str, str], per_portal: int, hindrance: Callable[[str, str], str]
    ) -> None:
        self._runner = runner
        self._portals = portals
        self._hindrance = hindrance
        self._places: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(per_portal))

    async def run(
        self, account: str, flow: str, questions: Sequence[Question], *, record: Record, wanted: Wanted
    ) -> RunResult:
        """Ask, when it is this account's turn."""
        async with self._places[self._portals.get(account, "")]:
            if why := self._hindrance(account, flow):
                return RunResult.impossible(account, Failure(error="AccountHeld", message=why))
            return await self._runner.run(account, flow, questions, record=record, wanted=wanted)
