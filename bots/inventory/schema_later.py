"""The migrations that came after those of `bots.inventory.schema`, which is full."""

from __future__ import annotations

from sqlite_utils import Database

from bots.inventory.schema import migrations

__all__ = ["migrations"]


@migrations()
def m017_what_the_morning_lacked(db: Database) -> None:
    """Rows of lists that no account could ask, by counts; letters about changed accounts, by hash. No PHI.

    Of a payer's code only what can be nothing else is kept, of a letter nothing but that it was judged.
    """
    db.execute(
        """CREATE TABLE no_routes (
            list TEXT NOT NULL, day TEXT NOT NULL, flow TEXT NOT NULL, why TEXT NOT NULL, payer_code TEXT NOT NULL,
            payer TEXT NOT NULL, organization TEXT NOT NULL, tin TEXT NOT NULL, npi TEXT NOT NULL,
            rows INTEGER NOT NULL, at TEXT NOT NULL,
            PRIMARY KEY (list, day, flow, why, payer_code, payer, organization, tin, npi)) STRICT, WITHOUT ROWID"""
    )
    db.execute("CREATE INDEX no_routes_at ON no_routes(at)")
    db.execute(
        """CREATE TABLE change_letters (
            hash TEXT PRIMARY KEY, account TEXT NOT NULL, sent_at TEXT NOT NULL, judged_at TEXT NOT NULL,
            incident INTEGER) STRICT, WITHOUT ROWID"""
    )
    db.execute(
        """CREATE TABLE mailbox_looks (
            id INTEGER PRIMARY KEY CHECK (id = 1), read_at TEXT, trouble TEXT NOT NULL, trouble_since TEXT) STRICT"""
    )
