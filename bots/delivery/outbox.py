"""The outbox: what is to be sent lies in the inventory until it has arrived, whatever happens to the way there.

A letter is tried at once, and again after 1, 2, 4 ... up to 30 minutes, for three days. A recipient that the mail
server refuses for good is *refused* and told in the next report. What has arrived keeps its row, without its content.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from bots import now
from bots.inventory import Inventory, stamp
from flows.errors import PortalkeeperError

Way = Literal["mail", "folder", "webhook"]
GIVEN_UP = timedelta(days=3)
LONGEST_PAUSE = timedelta(minutes=30)
AT_ONCE = 200  # letters in one round


class NotSent(PortalkeeperError):
    """It did not arrive; with `for_good`, trying again won't help."""

    def __init__(self, words: str, *, for_good: bool = False) -> None:
        super().__init__(words)
        self.for_good = for_good


@dataclass(frozen=True)
class Letter:
    """Something to be sent: `body` as text, `page` as HTML or JSON. No patient data, no secret."""

    id: int
    kind: str
    way: Way
    target: str
    subject: str
    body: str
    page: str
    made_at: str
    tries: int = 0
    said: str = ""


Carrier = Callable[[Letter], None]
"""Sends one letter; blocks until it has arrived. Raises `NotSent`."""

_COLUMNS = "id, kind, way, target, subject, body, page, made_at, tries, said"


def post(db: Any, kind: str, way: Way, target: str, subject: str, body: str, page: str = "") -> int:
    """Put a letter into the outbox, inside the caller's transaction; its id."""
    at = stamp(now.utc())
    cursor = db.execute(
        """INSERT INTO outbox (made_at, kind, way, target, subject, body, page, state, next_try_at)
           VALUES (?,?,?,?,?,?,?,'waiting',?)""",
        (at, kind, way, target, subject, body, page, at),
    )
    return int(cursor.lastrowid)


def waiting(inventory: Inventory, until: datetime | None = None) -> list[Letter]:
    """What has not arrived, and whose next try is due by `until` (none: all of it), oldest first. Without content."""
    at = stamp(until) if until else "9"
    rows = inventory.rows(
        f"""SELECT {_COLUMNS.replace(", body, page", ", '' AS body, '' AS page")} FROM outbox
            WHERE state = 'waiting' AND next_try_at <= ? ORDER BY id LIMIT {AT_ONCE}""",
        (at,),
    )
    return [Letter(**row) for row in rows]


def refused_lately(inventory: Inventory, since: str) -> list[dict[str, Any]]:
    """What was refused or given up since a stamp: subject, target and why."""
    sql = "SELECT subject, target, said, state FROM outbox WHERE state IN ('refused', 'given up') AND next_try_at > ?"
    return inventory.rows(f"{sql} ORDER BY id", (since,))


async def deliver(inventory: Inventory, carriers: dict[Way, Carrier]) -> tuple[int, int]:
    """Try everything that is due, one after the other and each in a thread; how many arrived, and how many did not.

    Two processes may do this at once: each letter is claimed by moving its next try before it is sent.
    """
    arrived = failed = 0
    for due in await asyncio.to_thread(waiting, inventory, now.utc()):
        letter = await asyncio.to_thread(_claim, inventory, due)
        if letter is None:
            continue
        try:
            await asyncio.to_thread(carriers[letter.way], letter)
        except NotSent as trouble:
            failed += 1
            await asyncio.to_thread(_note_trouble, inventory, letter, trouble)
        else:
            arrived += 1
            await asyncio.to_thread(_note_arrival, inventory, letter)
    return arrived, failed


def _claim(inventory: Inventory, due: Letter) -> Letter | None:
    """The letter with its content, if nobody else has taken this try of it; the next try is set before this one."""
    pause = min(LONGEST_PAUSE, timedelta(minutes=2**due.tries) if due.tries < 6 else LONGEST_PAUSE)
    with inventory.write() as db:
        row = db.execute(
            f"""UPDATE outbox SET tries = tries + 1, next_try_at = ?
                WHERE id = ? AND state = 'waiting' AND tries = ? RETURNING {_COLUMNS}""",
            (stamp(now.utc() + pause), due.id, due.tries),
        ).fetchone()
    return Letter(**dict(row)) if row else None


def _note_arrival(inventory: Inventory, letter: Letter) -> None:
    with inventory.write() as db:
        db.execute(
            "UPDATE outbox SET state = 'sent', sent_at = ?, said = '', body = '', page = '' WHERE id = ?",
            (stamp(now.utc()), letter.id),
        )


def _note_trouble(inventory: Inventory, letter: Letter, trouble: NotSent) -> None:
    old = datetime.fromisoformat(letter.made_at) < now.utc() - GIVEN_UP
    state = "refused" if trouble.for_good else "given up" if old else "waiting"
    with inventory.write() as db:
        db.execute("UPDATE outbox SET state = ?, said = ? WHERE id = ?", (state, str(trouble)[:300], letter.id))
