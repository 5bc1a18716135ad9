"""Writes due rows: each due time of each row and account once, in time for 10,000 accounts.

What is written already is asked of the inventory once, at the start; after that a heap knows who comes due next.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from bots.clock.due import DueState
from bots.clock.rows import Schedule
from bots.clock.timing import Moment, Track, share_of
from bots.inventory import Inventory, stamp

CATCH_UP = timedelta(days=7)
BACK = timedelta(minutes=1)  # a clock set back by more than this is looked at afresh

_NEWEST = """SELECT value AS account, (SELECT max(due_at) FROM due
    WHERE schedule = ?1 AND account = value AND due_at <= ?2) AS newest FROM json_each(?3)"""
_INSERT = """INSERT OR IGNORE INTO due (schedule, account, flow, due_at, written_at, state, cause, portal, start_by,
    ready_by) VALUES (?,?,?,?,?,?,?,(SELECT portal FROM accounts WHERE name = ?2),?,?)"""


class _New(NamedTuple):
    schedule: Schedule
    account: str
    moment: Moment
    state: DueState
    cause: str | None = None


@dataclass
class _Pair:
    """One row for one account: `newest` is the last due time that is written."""

    schedule: Schedule
    track: Track
    account: str
    share: float
    newest: datetime

    def next(self) -> Moment | None:
        return self.track.next(self.newest, self.share)


@dataclass(order=True)
class _Entry:
    at: datetime
    place: int
    pair: _Pair = field(compare=False)


class Planner:
    """The due times of some rows. One thread at a time.

    Rows named in `anew` have other times than before: they begin at the first `write`, and make up for nothing.
    """

    def __init__(self, inventory: Inventory, schedules: Sequence[Schedule], anew: Collection[str] = ()) -> None:
        self._inventory = inventory
        self._schedules = schedules
        self._anew = frozenset(anew)
        self._coming: list[_Entry] = []
        self._looked_at: datetime | None = None
        self._next: datetime | None = None  # of its own, for it is read by another thread than the one that writes

    def next_due(self) -> datetime | None:
        """The earliest due time that is not written yet; none before the first `write`, or when nothing ever comes."""
        return self._next

    def write(self, until: datetime) -> int:
        """Write everything that came due after what is written already, up to `until`; how many rows are due anew.

        What lies more than seven days back is one *missed* row. Safe to call at any time, any number of times.
        """
        until = until.astimezone(UTC)
        if self._looked_at is None or until < self._looked_at - BACK:
            self._look(until)
        ripe: list[_Entry] = []
        while self._coming and self._coming[0].at <= until:
            ripe.append(heapq.heappop(self._coming))
        try:
            written = self._commit([new for entry in ripe for new in _due(entry.pair, until)], until)
        except BaseException:
            for entry in ripe:
                heapq.heappush(self._coming, entry)
            raise
        for entry in ripe:
            entry.pair.newest = until
            self._push(entry.pair, entry.place)
        self._looked_at = until
        self._next = self._coming[0].at if self._coming else None
        return written

    def _look(self, until: datetime) -> None:
        """Ask the inventory what is written. Pairs that were never seen, or whose times are others now, begin now."""
        self._coming = []
        begin = until - CATCH_UP
        pairs: list[_Pair] = []
        first_seen: list[_New] = []
        for schedule in self._schedules:
            track = Track(schedule.timing, begin)
            values = (schedule.name, stamp(until), json.dumps(schedule.subjects))
            for row in self._inventory.rows(_NEWEST, values):
                known = row["newest"] and schedule.name not in self._anew
                newest = datetime.fromisoformat(row["newest"]) if known else until
                pairs.append(_Pair(schedule, track, row["account"], share_of(row["account"]), newest))
                if not known:
                    first_seen.append(_New(schedule, row["account"], Moment(until), DueState.SEEN))
        self._commit(first_seen, until)
        self._anew = frozenset()
        self._looked_at = until
        for place, pair in enumerate(pairs):
            if pair.newest < begin:  # what was left out before then is told once, with the first due time after
                self._coming.append(_Entry(begin, place, pair))
            elif moment := pair.next():
                self._coming.append(_Entry(moment.at, place, pair))
        heapq.heapify(self._coming)

    def _push(self, pair: _Pair, place: int) -> None:
        if moment := pair.next():
            heapq.heappush(self._coming, _Entry(moment.at, place, pair))

    def _commit(self, rows: list[_New], until: datetime) -> int:
        if not rows:
            return 0
        at, written = stamp(until), 0
        with self._inventory.write() as db:
            for row in rows:
                written += _insert(db, row, at)
        return written


def write_due(inventory: Inventory, schedules: Sequence[Schedule], until: datetime) -> int:
    """Write everything that came due up to `until`, once; how many rows are due anew."""
    return Planner(inventory, schedules).write(until)


def _insert(db: Any, row: _New, at: str) -> int:
    ready = row.schedule.timing.ready_at(row.moment.at)
    cursor = db.execute(
        _INSERT,
        (
            row.schedule.name,
            row.account,
            row.schedule.flow,
            stamp(row.moment.at),
            at,
            row.state,
            row.cause,
            stamp(row.moment.start_by) if row.moment.start_by else None,
            stamp(ready) if ready else None,
        ),
    )
    return int(cursor.rowcount) if row.state is DueState.DUE else 0


def _due(pair: _Pair, until: datetime) -> Iterator[_New]:
    """What came due for a pair after the newest that is written."""
    schedule, newest = pair.schedule, pair.newest
    floor = max(newest, until - CATCH_UP)
    if newest < floor and (first := schedule.timing.first_after(newest)) and first.at <= floor:
        yield _New(schedule, pair.account, Moment(floor), DueState.MISSED, _left_out(schedule, first.at, floor))
    while (moment := pair.track.next(floor, pair.share)) and moment.at <= until:
        yield _New(schedule, pair.account, moment, DueState.DUE)
        floor = moment.at


def _left_out(schedule: Schedule, first: datetime, floor: datetime) -> str:
    return (
        f"left out: every due time from {first:%Y-%m-%d %H:%M} to {floor:%Y-%m-%d %H:%M} UTC "
        f"({schedule.timing.words()}); the service was not running then, and only the last {CATCH_UP.days} days are "
        "made up for"
    )
