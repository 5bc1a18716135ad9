"""Due rows: one for each time a schedule's row comes due for an account, kept until it has an end.

    due -> running -> done | failed
    due -> coalesced     a newer one of the same row and account ran in its place
    missed               could not start in its window, or due more than a week before the service came to look; or its
                         row is gone. `cause` says which

`seen` marks when a row was first seen for an account: nothing before it is due. A row without an account is a list's.
`waits_for` says why a due row does not run yet, `not_before` until when; `start_by` is the end of its window.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bots.clock.rows import Late, Schedule
from bots.inventory import Inventory, stamp

INTERRUPTED = "the service ended while this ran; it is tried once more"
GIVEN_UP = "the service ended twice while this ran; it is not tried again"
DIED = "what ran this died long ago"
NO_ROW = "its row is no longer in schedules.yaml"


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
    """A due row that was taken to be run. `portal` is empty for a list, which may ask several."""

    id: int
    schedule: str
    account: str
    flow: str
    due_at: datetime
    portal: str = ""

    @property
    def key(self) -> str:
        """What no two may run of at the same time: its account, or the row of a list."""
        return self.account or f"#{self.schedule}"


_READY = """FROM due WHERE state = 'due' AND due_at <= ?1 AND ifnull(not_before, '') <= ?1
    AND ifnull(start_by, '9') > ?1"""
_FIRST = f"""SELECT schedule, account {_READY}
    AND CASE account WHEN '' THEN '#' || schedule ELSE account END NOT IN (SELECT value FROM json_each(?2))
    AND ifnull(portal, '') NOT IN (SELECT value FROM json_each(?3)) ORDER BY due_at, id LIMIT 1"""


def take_next(
    inventory: Inventory, at: datetime, *, busy: Collection[str] = (), full: Collection[str] = ()
) -> Due | None:
    """Take the row that is due longest, and mark it running: not of a `busy` key, nor on a portal that is `full`.

    When several of the same row and account are open, the newest is taken and the older ones end as coalesced.
    """
    values = (stamp(at), json.dumps(list(busy)), json.dumps(list(full)))
    if inventory.row(_FIRST, values) is None:  # mostly; and then nothing need be locked
        return None
    with inventory.write() as db:
        first = db.execute(_FIRST, values).fetchone()
        return _taken(db, first["schedule"], first["account"], stamp(at)) if first else None


def _taken(db: Any, schedule: str, account: str, at: str) -> Due:
    row = db.execute(
        f"SELECT id, flow, due_at, portal {_READY} AND schedule = ?2 AND account = ?3 ORDER BY due_at DESC LIMIT 1",
        (at, schedule, account),
    ).fetchone()
    db.execute("UPDATE due SET state = 'running', started_at = ? WHERE id = ?", (at, row["id"]))
    db.execute(
        """UPDATE due SET state = 'coalesced', ended_at = ?, cause = ?
           WHERE state = 'due' AND schedule = ? AND account = ? AND due_at < ?""",
        (at, f"row {row['id']}, due {row['due_at'][:16]} UTC, ran in its place", schedule, account, row["due_at"]),
    )
    return Due(row["id"], schedule, account, row["flow"], datetime.fromisoformat(row["due_at"]), row["portal"] or "")


def begin_by_hand(inventory: Inventory, schedule: Schedule, account: str, at: datetime, *, by: str) -> Due:
    """A row of a schedule that somebody runs now: written as running, so that it is accounted for."""
    with inventory.write() as db:
        cursor = db.execute(
            """INSERT INTO due (schedule, account, flow, due_at, written_at, state, started_at, by, portal)
               VALUES (?1,?2,?3,?4,?4,'running',?4,?5,(SELECT portal FROM accounts WHERE name = ?2))""",
            (schedule.name, account, schedule.flow, stamp(at), by),
        )
        return Due(int(cursor.lastrowid or 0), schedule.name, account, schedule.flow, at)


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

    Only for the one service of a data folder, while it runs nothing itself. Rows run by hand are their command's; after
    a day it has died.
    """
    with inventory.write() as db:
        db.execute(
            """UPDATE due SET state = 'failed', ended_at = ?, cause = ?
               WHERE by IS NOT NULL AND state = 'running' AND started_at < ?""",
            (stamp(at), DIED, stamp(at - timedelta(days=1))),
        )
        db.execute(
            "UPDATE due SET state = 'failed', ended_at = ?, cause = ? WHERE state = 'running' AND cause = ?",
            (stamp(at), GIVEN_UP, INTERRUPTED),
        )
        cursor = db.execute(
            "UPDATE due SET state = 'due', started_at = NULL, cause = ? WHERE state = 'running' AND by IS NULL",
            (INTERRUPTED,),
        )
        return int(cursor.rowcount)


def hold_back(inventory: Inventory, portal: str, at: datetime, until: datetime, words: str) -> int:
    """Move what is due on a portal to the end of its maintenance; how many rows that were not moved yet."""
    values = (stamp(until), words, portal, stamp(at))
    where = "state = 'due' AND portal = ?3 AND due_at <= ?4 AND ifnull(not_before, '') < ?1"
    if inventory.row(f"SELECT 1 FROM due WHERE ?2 <> '' AND {where} LIMIT 1", values) is None:
        return 0
    with inventory.write() as db:
        return int(db.execute(f"UPDATE due SET not_before = ?1, waits_for = ?2 WHERE {where}", values).rowcount)


def expire(
    inventory: Inventory, schedules: Mapping[str, Schedule], at: datetime, why: Callable[[Mapping[str, Any]], str]
) -> int:
    """End what did not start inside its window: *missed* with its cause, or moved to the next window; how many missed.

    `why` says of a row what kept it.
    """
    sql = "SELECT * FROM due WHERE state = 'due' AND start_by <= ? ORDER BY id"
    if not (late := inventory.rows(sql, (stamp(at),))):
        return 0
    missed = 0
    with inventory.write() as db:
        for row in late:
            schedule = schedules.get(row["schedule"])
            window = schedule.timing.next_window(at) if schedule and schedule.late is Late.NEXT_WINDOW else None
            if window:
                moved = (stamp(window[0]), stamp(window[1]), why(row), row["id"])
                db.execute("UPDATE due SET not_before = ?, start_by = ?, waits_for = ? WHERE id = ?", moved)
            else:
                _miss(db, row["id"], at, why(row))
                missed += 1
    return missed


def _miss(db: Any, row: int, at: datetime, cause: str) -> None:
    db.execute(
        "UPDATE due SET state = 'missed', ended_at = ?, cause = ? WHERE id = ? AND state = 'due'",
        (stamp(at), cause, row),
    )


def let_go(inventory: Inventory, names: Collection[str], at: datetime) -> int:
    """End what waits for a row that is none of `names` any more: *missed*, with its cause; how many."""
    gone = [
        row["id"]
        for row in inventory.rows("SELECT id, schedule FROM due WHERE state = 'due' AND by IS NULL")
        if row["schedule"] not in names
    ]
    if gone:
        with inventory.write() as db:
            for row in gone:
                _miss(db, row, at, NO_ROW)
    return len(gone)
