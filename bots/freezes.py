"""Freezes: an account that only the vault or a person can bring back is left alone until then."""

from __future__ import annotations

from typing import Any

from bots import now
from bots.desk import Failure
from bots.incidents import Kind, close_incident, open_incident, open_ones
from bots.inventory import Inventory, stamp
from bots.inventory.audit import record_audit
from flows.errors import AccountError, InputError, error_classes

PERSON_ONLY = ("CaptchaShown", "SecurityQuestionAsked")


def freeze_for(inventory: Inventory, account: str, failure: Failure, *, run_id: str, fingerprint: str | None) -> bool:
    """Freeze the account when `failure` is one that only the vault or a person can mend; whether it was."""
    cls = error_classes()[failure.error]
    if not (issubclass(cls, AccountError) or failure.error in PERSON_ONLY):
        return False
    freeze(inventory, account, failure, by="worker", run_id=run_id, fingerprint=fingerprint)
    return True


def freeze(
    inventory: Inventory,
    account: str,
    failure: Failure,
    *,
    by: str,
    run_id: str | None = None,
    fingerprint: str | None = None,
) -> None:
    """Freeze the account, once: an account that is frozen stays so for its first reason."""
    with inventory.write() as db:
        open_incident(db, Kind.FREEZE, failure, by=by, account=account, run_id=run_id, fingerprint=fingerprint)


def unfreeze(inventory: Inventory, account: str, *, by: str, because: str) -> None:
    """A person takes responsibility: freezes are lifted and the count starts again."""
    if not because.strip():
        raise InputError("say why: --because '...'")
    at = stamp(now.utc())
    with inventory.write() as db:
        lift(db, account, by=by, because=because)
        db.execute(
            """INSERT INTO ledger (account, kind, opened_at, verdict, submissions, by, because)
               VALUES (?, 'unfreeze', ?, 'accepted', 0, ?, ?)""",
            (account, at, by, because),
        )
        record_audit(db, at=at, who=by, action="account unfreeze", account=account, because=because)


def lift(db: Any, account: str, *, by: str, because: str) -> None:
    """Close the account's freezes. Inside the caller's transaction."""
    for incident in open_ones(db, Kind.FREEZE):
        if incident["account"] == account:
            close_incident(db, incident, by=by, because=because)
