"""Due rows: one for each time a schedule's row comes due for an account, kept until it has an end.

    due -> running -> done | failed
    due -> coalesced     a newer one of the same row and account ran in its place
    missed               due times more than a week back when the service came to look; the row says which

`seen` marks when a row was first seen for an account: nothing before it is due.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from bots.clock.cron import fire_times, next_fire
from bots.clock.schedules import Schedule
from bots.inventory import Inventory, stamp

CATCH_UP = timedelta(days=7)
INTERRUPTED = "the service ended while this ran; it is tried once more"
GIVEN_UP = "the service ended twice while this ran; it is not tried again"


class DueState(StrEnum):
    """Where a due row stands."""

    SEEN = "seen"
    DUE = "due"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    COALESCED = "coalesced"
    MISSED = "missed"


@dataclass(frozen=True)
class Due:
    """A due row that was taken to be run."""

    id: int
    schedule: str
    account: str
    flow: str
    due_at: datetime


@dataclass(frozen=True)
class _New:
    schedule: Schedule
    account: str
    due_at: datetime
    state: DueState
    cause: str | None = None


def write_due(inventory: Inventory, schedules: Sequence[Schedule], until: datetime) -> int:
    """Write everything that came due after what is written already, up to `until`; how many rows are due anew.

    What lies more than seven days back is one *missed* row. Safe to call at any time, any number of times.
    """
    rows = [
        row
        for schedule in schedules
        for account in schedule.accounts
        for row in _new(inventory, schedule, account, until)
    ]
    if not rows:
        return 0
    at = stamp(until.astimezone(UTC))
    with inventory.write() as db:
        written = 0
        for row in rows:
            cursor = db.execute(
                """INSERT OR IGNORE INTO due (schedule, account, flow, due_at, written_at, state, cause)
                   VALUES (?,?,?,?,?,?,?)""",
                (row.schedule.name, row.account, row.schedule.flow, stamp(row.due_at), at, row.state, row.cause),
            )
            written += cursor.rowcount if row.state is DueState.DUE else 0
        return written


def _new(inventory: Inventory, schedule: Schedule, account: str, until: datetime) -> Iterator[_New]:
    newest = _newest_written(inventory, schedule.name, account, until)
    if newest is None:
        yield _New(schedule, account, until.astimezone(UTC), DueState.SEEN)
        return
    floor = max(newest, until - CATCH_UP)
    if newest < floor and (first := next_fire(schedule.cron, schedule.zone, newest)) <= floor:
        yield _New(schedule, account, floor.astimezone(UTC), DueState.MISSED, _left_out(schedule, first, floor))
    for at in fire_times(schedule.cron, schedule.zone, floor, until):
        yield _New(schedule, account, at, DueState.DUE)


def _newest_written(inventory: Inventory, schedule: str, account: str, until: datetime) -> datetime | None:
    """Later rows do not count: a clock that once stood in the future must not keep everything waiting for it."""
    row = inventory.row(
        "SELECT max(due_at) AS newest FROM due WHERE schedule = ? AND account = ? AND due_at <= ?",
        (schedule, account, stamp(until.astimezone(UTC))),
    )
    return datetime.fromisoformat(row["newest"]) if row and row["newest"] else None


def _left_out(schedule: Schedule, first: datetime, floor: datetime) -> str:
    return (
        f"left out: every due time from {first:%Y-%m-%d %H:%M} to {floor:%Y-%m-%d %H:%M} UTC ({schedule.cron}, "
        f"{schedule.zone}); the service was not running then, and only the last {CATCH_UP.days} days are made up for"
    )


def take_next(inventory: Inventory, at: datetime, *, busy: frozenset[str] = frozenset()) -> Due | None:
    """Take the row that is due longest, of an account that is not `busy`, and mark it running.

    When several of the same row and account are open, the newest is taken and the older ones end as coalesced.
    """
    with inventory.write() as db:
        waiting = db.execute(
            "SELECT schedule, account FROM due WHERE state = 'due' AND due_at <= ? ORDER BY due_at, id", (stamp(at),)
        )
        first = next((row for row in waiting if row["account"] not in busy), None)
        waiting.close()
        return _taken(db, first["schedule"], first["account"], stamp(at)) if first else None


def _taken(db: Any, schedule: str, account: str, at: str) -> Due:
    same = (schedule, account, at)
    row = db.execute(
        """SELECT id, flow, due_at FROM due WHERE state = 'due' AND schedule = ? AND account = ? AND due_at <= ?
           ORDER BY due_at DESC LIMIT 1""",
        same,
    ).fetchone()
    db.execute("UPDATE due SET state = 'running' WHERE id = ?", (row["id"],))
    db.execute(
        """UPDATE due SET state = 'coalesced', ended_at = ?, cause = ?
           WHERE state = 'due' AND schedule = ? AND account = ? AND due_at <= ?""",
        (at, f"row {row['id']}, due {row['due_at'][:16]} UTC, ran in its place", *same),
    )
    return Due(row["id"], schedule, account, row["flow"], datetime.fromisoformat(row["due_at"]))


def conclude(
    inventory: Inventory,
    row: Due,
    state: DueState,
    at: datetime,
    *,
    cause: str | None = None,
    run_id: str | None = None,
) -> bool:
    """Write how a row that was taken has ended: done, or failed with its cause in our own words; whether it ran."""
    with inventory.write() as db:
        cursor = db.execute(
            "UPDATE due SET state = ?, ended_at = ?, cause = ?, run_id = ? WHERE id = ? AND state = 'running'",
            (state, stamp(at), cause, run_id, row.id),
        )
        return bool(cursor.rowcount)


def recover(inventory: Inventory, at: datetime) -> int:
    """Put rows that a service left running back to due, each once, then failed; how many are due again.

    Only for the one service of a data folder, while it runs nothing itself.
    """
    with inventory.write() as db:
        db.execute(
            "UPDATE due SET state = 'failed', ended_at = ?, cause = ? WHERE state = 'running' AND cause = ?",
            (stamp(at), GIVEN_UP, INTERRUPTED),
        )
        cursor = db.execute("UPDATE due SET state = 'due', cause = ? WHERE state = 'running'", (INTERRUPTED,))
        return int(cursor.rowcount)
