"""Sign-ins that were not ours: what a portal shows as the last one, compared with every sign-in that we know of.

The portal says how long ago it was, as exactly as its unit. It may mean the session's own sign-in or the one before, so
that any sign-in that we know of explains it: the worker's, and what a person recorded within a day of theirs.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bots.desk import Failure
from bots.incidents import Kind, open_incident
from bots.inventory import Kind as AccountKind
from bots.inventory import stamp

SHOWN = "last sign-in shown"  # the kind of notice; its words are seconds ago, and how exactly
TOLERANCE = timedelta(minutes=10)  # between the portal's clock and ours, and from the password to the end of a sign-in
BY_HAND_WITHIN = timedelta(days=1)  # so late a person may record a sign-in by hand

_OWN = """SELECT 1 FROM ledger WHERE account = ?1 AND ((by IS NULL AND ((opened_at BETWEEN ?2 AND ?3)
    OR (closed_at BETWEEN ?2 AND ?3))) OR (by IS NOT NULL AND opened_at BETWEEN ?2 AND ?4)) LIMIT 1"""
_BEGUN = "SELECT min(opened_at) FROM ledger WHERE account = ?"
_TOLD = "SELECT 1 FROM incidents WHERE kind = ? AND account = ? AND opened_at >= ? LIMIT 1"


def compare(db: Any, account: str, words: str, run_id: str, at: datetime) -> None:
    """Open an incident for a sign-in of the worker's own account that nobody made whom we know of.

    Inside the caller's transaction. A sign-in from before the account's first one here says nothing, nor does one that
    was told before.
    """
    age, exactness = (timedelta(seconds=int(word)) for word in words.split())
    first, last = stamp(at - age - exactness - TOLERANCE), stamp(at - age + exactness + TOLERANCE)
    kind = db.execute("SELECT kind FROM accounts WHERE name = ?", (account,)).fetchone()
    begun = db.execute(_BEGUN, (account,)).fetchone()[0]
    if kind is None or kind[0] != AccountKind.WORKER or begun is None or first <= begun:
        return
    by_hand = stamp(at - age + exactness + BY_HAND_WITHIN)
    if db.execute(_OWN, (account, first, last, by_hand)).fetchone():
        return
    if not db.execute(_TOLD, (Kind.FOREIGN_SIGN_IN, account, first)).fetchone():
        seen = f"{at - age:%a %d %b} about {at - age:%H:%M} UTC"
        message = f"the portal shows a sign-in on {seen}, which neither the worker nor a recorded person made"
        failure = Failure(error="AccountHeld", message=message)
        open_incident(db, Kind.FOREIGN_SIGN_IN, failure, by="worker", account=account, run_id=run_id)
