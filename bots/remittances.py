"""Remittance files from portals: what was listed, and what is on disk, each sealed under the hash of its bytes.

The row of a file is written before the file, and completed after it, so that after any kill the one tells of the
other: a row that waits for a file that is there is completed, one whose file never came is removed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bots import now
from bots.desk import Failure
from bots.disk import private_folder, write_durably
from bots.incidents import Kind, close_incident, open_incident, open_ones
from bots.inventory import Inventory, stamp
from flows.era_download import Allowed, KeptEra, ListedPayment, Mark

FLOW = "era_download"
Opens = Callable[[str, str, str], bool]
_KEY = ("portal", "payer", "trace", "amount", "paid_on", "payee_tin", "payee_npi", "posted_on")
_SAME = " AND ".join(f"k.{name} = l.{name}" for name in _KEY)
_ON_DISK = f"EXISTS (SELECT 1 FROM era_kept k WHERE {_SAME} AND k.kept_at IS NOT NULL AND k.set_aside_at IS NULL)"
_LOST = (
    f"l.account = ? AND l.wanted_at IS NOT NULL AND NOT l.offered AND l.mark = '{Mark.DOWNLOADED}' AND NOT {_ON_DISK}"
)


class Shelf:
    """One account's files of one portal. For whoever holds the account's lease.

    `opens` tells of a payer, and of the NPI and TIN of a payee, whether the portal is the way their files come.
    """

    def __init__(
        self, inventory: Inventory, folder: Path, account: str, portal: str, run_id: str, opens: Opens
    ) -> None:
        self._inventory = inventory
        self._folder = folder
        self._account = account
        self._portal = portal
        self._run_id = run_id
        self._opens = opens

    def listed(self, payer: str, payments: Sequence[ListedPayment]) -> Allowed:
        """Record a list of payments; those that are not on disk, those that are, and none that come another way.

        Opens an incident for files that were wanted here, were given out since, and are offered no more.
        """
        settle(self._inventory, self._folder, self._account)
        with self._inventory.write() as db:
            found = [self._note(db, payer, each) for each in payments]
            self._tell_lost(db)
        fetch, mark = ([place for place, one in enumerate(found) if one is wanted] for wanted in (True, False))
        return Allowed(fetch=tuple(fetch), mark=tuple(mark))

    def keep(self, payer: str, era: KeptEra, sealed: bytes) -> None:
        """Put a sealed file on disk; it and its rows are there when this returns. Raises what the disk says."""
        with self._inventory.write() as db:
            for payment in era.payments:
                row = self._row(payer, payment) | {"sha256": era.sha256, "size": era.size, "run_id": self._run_id}
                db.table("era_kept").insert(row, ignore=True)
        write_durably(file_of(private_folder(self._folder), era.sha256), sealed)
        self._complete(era.sha256)

    def tell_unsaved(self, era: KeptEra, why: str) -> None:
        """Open the incident of a file that is in memory only."""
        words = f"{_named(era)} is in memory only, since it can't be written: {why}"
        with self._inventory.write() as db:
            failure = Failure(error="WorkerLost", message=words)
            open_incident(
                db, Kind.UNSAVED_ERA, failure, by="worker", account=self._account, flow=FLOW, run_id=self._run_id
            )

    def _note(self, db: Any, payer: str, payment: ListedPayment) -> bool | None:
        """Write or renew the row of a payment; whether its file is wanted, or None where it is not ours to open."""
        at, row = stamp(now.utc()), self._row(payer, payment)
        seen = {"method": payment.method, "mark": str(payment.mark), "offered": int(payment.offered), "seen_at": at}
        row |= seen | {"first_seen_at": at}
        renewed = ", ".join(f"{name} = excluded.{name}" for name in ("account", *seen))
        db.execute(
            f"INSERT INTO era_listed ({', '.join(row)}) VALUES ({', '.join('?' * len(row))}) "
            f"ON CONFLICT DO UPDATE SET {renewed}",
            tuple(row.values()),
        )
        about = tuple(row[name] for name in _KEY)
        where = " AND ".join(f"l.{name} = ?" for name in _KEY)
        if not self._opens(payer, payment.payee_npi, payment.payee_tin):
            db.execute(f"UPDATE era_listed AS l SET wanted_at = NULL WHERE {where}", about)
            return None
        if db.execute(f"SELECT {_ON_DISK} FROM era_listed l WHERE {where}", about).fetchone()[0]:
            return False
        if payment.offered:
            db.execute(f"UPDATE era_listed AS l SET wanted_at = ? WHERE {where} AND wanted_at IS NULL", (at, *about))
        return True

    def _tell_lost(self, db: Any) -> None:
        """One incident of an account names the traces; opened again only for one that was not told before."""
        sql = f"SELECT trace, lost_at FROM era_listed l WHERE {_LOST} ORDER BY paid_on, trace"
        lost = db.execute(sql, (self._account,)).fetchall()
        mine = [each for each in open_ones(db, Kind.LOST_ERA) if each["account"] == self._account]
        if not lost:
            for incident in mine:
                close_incident(db, incident, by="worker", because="the files are on disk")
            return
        traces = ", ".join(dict.fromkeys(row["trace"] for row in lost))
        words = f"given out by the portal, offered no more, and not on disk: the files of {traces}"
        if mine:
            db.execute("UPDATE incidents SET message = ? WHERE id = ?", (words, mine[0]["id"]))
        elif any(row["lost_at"] is None for row in lost):
            failure = Failure(error="WorkerLost", message=words)
            open_incident(
                db, Kind.LOST_ERA, failure, by="worker", account=self._account, flow=FLOW, run_id=self._run_id
            )
        db.execute(f"UPDATE era_listed AS l SET lost_at = ? WHERE {_LOST}", (stamp(now.utc()), self._account))

    def _complete(self, sha256: str) -> None:
        with self._inventory.write() as db:
            db.execute(
                "UPDATE era_kept SET kept_at = ? WHERE sha256 = ? AND kept_at IS NULL", (stamp(now.utc()), sha256)
            )
            for incident in open_ones(db, Kind.UNSAVED_ERA):
                if incident["account"] == self._account:
                    close_incident(db, incident, by="worker", because="the file is on disk")

    def _row(self, payer: str, payment: ListedPayment) -> dict[str, Any]:
        return {
            "account": self._account,
            "portal": self._portal,
            "payer": payer,
            "trace": payment.trace,
            "amount": f"{payment.amount:.2f}",
            "paid_on": payment.paid_on.isoformat(),
            "payee_tin": payment.payee_tin,
            "payee_npi": payment.payee_npi,
            "posted_on": payment.posted_on.isoformat() if payment.posted_on else "",
        }


def settle(inventory: Inventory, folder: Path, account: str) -> None:
    """After a kill: complete the rows whose file is on disk, remove those whose file never came.

    For whoever knows that nobody alive works with the account.
    """
    waiting = inventory.rows("SELECT id, sha256 FROM era_kept WHERE account = ? AND kept_at IS NULL", (account,))
    if not waiting:
        return
    with inventory.write() as db:
        for row in waiting:
            if file_of(folder, row["sha256"]).exists():
                db.execute("UPDATE era_kept SET kept_at = ? WHERE id = ?", (stamp(now.utc()), row["id"]))
            else:
                db.execute("DELETE FROM era_kept WHERE id = ?", (row["id"],))


def set_aside(db: Any, sha256: str) -> None:
    """A file is worth nothing: it stays, and its payments are fetched again. Inside the caller's transaction."""
    db.execute("UPDATE era_kept SET set_aside_at = ? WHERE sha256 = ?", (stamp(now.utc()), sha256))


def file_of(folder: Path, sha256: str) -> Path:
    """Where the sealed file with this hash is."""
    return folder / f"{sha256}.age"


def _named(era: KeptEra) -> str:
    return f"the file of payment {', '.join(payment.trace for payment in era.payments)}"
