"""Recovering a forgotten password by a letter from the portal. A person starts it, also for a frozen account.

The steps are those of a change (`bots.runner.password_change`). When the portal has said that it took the new
password, the freezes are lifted and the count starts again, for the portal took its lock off; then the new password
is verified. A kill after that is settled by the next start of the same command, without another letter, unless the
new password has been refused since.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bots import freezes, guard
from bots.codes.channels import check_mailbox
from bots.inventory import Inventory, Kind
from bots.inventory.accounts import get_account
from bots.runner.password_change import left_of, note_new, settle, storing
from bots.runner.runner import Runner, RunResult
from bots.settings import Settings
from bots.vault import Vault
from bots.vault.aside import aside
from flows.errors import InputError
from payers.registry import find_portal


async def recover_password(
    runner: Runner, inventory: Inventory, vault: Vault, settings: Settings, account: str, *, by: str
) -> RunResult:
    """Recover the password of `account`; the result is that of the sign-in that verified it, or the first failure.

    Raises `InputError` when no letter could be received or believed.
    """
    row = get_account(inventory, account)
    check_can_receive(row, settings)
    if not await aside(_is_taken, inventory, vault, row):
        runner.tell(f"asks the portal for a letter and waits up to {settings.letter_seconds} s for it")
        prepare = await aside(storing, vault, row, "forgot")
        asked = await runner.run(account, "password_recovery", fresh=True, prepare=prepare)
        pending = await aside(left_of, vault, asked.head)
        if pending is None:
            return asked
        if asked.failure:
            return await _verified(runner, inventory, vault, row, by) or asked
    freezes.unfreeze(inventory, account, by=by, because="the password was recovered by a letter from the portal")
    found = await settle(runner, vault, account)
    if found.failure is None:
        note_new(inventory, row, "password recover", by)
    return found


def _is_taken(inventory: Inventory, vault: Vault, row: Mapping[str, Any]) -> bool:
    """Whether a recovered password, confirmed by the portal and not refused since, still waits for its sign-in."""
    name, pending = row["name"], vault.get(row["name"]).pending
    if not pending or (pending.kind, pending.state) != ("forgot", "submitted"):
        return False
    refused = guard.standing(inventory, name, find_portal(row["portal"]).policy).refused
    return vault.fingerprint(name, pending.password) not in refused


async def _verified(
    runner: Runner, inventory: Inventory, vault: Vault, row: Mapping[str, Any], by: str
) -> RunResult | None:
    """The sign-in with a new password that the portal took without saying so, if that is what happened."""
    pending = (await aside(vault.get, row["name"])).pending
    found = await settle(runner, vault, row["name"])
    if found.failure or not pending or (await aside(vault.get, row["name"])).password != pending.password:
        return None
    note_new(inventory, row, "password recover", by)
    return found


def check_can_receive(row: Mapping[str, Any], settings: Settings) -> None:
    """Raise `InputError`, saying what to do, unless a letter to this account could be received and believed."""
    name = row["name"]
    if row["kind"] not in (Kind.WORKER, Kind.BREAK_GLASS):
        raise InputError(f"account {name} is a {row['kind']}'s login: its owner recovers the password by hand")
    check_mailbox(settings, name, row["registered_email"])
