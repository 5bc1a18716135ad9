"""What is right by itself and odd together: rows that run the same twice, and rows that maintenance keeps out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

from bots.clock.maintenance import Maintenance, closed_portals
from bots.clock.rows import Late, Schedule
from bots.clock.timetable import Timetable

AHEAD = timedelta(days=7)


def odd_together(table: Timetable, portals: Mapping[str, str], at: datetime) -> list[str]:
    """One line for each oddity of the next seven days. `portals` has the portal of each account."""
    return [*_twice(table.rows, at), *_kept_out(table, portals, at)]


def _twice(rows: Sequence[Schedule], at: datetime) -> Iterator[str]:
    for one, other in combinations(rows, 2):
        shared = set(one.accounts) & set(other.accounts) if one.accounts else {one.file} & {other.file} - {""}
        if one.flow != other.flow or not shared:
            continue
        whom = f"{len(shared)} accounts" if one.accounts else one.file
        what = f"{one.name} (line {one.line}) and {other.name} (line {other.line}) both run {one.flow} for {whom}"
        same = sorted(_times(one, at) & _times(other, at))
        if same:
            yield f"{what} at {_shown(same[0], one.zone)}"
        elif hours := _shared_window(one, other, at):
            yield f"{what}, and their windows overlap from {_shown(hours[0], one.zone)} on"


def _times(row: Schedule, at: datetime) -> set[datetime]:
    return {moment.at for moment in row.timing.moments(at, at + AHEAD)}


def _shared_window(one: Schedule, other: Schedule, at: datetime) -> tuple[datetime, datetime] | None:
    if not (one.window and other.window):
        return None
    first, second = _windows(one, at), _windows(other, at)
    return next(
        ((max(a[0], b[0]), min(a[1], b[1])) for a in first for b in second if a[0] < b[1] and b[0] < a[1]), None
    )


def _windows(row: Schedule, at: datetime) -> list[tuple[datetime, datetime]]:
    found = {moment.start_by: moment.at for moment in reversed(row.timing.moments(at, at + AHEAD))}
    return sorted((begin, end) for end, begin in found.items() if end)


def _kept_out(table: Timetable, portals: Mapping[str, str], at: datetime) -> Iterator[str]:
    for row in table.rows:
        moments = row.timing.moments(at, at + AHEAD)
        if row.late is Late.NEXT_WINDOW or not row.window or not moments:
            continue
        for portal in sorted({portals[account] for account in row.accounts if account in portals}):
            ends = [_closed_until(table.maintenance, portal, moment.at) for moment in moments]
            if all(
                end and moment.start_by and end >= moment.start_by for end, moment in zip(ends, moments, strict=True)
            ):
                yield f"{row.name} (line {row.line}): maintenance of {portal} lasts longer than its window, each time"


def _closed_until(maintenance: Sequence[Maintenance], portal: str, at: datetime) -> datetime | None:
    found = closed_portals(maintenance, at).get(portal)
    return found[0] if found else None


def _shown(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%a %H:%M %Z}"
