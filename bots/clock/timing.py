"""When a row comes due: by a cron line or an interval, inside its window, spread by a fixed share of its jitter."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bots.clock.cron import fire_times
from bots.clock.windows import DAY, Window, in_short, instant, next_time

LOOK_AHEAD_DAYS = (1, 8, 32, 367, 9 * 366)  # the last holds a 29 February even across 2100
ZERO = timedelta()


class Moment(NamedTuple):
    """A due time, in UTC, and the end of the window it lies in: from then on it can't start any more."""

    at: datetime
    start_by: datetime | None = None

    def shifted(self, share: float, jitter: timedelta) -> Moment:
        """This moment for one account: `share` (0 up to 1) of the jitter later, still inside the window."""
        room = min(jitter, self.start_by - self.at) if self.start_by else jitter
        return Moment(self.at + share * room, self.start_by)


@dataclass(frozen=True)
class Timing:
    """Either `cron`, or `every` (counted from the window's begin, else from midnight, each day anew), on a wall clock.

    `ready_by` is the time of the day at which the work should be finished.
    """

    zone: str
    cron: str = ""
    every: timedelta = ZERO
    window: Window | None = None
    jitter: timedelta = ZERO
    ready_by: time | None = None

    @cached_property
    def local(self) -> ZoneInfo:
        """The zone itself."""
        return ZoneInfo(self.zone)

    def moments(self, after: datetime, until: datetime) -> list[Moment]:
        """The due times later than `after` and not later than `until`, before any jitter, in order."""
        if self.cron:
            times: list[datetime] | tuple[datetime, ...] = fire_times(self.cron, self.zone, after, until)
        else:
            times = [at for at in self._steps(after, until) if after < at <= until]
        return [moment for at in times if (moment := self._inside(at))]

    def first_after(self, after: datetime) -> Moment | None:
        """The next due time later than `after`; none when the window lets none through."""
        for days in LOOK_AHEAD_DAYS:
            if found := self.moments(after, after + timedelta(days=days)):
                return found[0]
        return None

    def ready_at(self, due: datetime) -> datetime | None:
        """When the work of a due time should be finished."""
        return next_time(due, self.ready_by, self.local) if self.ready_by else None

    def next_window(self, after: datetime) -> tuple[datetime, datetime] | None:
        """The first window that begins after `after`."""
        return self.window.next_after(after, self.local) if self.window else None

    def words(self) -> str:
        """When, for people: `30 4 * * mon-fri America/New_York`."""
        when = self.cron or f"every {in_short(self.every)}"
        inside = f" {self.window.begin:%H:%M}-{self.window.end:%H:%M}" if self.window else ""
        return f"{when}{inside} {self.zone}"

    def _inside(self, at: datetime) -> Moment | None:
        if self.window is None:
            return Moment(at)
        found = self.window.around(at, self.local)
        return Moment(at, found[1]) if found else None

    def _steps(self, after: datetime, until: datetime) -> Iterator[datetime]:
        day = after.astimezone(self.local).date() - DAY
        while (begin := instant(day, time(), self.local)) <= until:
            end = instant(day + DAY, time(), self.local)
            if self.window:
                begin, end = self.window.of_day(day, self.local)
            while begin < end:
                yield begin
                begin += self.every
            day += DAY


@lru_cache(maxsize=65_536)  # an account is in several rows
def share_of(account: str) -> float:
    """The fixed share of the jitter that an account waits, 0 up to 1: from its name, never by chance."""
    return int.from_bytes(hashlib.sha256(account.encode()).digest()[:6], "big") / 2**48


class Track:
    """The due times of one row, kept as far as they were asked for, so that 10,000 accounts compute them once."""

    def __init__(self, timing: Timing, begin: datetime) -> None:
        self._timing = timing
        self._moments: list[Moment] = []
        self._until = self._begin = begin - timing.jitter
        self._ended = False

    def next(self, after: datetime, share: float) -> Moment | None:
        """The next due time of an account later than `after`; none when none ever comes."""
        if after - self._timing.jitter < self._begin:
            self._restart(after)
        place = self._place(after - self._timing.jitter)
        while True:
            for moment in self._moments[place:]:
                if (shifted := moment.shifted(share, self._timing.jitter)).at > after:
                    return shifted
                place += 1
            if not self._extend():
                return None

    def _place(self, after: datetime) -> int:
        low, high = 0, len(self._moments)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self._moments[middle].at <= after else (low, middle)
        return low

    def _extend(self) -> bool:
        """Know more due times; False when there are no more."""
        for days in LOOK_AHEAD_DAYS:
            if self._ended:
                break
            until = self._until + timedelta(days=days)
            found = self._timing.moments(self._until, until)
            self._moments += found
            self._until = until
            if found:
                self._forget()
                return True
        self._ended = True
        return False

    def _forget(self) -> None:
        old = self._place(self._until - timedelta(days=40)) if len(self._moments) > 50_000 else 0
        if old:
            self._begin = self._moments[old].at
            del self._moments[:old]

    def _restart(self, after: datetime) -> None:
        self._moments.clear()
        self._until = self._begin = after.astimezone(UTC) - self._timing.jitter
        self._ended = False
