"""What people did at a portal by hand, told to the guard: a good sign-in, a refusal, an account they answer for.

A sign-in by hand says nothing of the password in the vault: it starts the count of possible failures again, but what
was refused before stays refused.
"""

from __future__ import annotations

from typing import Any

from bots import freezes, now
from bots.desk import Verdict
from bots.guard import Standing
from bots.inventory import Inventory, stamp
from bots.inventory.audit import record_audit
from flows.errors import InputError

BY_HAND = "by hand"


def signed_in(inventory: Inventory, account: str, *, by: str, because: str) -> None:
    """A person has signed in with the account: the portal's count and ours start again. Freezes stay."""
    with inventory.write() as db:
        at = _record(db, account, "signed_in", Verdict.ACCEPTED, by=by, because=because)
        db.execute(
            "UPDATE accounts SET last_good_sign_in_at = ?, last_good_sign_in_by = ? WHERE name = ?",
            (at, BY_HAND, account),
        )
        record_audit(db, at=at, who=by, action="account signed-in", account=account, because=because)


def refused(inventory: Inventory, account: str, *, by: str, because: str) -> None:
    """A person was refused: one possible failure more, for the portal counts it together with the worker's."""
    with inventory.write() as db:
        at = _record(db, account, "by_hand", Verdict.REFUSED, by=by, because=because)
        record_audit(db, at=at, who=by, action="account refused-by-hand", account=account, because=because)


def _record(db: Any, account: str, kind: str, verdict: Verdict, *, by: str, because: str) -> str:
    """One row of the ledger that no run wrote. Its time."""
    if not because.strip():
        raise InputError("say why: --because '...'")
    at = stamp(now.utc())
    submissions = int(verdict is Verdict.REFUSED)
    db.execute(
        """INSERT INTO ledger (account, kind, opened_at, closed_at, verdict, submissions, by, because)
           VALUES (?,?,?,?,?,?,?,?)""",
        (account, kind, at, at, verdict, submissions, by, because),
    )
    return at


def unfreeze(inventory: Inventory, account: str, state: Standing, *, by: str, because: str, four_eyes: bool) -> None:
    """A person takes responsibility. With `four_eyes` nobody does so for their own password on the last try.

    Raises `InputError` for whoever put the password into the vault, once the worker's tries are used up.
    """
    if four_eyes and state.left == 0 and by == _who_stored(inventory, account):
        raise InputError(
            f"{by} put the password of {account} into the vault, and no try is left before the last one: somebody "
            f"else unfreezes it. Or sign in by hand, and record it: pk account signed-in {account} --because ..."
        )
    freezes.unfreeze(inventory, account, by=by, because=because)


def _who_stored(inventory: Inventory, account: str) -> str | None:
    row = inventory.row(
        """SELECT who FROM audit WHERE action = 'vault set' AND details = 'password' AND account = ?
           ORDER BY id DESC LIMIT 1""",
        (account,),
    )
    return row["who"] if row else None
