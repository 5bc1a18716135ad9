"""Bringing an account's secrets into another store: made there, read back, and only then looked for there."""

from __future__ import annotations

from pathlib import Path

from bots.vault.credential import Credential
from bots.vault.places import EMBEDDED, Place, put_place
from bots.vault.store import Vault
from flows.errors import InputError, VaultUnavailable


def move(vault: Vault, file: Path, account: str, user_id: str, to: str, item: str) -> str:
    """Bring the secrets of `account` into the vault `to`, as `item`; by what it is known there.

    `file` is vaults.toml, which names the new place once it has been read back. What lies in the worker's own vault
    is removed then; an item in a manager stays, for the people it belongs to. A kill leaves the old place in force.
    """
    stores = vault.stores
    place = stores.places.of(account)
    if place.vault == to:
        raise InputError(f"the secrets of {account} lie in {to} already")
    with stores.locked(account):
        credential = vault.get(account)
        if credential.pending:
            raise InputError(f"a new password is on its way: settle it first with pk password settle {account}")
        known = _made(vault, account, user_id, to, item, credential)
        apart = {"totp_vault": place.totp_vault, "totp_item": place.totp_item} if place.totp_vault else {}
        stays = to == EMBEDDED and not apart
        put_place(file, account, None if stays else Place(vault=to, item=known, **apart))
        if place.vault == EMBEDDED and place.totp_vault != EMBEDDED:
            stores.files.remove(account)
    return known


def store_first(vault: Vault, file: Path, user_id: str, to: str, item: str, credential: Credential) -> str:
    """Store the secrets of an account that has none yet in the vault `to`; by what they are known there."""
    with vault.stores.locked(credential.account):
        known = _made(vault, credential.account, user_id, to, item, credential)
        put_place(file, credential.account, Place(vault=to, item=known))
    return known


def _made(vault: Vault, account: str, user_id: str, to: str, item: str, credential: Credential) -> str:
    store = vault.stores.store(to)
    known = store.create(item, user_id, credential)
    kept = store.get(account, known).credential
    same = (kept.password, kept.totp_secret) == (credential.password, credential.totp_secret)
    if not same or kept.security_answers != credential.security_answers:
        raise VaultUnavailable(f"vault {to} did not keep what was stored for {account}; it stays where it was")
    return known
