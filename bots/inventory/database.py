"""The inventory's file: opening it, reading it, and the one door for writes."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from bots.inventory.schema_later import migrations
from flows.errors import InputError

BUSY_SECONDS = 30
LEAST_FREE = 256 * 1024  # SQLite's own shared memory and log need some room
Value = str | int | float | None


class Inventory:
    """The SQLite file of accounts, attempts, runs and due work. Holds no secret and no PHI.

    Safe across processes: each write is one `BEGIN IMMEDIATE` transaction on a WAL file with
    `synchronous=FULL`. Within a process one connection is shared under a lock.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        with _translated(path):
            path.touch(mode=0o600)
            connection = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False, isolation_level=None)
            connection.row_factory = sqlite3.Row
            self._db = Database(connection)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA foreign_keys=ON")
            if migrations.pending(self._db):
                with self.write() as db:
                    migrations.apply(db)

    @contextmanager
    def write(self) -> Iterator[Database]:
        """One transaction: all of it is on disk when the block ends, or none of it. Inside another, a part of that."""
        with self._lock, _translated(self.path):
            if self._db.conn.in_transaction:
                yield self._db
                return
            self._db.conn.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.conn.execute("COMMIT")
            except BaseException:
                if self._db.conn.in_transaction:
                    self._db.conn.execute("ROLLBACK")
                raise

    def rows(self, sql: str, values: Sequence[Value] = ()) -> list[dict[str, Any]]:
        """All rows of a SELECT, as dictionaries."""
        with self._lock, _translated(self.path):
            return [dict(row) for row in self._db.conn.execute(sql, values)]

    def row(self, sql: str, values: Sequence[Value] = ()) -> dict[str, Any] | None:
        """The first row of a SELECT, or `None`."""
        return next(iter(self.rows(sql, values)), None)

    def has_table(self, name: str) -> bool:
        """Whether there is such a table."""
        return self.row("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)) is not None

    def check(self) -> str:
        """What SQLite's own check says: `ok`, or what is damaged."""
        return str(self.rows("PRAGMA quick_check(1)")[0]["quick_check"])

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.conn.close()


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """SQLite's and the disk's errors as one line that says what to do."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise InputError(f"the inventory {path} can't be used: {error}. {_advice(str(error), path)}") from None
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.IntegrityError):
            raise
        raise InputError(
            f"the inventory {path} is damaged: {error}. Stop the service and put the last good copy in its place."
        ) from None
    except OSError as error:
        raise InputError(f"the inventory {path} can't be opened: {error.strerror}. {_advice('', path)}") from None


def _advice(words: str, path: Path) -> str:
    if "full" in words or shutil.disk_usage(path.parent).free < LEAST_FREE:
        return "The disk is full: free some space and start again; nothing was half-written."
    if "readonly" in words or not os.access(path.parent, os.W_OK):
        return "The data folder can't be written: check its owner and that its disk is mounted for writing."
    if "locked" in words:
        return f"Another process kept it for over {BUSY_SECONDS} s: look for a stopped portalkeeper."
    return "Check that PORTALKEEPER_HOME is the right folder; `portalkeeper init` makes a new one."


def stamp(instant: datetime) -> str:
    """An instant as the inventory keeps it: ISO 8601 in UTC with milliseconds, so that text order is time order."""
    return instant.isoformat(timespec="milliseconds")
