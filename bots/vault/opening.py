"""Making the vault of a data folder, and opening it with the credential managers that its `vaults.toml` names."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from bots import disk
from bots.sealing import Key
from bots.settings import Settings
from bots.vault import fingerprints
from bots.vault.places import FILE
from bots.vault.store import Vault


def open_vault(settings: Settings, key: Key) -> Vault:
    """The vault of a data folder, with the credential managers that its `vaults.toml` names."""
    return Vault(settings.vault_folder, key, settings.config / FILE)


def create_vault(folder: Path, key: Key) -> Vault:
    """Make the vault in `folder` and return it; one that is there is opened, which proves that `key` fits.

    Unreadable rather than giving a new fingerprint key to a vault with entries: every refused password would look new.
    """
    vault = Vault(disk.private_folder(folder), key)
    if not vault.names():
        with suppress(FileExistsError):
            fingerprints.create(folder, key)
    vault.prove_key()
    return vault
