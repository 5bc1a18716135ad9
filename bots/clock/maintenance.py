"""Maintenance of portals, declared once in `config/maintenance.toml`: runs move to its end, and nobody is alarmed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bots.clock.rows import known_zone
from bots.clock.windows import DAY, DAYS, Window
from bots.toml_files import read_table
from flows.errors import InputError
from payers import registry

FILE = "maintenance.toml"
KEYS = ("portal", "weekly", "begin", "end", "zone", "source")
WEEKLY = "weekly hours such as sun 00:00-06:00"
LONGEST = timedelta(days=14)
_A_MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Maintenance:
    """When a portal can't be used: each week on `weekday` (0 is Monday) in `window`, or once from `begin` to `end`."""

    portal: str
    zone: str
    source: str
    weekday: int = 0
    window: Window | None = None
    begin: datetime | None = None
    end: datetime | None = None

    def around(self, at: datetime) -> tuple[datetime, datetime] | None:
        """From when to when, where `at` lies in it."""
        if self.begin and self.end:
            return (self.begin, self.end) if self.begin <= at < self.end else None
        local = ZoneInfo(self.zone)
        found = self.window.around(at, local) if self.window else None
        return found if found and found[0].astimezone(local).weekday() == self.weekday else None

    def coming(self, after: datetime, days: int) -> list[tuple[datetime, datetime]]:
        """The times that end after `after`, and begin within some days."""
        until = after + days * DAY
        if self.begin and self.end:
            return [(self.begin, self.end)] if self.end > after and self.begin <= until else []
        found = [self._weekly(after, number) for number in range(-1, days + 2)]
        return [(begin, end) for begin, end in filter(None, found) if end > after and begin <= until]

    def _weekly(self, after: datetime, number: int) -> tuple[datetime, datetime] | None:
        local = ZoneInfo(self.zone)
        day = after.astimezone(local).date() + number * DAY
        return self.window.of_day(day, local) if self.window and day.weekday() == self.weekday else None


def closed_portals(declared: Sequence[Maintenance], at: datetime) -> dict[str, tuple[datetime, Maintenance]]:
    """The portals that are in maintenance at that time, and until when."""
    found: dict[str, tuple[datetime, Maintenance]] = {}
    for one in declared:
        window = one.around(at)
        if window and (one.portal not in found or found[one.portal][0] < window[1]):
            found[one.portal] = (window[1], one)
    return found


def load_maintenance(file: Path) -> tuple[Maintenance, ...]:
    """What is declared in `file`. InputError names the file, the entry and what was expected."""
    table = read_table(file)
    if unknown := sorted(set(table) - {"maintenance"}):
        raise InputError(f"{file}: {unknown[0]} is not known here; write [[maintenance]]")
    entries = table.get("maintenance", [])
    if not isinstance(entries, list):
        raise InputError(f"{file}: expected [[maintenance]] with two brackets, once for each")
    found = tuple(_declared(file, f"maintenance {number}", entry) for number, entry in enumerate(entries, 1))
    for (number, one), (other_number, other) in combinations(enumerate(found, 1), 2):
        if one.portal == other.portal and _overlap(one, other):
            raise InputError(f"{file}: maintenance {number} and {other_number} of {one.portal} overlap; make them one")
    return found


def _overlap(one: Maintenance, other: Maintenance) -> bool:
    start = min((each.begin - DAY for each in (one, other) if each.begin), default=_A_MONDAY)
    days = 16 if one.window or other.window else 3660
    return any(_meet(a, b) for a in one.coming(start, days) for b in other.coming(start, days))


def _meet(a: tuple[datetime, datetime], b: tuple[datetime, datetime]) -> bool:
    return a[0] < b[1] and b[0] < a[1]


def _declared(file: Path, where: str, entry: Any) -> Maintenance:
    if not isinstance(entry, dict):
        raise InputError(f"{file}: {where}: expected a table with {', '.join(KEYS)}")
    if unknown := sorted(set(entry) - set(KEYS)):
        raise InputError(f"{file}: {where}: {unknown[0]} is not known; the keys are {', '.join(KEYS)}")
    portal, source = entry.get("portal"), entry.get("source")
    if portal not in registry.portals():
        raise InputError(f"{file}: {where}: portal: expected one of {', '.join(registry.portals())}")
    if not isinstance(source, str) or not source.strip():
        raise InputError(f"{file}: {where}: source: expected who said so, such as a notice and its date")
    try:
        zone = known_zone(str(entry.get("zone", "")))
        if "weekly" in entry:
            weekday, window = _weekly(str(entry["weekly"]))
            return Maintenance(portal, zone, source, weekday, window)
        begin, end = _once(entry, ZoneInfo(zone))
    except ValueError as error:
        raise InputError(f"{file}: {where}: {error}") from None
    return Maintenance(portal, zone, source, begin=begin, end=end)


def _weekly(text: str) -> tuple[int, Window]:
    day, _, hours = text.strip().lower().partition(" ")
    if day not in DAYS:
        raise ValueError(f"expected {WEEKLY}, not {text!r}")
    return DAYS.index(day), Window.read(hours)


def _once(entry: dict[str, Any], zone: ZoneInfo) -> tuple[datetime, datetime]:
    begin, end = entry.get("begin"), entry.get("end")
    if not isinstance(begin, datetime) or not isinstance(end, datetime):
        raise ValueError(f"expected {WEEKLY}, or begin and end such as 2026-11-29T00:00:00")  # noqa: TRY004
    first, last = (at.replace(tzinfo=at.tzinfo or zone).astimezone(UTC) for at in (begin, end))
    if not timedelta() < last - first <= LONGEST:
        raise ValueError(f"end: expected a time after begin, at most {LONGEST.days} days later")
    return first, last
