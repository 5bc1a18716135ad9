"""Windows: from when to when on a zone's wall clock, over midnight too, and on the days when the clocks change."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FORM = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)")
_LENGTH = re.compile(r"(\d{1,4})(m|h)")


@dataclass(frozen=True)
class Window:
    """From `begin` up to `end`, each day; over midnight when `end` is the earlier one."""

    begin: time
    end: time

    @classmethod
    def read(cls, text: str) -> Window:
        """Read such as `04:00-06:30`. ValueError says what was expected."""
        found = _FORM.fullmatch(text.strip())
        if not found:
            raise ValueError(f"expected hours such as 04:00-06:30, not {text!r}")
        begin, end = read_time(found[1]), read_time(found[2])
        if begin == end:
            raise ValueError(f"{text} begins when it ends; leave the window out for the whole day")
        return cls(begin, end)

    def of_day(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The window that begins on `day`, in UTC."""
        last = day if self.begin < self.end else day + DAY
        return instant(day, self.begin, zone), instant(last, self.end, zone)

    def around(self, at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
        """The window that `at` lies in, if it lies in one."""
        day = at.astimezone(zone).date()
        found = (self.of_day(each, zone) for each in (day, day - DAY))
        return next((window for window in found if window[0] <= at < window[1]), None)

    def next_after(self, at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The first window that begins after `at`."""
        day = at.astimezone(zone).date() - DAY
        while (window := self.of_day(day, zone))[0] <= at:
            day += DAY
        return window


def read_time(text: str) -> time:
    """A time of the day such as `06:30`. ValueError says what was expected."""
    try:
        if len(text) == len("06:30"):
            return time.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError(f"expected a time of the day such as 06:30, not {text!r}")


def read_length(text: str, *, least: timedelta, most: timedelta) -> timedelta:
    """A length of time such as `15m` or `2h`. ValueError says what was expected."""
    found = _LENGTH.fullmatch(text.strip())
    length = timedelta(minutes=int(found[1]) * (60 if found[2] == "h" else 1)) if found else timedelta()
    if not least <= length <= most:
        raise ValueError(f"expected minutes or hours such as 15m or 2h, from {in_short(least)} to {in_short(most)}")
    return length


def in_short(length: timedelta) -> str:
    """A length of time as it is written: `15m`, `2h`."""
    minutes = int(length.total_seconds()) // 60
    return f"{minutes // 60}h" if minutes and minutes % 60 == 0 else f"{minutes}m"


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """When it is `at` on `day` in `zone`: the first of two, and behind the gap where the clock skips it; in UTC."""
    return datetime.combine(day, at, zone).astimezone(UTC)


def next_time(after: datetime, at: time, zone: ZoneInfo) -> datetime:
    """The first instant from `after` on at which it is `at` in `zone`."""
    day = after.astimezone(zone).date()
    found = (instant(day + number * DAY, at, zone) for number in range(3))
    return next(moment for moment in found if moment >= after)
