"""Business days of the office, from `config/calendar.toml`: weekdays without federal holidays and own closures."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from bots.toml_files import read_table
from flows.errors import InputError

FILE = "calendar.toml"
KEYS = ("federal_holidays", "closed", "open")
DAY = timedelta(days=1)
SATURDAY = 5
FARTHEST = 60  # days without a business day: a calendar that is wrong


@dataclass(frozen=True)
class OfficeDays:
    """When the office works: `closed` beside the federal holidays, `open` in spite of one, or at a week-end."""

    federal_holidays: bool = True
    closed: frozenset[date] = field(default_factory=frozenset)
    open: frozenset[date] = field(default_factory=frozenset)

    def is_business_day(self, day: date) -> bool:
        """Whether the office works on that day."""
        if day in self.open or day in self.closed:
            return day in self.open
        return day.weekday() < SATURDAY and not (self.federal_holidays and day in _federal_holidays())

    def next_business_day(self, day: date) -> date:
        """The first business day after `day`."""
        for number in range(1, FARTHEST):
            if self.is_business_day(day + number * DAY):
                return day + number * DAY
        raise InputError(f"{FILE}: no business day within {FARTHEST} days after {day}; correct the closures")


@cache
def _federal_holidays() -> Container[date]:
    import holidays

    return holidays.country_holidays("US")


def load_office_days(file: Path) -> OfficeDays:
    """The calendar in `file`; without one, weekdays and federal holidays. InputError names file and key."""
    table = read_table(file)
    if unknown := sorted(set(table) - set(KEYS)):
        raise InputError(f"{file}: {unknown[0]} is not known here; the keys are {', '.join(KEYS)}")
    federal = table.get("federal_holidays", True)
    if not isinstance(federal, bool):
        raise InputError(f"{file}: federal_holidays: expected true or false")
    closed, opened = _days(file, table, "closed"), _days(file, table, "open")
    if both := sorted(closed & opened):
        raise InputError(f"{file}: {both[0]} is closed and open; leave it in one of the two")
    return OfficeDays(federal, closed, opened)


def _days(file: Path, table: dict[str, Any], key: str) -> frozenset[date]:
    given = table.get(key, [])
    if not isinstance(given, list) or not all(type(day) is date for day in given):
        raise InputError(f"{file}: {key}: expected days such as [2026-12-24, 2026-12-31]")
    return frozenset(given)
