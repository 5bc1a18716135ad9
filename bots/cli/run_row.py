"""One row of the schedule, by hand: run ROW."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bots import now
from bots.cli import question_options as options
from bots.cli.office import log_to, office
from bots.cli.printing import Json, print_json, print_table, tell
from bots.inventory import stamp
from flows.errors import InputError, PortalkeeperError

if TYPE_CHECKING:
    from bots.clock import Schedule, Timetable
    from bots.keeping import Keeper

NOT_ALL_WELL = 3
COLUMNS = ["account", "state", "cause"]


def run(
    row: Annotated[str, typer.Argument(help="The name of the row in schedules.yaml.")],
    only_unanswered: Annotated[
        bool, typer.Option("--only-unanswered", help="Leave out the accounts whose run of today went well.")
    ] = False,
    preview: options.PreviewFlag = False,
    fresh: options.FreshFlag = False,
    yes: options.YesFlag = False,
    json: Json = False,
) -> None:
    """Run one row of schedules.yaml now. A list is asked only for what has no answer of the last 24 hours."""
    from bots.clock import read_timetable
    from bots.clock.rows import OF_LISTS

    table = read_timetable(office.settings, office.inventory)
    schedule = table.by_name().get(row)
    office.acting("ask payers" if schedule and schedule.flow in OF_LISTS else "sign in to a portal")
    if schedule is None:
        raise InputError(_unknown(row, table))
    if preview:
        _preview(schedule, table, fresh=fresh, json=json)
        return
    log_to(office.settings.home / "portalkeeper.log")
    subjects = [one for one in schedule.subjects if not (only_unanswered and one and _went_well(schedule, one))]
    found = asyncio.run(_run(schedule, table, subjects, yes=yes, fresh=fresh))
    if json:
        print_json(found)
    else:
        print_table(found, COLUMNS, empty=f"{row}: nothing to run")
    if any(line["state"] != "done" for line in found):
        raise typer.Exit(NOT_ALL_WELL)


def _unknown(row: str, table: Timetable) -> str:
    wrong = [problem for problem in table.problems if f": {row}: " in problem]
    there = ", ".join(table.by_name()) or "none"
    return wrong[0] if wrong else f"no row is called {row!r} in schedules.yaml; there are: {there}"


def _preview(schedule: Schedule, table: Timetable, *, fresh: bool, json: bool) -> None:
    from bots.cli.batches import show_preview
    from bots.clock.rows import OF_LISTS
    from bots.lists import ListsOfARow, files_of

    if schedule.flow not in OF_LISTS:
        raise InputError(f"{schedule.name} asks no list: it runs {schedule.flow} for {schedule.whom}")
    lists = ListsOfARow(office.settings, office.inventory, office.vault)
    for file in files_of(office.settings, schedule):
        worklist, plan, words = lists.plan(schedule, file, now.utc(), table.office_days, fresh=fresh)
        if not json:
            tell(f"{file}: {words}")
        show_preview(worklist, plan, json=json)


def _went_well(schedule: Schedule, account: str) -> bool:
    local = schedule.timing.local
    today = datetime.combine(now.utc().astimezone(local).date(), time(), local)
    sql = "SELECT 1 FROM due WHERE schedule = ? AND account = ? AND state = 'done' AND ended_at >= ?"
    values = (schedule.name, account, stamp(today.astimezone(UTC)))
    return office.inventory.row(sql, values) is not None


async def _run(
    schedule: Schedule, table: Timetable, subjects: Sequence[str], *, yes: bool, fresh: bool
) -> list[dict[str, Any]]:
    from bots.keeping import Keeper

    places = asyncio.Semaphore(office.settings.sign_ins_at_once)
    async with office.runner("command") as runner:
        keeper = Keeper(runner, office.inventory, office.vault, office.settings)

        async def one(account: str) -> dict[str, Any]:
            async with places:
                return await _one(keeper, schedule, table, account, yes=yes, fresh=fresh)

        return list(await asyncio.gather(*(one(account) for account in subjects)))


async def _one(
    keeper: Keeper, schedule: Schedule, table: Timetable, account: str, *, yes: bool, fresh: bool
) -> dict[str, Any]:
    """Run for one account, or ask the list; written as a due row of its own, by whoever gave the command."""
    from bots import clock
    from bots.clock import DueState

    row = clock.begin_by_hand(office.inventory, schedule, account, now.utc(), by=office.person)
    cause: str | None = "stopped by hand"
    run_id = None
    try:
        if account:
            result = await keeper.run(account, schedule.flow)
            cause, run_id = (result.failure.message if result.failure else None), result.head.run_id or None
        else:
            cause = await keeper.by_hand(
                schedule, row.due_at, table.office_days, by=office.person, yes=yes, fresh=fresh
            )
    except PortalkeeperError as error:
        cause = str(error)
    finally:
        state = DueState.FAILED if cause else DueState.DONE
        clock.conclude(office.inventory, row, state, now.utc(), cause=cause, run_id=run_id)
    return {"account": account or schedule.whom, "state": str(state), "cause": cause}


def add_to(app: typer.Typer) -> None:
    """Hang this command into the tree."""
    app.command()(run)
