"""The schedule: check, list, next."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from bots import now
from bots.cli.office import office
from bots.cli.printing import Json, print_json, print_table
from flows.errors import InputError

if TYPE_CHECKING:
    from bots.clock import Schedule, Timetable

app = typer.Typer(help="What the service runs, and when: schedules.yaml.", no_args_is_help=True)


def _timetable() -> Timetable:
    from bots.clock import read_timetable  # loads every portal module

    return read_timetable(office.settings, office.inventory)


@app.command()
def check(json: Json = False) -> None:
    """Read schedules.yaml, maintenance.toml and calendar.toml, and say what is wrong, by file and line."""
    from bots.clock.overlaps import odd_together

    table = _timetable()
    odd = odd_together(table, _portals(), now.utc())
    if json:
        print_json({"rows": [row.name for row in table.rows], "problems": table.problems, "odd": odd})
    else:
        for line in (*(f"WRONG  {problem}" for problem in table.problems), *(f"ODD    {words}" for words in odd)):
            print(line)
        print(f"{len(table.rows)} rows are right, {len(table.problems)} lines to mend, {len(odd)} to look at")
    if table.problems:
        raise typer.Exit(InputError.exit_code)


@app.command("list")
def list_rows(json: Json = False) -> None:
    """The rows that are in force, and when each comes due next."""
    table, at = _timetable(), now.utc()
    lines = [_line(row, at) for row in table.rows]
    if json:
        print_json(lines)
        return
    print_table(lines, ["row", "flow", "for", "when", "ready_by", "next"], empty="schedules.yaml has no row yet")
    for problem in table.problems:
        print(f"WRONG  {problem}")


def _line(row: Schedule, at: datetime) -> dict[str, Any]:
    moment = row.timing.first_after(at) if row.subjects else None
    return {
        "row": row.name,
        "flow": row.flow,
        "for": row.whom,
        "when": row.timing.words(),
        "ready_by": f"{row.ready_by:%H:%M}" if row.ready_by else None,
        "next": _shown(moment.at, row.zone) if moment else "never",
    }


@app.command("next")
def upcoming(
    days: Annotated[int, typer.Option(min=1, max=366, help="How far to look ahead.")] = 7,
    json: Json = False,
) -> None:
    """What comes due within some days, in order, and what maintenance moves. Jitter is not counted in."""
    table, at = _timetable(), now.utc()
    until = at + timedelta(days=days)
    found = sorted(
        (moment.at, row.name, row) for row in table.rows if row.subjects for moment in row.timing.moments(at, until)
    )
    lines = [
        {
            "at": _shown(when, row.zone),
            "row": name,
            "flow": row.flow,
            "for": row.whom,
            "moved": _moved(table, row, when),
        }
        for when, name, row in found
    ]
    if json:
        print_json(lines)
    else:
        empty = f"nothing comes due within {days} days"
        print_table(lines, ["at", "row", "flow", "for", "moved"], empty=empty)


def _moved(table: Timetable, row: Schedule, at: datetime) -> str:
    """Which accounts of the row maintenance keeps until when."""
    from bots.clock import closed_portals

    portals = _portals()
    words = []
    for portal, (until, _) in closed_portals(table.maintenance, at).items():
        if kept := sum(portals.get(account) == portal for account in row.accounts):
            words.append(f"{kept} on {portal} to {_shown(until, row.zone)}")
    return ", ".join(words)


def _portals() -> dict[str, str]:
    return {row["name"]: row["portal"] for row in office.inventory.rows("SELECT name, portal FROM accounts")}


def _shown(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M %Z}"


def add_to(tree: typer.Typer) -> None:
    """Hang these commands into the tree."""
    tree.add_typer(app, name="schedule")
