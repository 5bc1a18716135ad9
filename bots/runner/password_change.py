"""Changing a password: stored before it is typed, verified by a fresh sign-in, and only then put in force.

    stored        the new password is in the vault, in two files, and no portal has seen it
    submitting    it may have reached the portal
    submitted     the portal said that it took it
    (promoted)    a fresh sign-in with it reached home: it is the password in force, the old one is history
    declined      the portal said that it did not; the sign-in that verifies this tries the old password first

A kill at any point leaves one of these. Whatever runs next settles it: *stored* is discarded, after *submitting*
the first sign-in tries the new password and then the old one, each inside the guard's two rules. A new password
belongs to the run that stored it; nobody else discards it before a sign-in has told which one is in force. Then the
other one goes into the history, for a portal that hung may take it later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Literal

from bots import now
from bots.inventory import Inventory, stamp
from bots.inventory.accounts import get_account, local_day
from bots.inventory.audit import record_audit
from bots.passwords import new_password
from bots.runner.runner import Runner, RunResult
from bots.runner.runs import RunHead
from bots.vault import Credential, Pending, Vault
from bots.vault.aside import aside
from flows.errors import InputError
from payers.registry import find_portal


async def change_password(runner: Runner, inventory: Inventory, vault: Vault, account: str, *, by: str) -> RunResult:
    """Change the password of `account` on its portal; the result is that of the sign-in that verified it.

    The failure of the change itself is returned when the old password stays in force. Raises `InputError` when
    there is nothing to change with.
    """
    row = get_account(inventory, account)
    await settle(runner, vault, account)
    prepare = await aside(storing, vault, row, "change")
    changed = await runner.run(account, "password_reset", fresh=True, prepare=prepare)
    pending = await aside(left_of, vault, changed.head)
    if pending is None:
        return changed
    verified = await settle(runner, vault, account)
    if verified.failure is None and (await aside(vault.get, account)).password == pending.password:
        note_new(inventory, row, "password change", by)
        return verified
    return verified if changed.failure is None else changed


def storing(vault: Vault, row: Mapping[str, Any], kind: Literal["change", "forgot"]) -> Callable[[RunHead], None]:
    """What a run does under the account's lease before it contacts the portal: make a new password and store it."""
    account, policy = row["name"], find_portal(row["portal"]).policy
    known = vault.get(account)
    if kind == "change":
        _check_age(known, policy.password_min_age_days or 0)

    def store(head: RunHead) -> None:
        if vault.get(account).password != known.password:
            raise InputError(f"the password of {account} was changed a moment ago by somebody else")
        fresh = new_password(policy.password_rules, row["user_id"])
        vault.put_pending(account, Pending(password=fresh, kind=kind, run_id=head.run_id, at=now.utc()))

    return store


def _check_age(credential: Credential, days: int) -> None:
    """Raise `InputError` where the portal takes no new password yet; a recovery is not bound by that."""
    again = credential.password_set_at + timedelta(days)
    if again > now.utc():
        raise InputError(
            f"the portal takes a new password {days} days after the last one: not before {again:%Y-%m-%d %H:%M} UTC"
        )


def left_of(vault: Vault, head: RunHead) -> Pending | None:
    """The new password of a run that is over, if a portal may have it; one that no portal has seen is discarded."""
    pending = vault.get(head.account).pending
    if pending is None or pending.run_id != head.run_id:
        return None
    if pending.state == "stored":
        vault.discard_pending(head.account, head.run_id)
        return None
    return pending


async def settle(runner: Runner, vault: Vault, account: str) -> RunResult:
    """Find out which of two passwords is in force, by signing in afresh, with one of them and then the other.

    Without a new password on its way nothing is contacted. After a recovery that the portal confirmed, the old password
    can't be in force and is not tried.
    """
    pending = (await aside(vault.get, account)).pending
    if pending is None or pending.state == "stored":
        return RunResult.nothing_to_do(account)
    found = await runner.run(account, "login", fresh=True)
    replaced = (pending.kind, pending.state) == ("forgot", "submitted")
    if found.failure and found.failure.error == "InvalidCredentials" and not replaced:
        found = await runner.run(account, "login", fresh=True)
    return found


def note_new(inventory: Inventory, row: Mapping[str, Any], action: str, by: str) -> None:
    """Note a new password in the inventory and in the audit trail."""
    at = now.utc()
    columns = {"password_set_on": local_day(row, at).isoformat(), "password_expires_on": None}
    with inventory.write() as db:
        db.table("accounts").update(row["name"], columns)
        record_audit(db, at=stamp(at), who=by, action=action, account=row["name"])
