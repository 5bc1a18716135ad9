"""Banking days: Monday to Friday without the holidays of the Federal Reserve."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache

DAY = timedelta(days=1)
_SATURDAY = 5


@cache
def _holidays() -> Mapping[date, str]:
    """Those of the Federal Reserve: one on a Sunday is kept on Monday, one on a Saturday is not kept at all."""
    import holidays

    found: Mapping[date, str] = holidays.financial_holidays("FED")
    return found


def is_business_day(day: date) -> bool:
    """Whether banks work on that day."""
    return day.weekday() < _SATURDAY and not _is_holiday(day)


def holiday(day: date) -> str:
    """The name of the Federal Reserve's holiday on that day; empty on every other."""
    return str(_holidays().get(day) or "")


def _is_holiday(day: date) -> bool:
    return day in _holidays()


def business_days(begin: date, end: date) -> int:
    """How many banking days come after `begin` up to `end`; below zero when `end` is earlier."""
    if end < begin:
        return -business_days(end, begin)
    return sum(is_business_day(begin + number * DAY) for number in range(1, (end - begin).days + 1))


def after(begin: date, count: int) -> date:
    """The `count`th banking day after `begin`."""
    day = begin
    while count > 0:
        day += DAY
        count -= is_business_day(day)
    return day
