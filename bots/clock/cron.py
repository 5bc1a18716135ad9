"""Cron lines read as cron reads them, and their times on a zone's wall clock.

APScheduler's own reading differs: its weekday 1 is Tuesday, `mon-5` means Monday alone to it, and on the day the clocks
go back it fires 01:30 twice (3.11.3). So a line is spelled out first, and its trigger runs on wall-clock time; each
wall-clock moment stands for one instant, the first on the autumn day, the one moved by the gap on the spring day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped]

_MINUTE = timedelta(minutes=1)
_SHIFT = timedelta(hours=3)  # more than any daylight saving moves a clock
_LOOK_AHEAD_DAYS = (1, 8, 32, 367, 9 * 366)  # the last holds a 29 February even across 2100


class _Field(NamedTuple):
    name: str
    first: int
    last: int
    words: str = ""

    def numbers(self, text: str) -> set[int]:
        """The numbers that `text` names. ValueError if it is none of cron's forms."""
        return {number for part in text.lower().split(",") for number in self._part(part)}

    def spelled(self, text: str) -> str:
        """The numbers again, for APScheduler."""
        numbers = self.numbers(text)
        return "*" if len(numbers) > self.last - self.first else ",".join(map(str, sorted(numbers)))

    def _part(self, part: str) -> Iterable[int]:
        found = re.fullmatch(r"(?:(?P<star>\*)|(?P<a>\w+)(?:-(?P<b>\w+))?)(?:/(?P<step>\d+))?", part, re.ASCII)
        if not found:
            raise ValueError(f"the {self.name} {part!r} is not one of: *, 5, 1-5, */10, 1,15")
        first = self.first if found["star"] else self._number(found["a"])
        open_end = found["star"] or (found["step"] and not found["b"])
        last = self.last if open_end else self._number(found["b"] or found["a"])
        step = int(found["step"] or 1)
        if first > last or step < 1:
            raise ValueError(f"the {self.name} {part!r} is empty: from low to high, in steps of 1 or more")
        return range(first, last + 1, step)

    def _number(self, word: str) -> int:
        names = self.words.split()
        number = self.first + names.index(word) if word in names else int(word) if word.isdigit() else -1
        if not self.first <= number <= self.last:
            known = f" or {names[0]} to {names[-1]}" if names else ""
            raise ValueError(f"the {self.name} {word!r} is not between {self.first} and {self.last}{known}")
        return number


_WEEKDAYS = "sun mon tue wed thu fri sat"
_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, "jan feb mar apr may jun jul aug sep oct nov dec"),
    _Field("day of the week", 0, 7, _WEEKDAYS),
)


def check_cron(cron: str) -> str:
    """Return `cron` if it is five fields that name a moment which comes. ValueError says what was expected."""
    parts = cron.split()
    if len(parts) != len(_FIELDS):
        raise ValueError(f"expected five fields (minute hour day month weekday) such as 30 5 * * mon-fri, not {cron!r}")
    if len(_days(parts[2])) < 31 and len(_weekdays(parts[4])) < 7:
        raise ValueError("a day of the month and a day of the week together are read in two ways; make it two rows")
    if _trigger(cron).get_next_fire_time(None, datetime(2000, 1, 1, tzinfo=UTC)) is None:
        raise ValueError(f"{cron!r} names a date that never comes")
    return cron


def _days(text: str) -> set[int]:
    return _FIELDS[2].numbers(text)


def _weekdays(text: str) -> set[int]:
    return {number % 7 for number in _FIELDS[4].numbers(text)}  # 7 is Sunday too


@cache
def _trigger(cron: str) -> CronTrigger:
    """The trigger of a cron line, on a wall clock that is written as if it were UTC."""
    *parts, weekdays = cron.split()
    minute, hour, day, month = (field.spelled(part) for field, part in zip(_FIELDS[:4], parts, strict=True))
    names = ",".join(_WEEKDAYS.split()[number] for number in sorted(_weekdays(weekdays)))
    return CronTrigger(minute=minute, hour=hour, day=day, month=month, day_of_week=names, timezone=UTC)


@lru_cache(maxsize=1024)  # all accounts of a row ask the same
def fire_times(cron: str, zone: str, after: datetime, until: datetime) -> tuple[datetime, ...]:
    """When `cron` comes due in `zone`, later than `after` and not later than `until`; in UTC, each instant once."""
    local = ZoneInfo(zone)
    instants = {wall.replace(tzinfo=local).astimezone(UTC) for wall in _wall_times(cron, local, after, until)}
    return tuple(sorted(instant for instant in instants if after < instant <= until))


def _wall_times(cron: str, local: ZoneInfo, after: datetime, until: datetime) -> Iterator[datetime]:
    """The wall-clock moments around the interval, wide enough for a change of the clock inside it."""
    trigger = _trigger(cron)
    wall = after.astimezone(local).replace(tzinfo=UTC) - _SHIFT
    last = until.astimezone(local).replace(tzinfo=UTC) + _SHIFT
    while (wall := trigger.get_next_fire_time(None, wall)) and wall <= last:
        yield wall
        wall += _MINUTE


def next_fire(cron: str, zone: str, after: datetime) -> datetime:
    """The first time later than `after` at which `cron` comes due, in UTC."""
    for days in _LOOK_AHEAD_DAYS:
        if times := fire_times(cron, zone, after, after + timedelta(days=days)):
            return times[0]
    raise ValueError(f"{cron!r} names a date that never comes")
