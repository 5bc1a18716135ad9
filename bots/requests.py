"""What a portal is asked to send, letters and one-time codes, each counted: portals limit that too."""

from __future__ import annotations

from datetime import datetime, timedelta

from bots import now
from bots.brake import check_stopped
from bots.desk import Verdict
from bots.inventory import Inventory, stamp
from bots.lease import Lease, check_epoch
from flows.errors import AccountHeld

LETTERS_A_DAY = 2  # portals that publish a limit allow two or three
CODES_AN_HOUR = 6  # none publishes a limit for the codes it sends
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def grant_letter(inventory: Inventory, held: Lease, run_id: str) -> None:
    """Count a letter about a forgotten password. Raises `AccountHeld` after two in a day, or while the brake is on."""
    way_out = f"; or recover it by hand on the portal, then: pk vault set {held.account}"
    _count(inventory, held, run_id, "letter", LETTERS_A_DAY, DAY, "letters were asked for within a day", way_out)


def ask_for_code(inventory: Inventory, held: Lease, run_id: str) -> None:
    """Count a code that the portal is about to send. Raises `AccountHeld` after six in an hour, or in the brake."""
    _count(inventory, held, run_id, "code_asked", CODES_AN_HOUR, HOUR, "codes were asked for within an hour", "")


def _count(
    inventory: Inventory, held: Lease, run_id: str, kind: str, most: int, within: timedelta, told: str, way_out: str
) -> None:
    with inventory.write() as db:
        check_epoch(db, held.account, held.epoch)
        check_stopped(db)
        sent = db.execute(
            "SELECT min(opened_at), count(*) FROM ledger WHERE account = ? AND kind = ? AND opened_at > ?",
            (held.account, kind, stamp(now.utc() - within)),
        ).fetchone()
        if sent[1] >= most:
            again = datetime.fromisoformat(sent[0]) + within
            raise AccountHeld(
                f"account {held.account}: {sent[1]} {told}. Again after {again:%Y-%m-%d %H:%M} UTC{way_out}"
            )
        db.execute(
            """INSERT INTO ledger (account, kind, run_id, epoch, opened_at, verdict, submissions)
               VALUES (?,?,?,?,?,?,0)""",
            (held.account, kind, run_id, held.epoch, stamp(now.utc()), Verdict.ACCEPTED),
        )
