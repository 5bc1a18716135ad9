"""The stores of all accounts by `vaults.toml`, and the one way in which an entry is changed, whatever its store."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from bots import disk
from bots.sealing import Key
from bots.vault.access import Access
from bots.vault.age_files import AgeFiles
from bots.vault.credential import Credential, check_account_name
from bots.vault.places import EMBEDDED, Places, load_places
from bots.vault.provider import Conflict, Entry, Provider
from bots.vault.providers import open_provider
from flows.errors import InputError, VaultError, VaultUnavailable

TRIES = 4
STAMPS_EVERY = 600.0  # seconds; some managers are asked once per item

Change = Callable[[Credential | None], Credential | None]
"""What becomes of an entry, given none where there is none yet; it gives none to leave all as it is."""


class At(NamedTuple):
    """An item in a store."""

    store: Provider
    item: str


class Stores:
    """The stores, each opened when first wanted. What lies in one is read from there each time and never kept."""

    def __init__(self, folder: Path, key: Key, places: Places | Path, prove_key: Callable[[], None]) -> None:
        """`places` is vaults.toml, which is read again when it has changed, or what such a file says."""
        self._file = places if isinstance(places, Path) else None
        self._read: tuple[int | None, Places] = (None, places if isinstance(places, Places) else Places())
        self.access = Access(folder, key)
        self.files = AgeFiles(folder, key, prove_key)
        self._stamps: dict[str, tuple[float, Mapping[str, str]]] = {}
        self._open: dict[str, Provider] = {EMBEDDED: self.files}

    @property
    def places(self) -> Places:
        """Where everything lies, now."""
        if self._file is not None:
            stamp = self._file.stat().st_mtime_ns if self._file.exists() else None
            if stamp != self._read[0]:
                self._read = (stamp, load_places(self._file))
                self._open = {EMBEDDED: self.files}
        return self._read[1]

    @contextmanager
    def locked(self, account: str) -> Iterator[None]:
        """The account's turn, among all processes on this machine."""
        with disk.locked(self.files.path(account).with_suffix(".lock")):
            yield

    def store(self, vault: str) -> Provider:
        """The store of that name."""
        places = self.places
        if vault not in self._open:
            table = places.vaults.get(vault)
            if table is None:
                known = ", ".join((EMBEDDED, *places.vaults))
                raise InputError(f"there is no vault called {vault[:64]!r}; vaults.toml knows {known}")
            self._open[vault] = open_provider(vault, table, self.access)
        return self._open[vault]

    def password_at(self, account: str) -> At:
        """Where the password of `account` lies."""
        place = self.places.of(check_account_name(account))
        return At(self.store(place.vault), place.item)

    def totp_at(self, account: str) -> At:
        """Where its authenticator secret lies."""
        place = self.places.of(check_account_name(account))
        return At(self.store(place.totp_vault), place.totp_item) if place.totp_vault else self.password_at(account)

    def names(self) -> list[str]:
        """The accounts that have an entry, sorted; what lies in a manager is believed to be there."""
        return sorted({*self.files.names(), *self.places.accounts})

    def stamps(self) -> dict[str, str]:
        """By what a change of each entry shows; accounts whose manager gives no answer are left out."""
        items: dict[str, dict[str, str]] = {}
        places = self.places
        for name in self.names():
            place = places.of(name)
            items.setdefault(place.vault, {})[place.item] = name
        found: dict[str, str] = {}
        for vault, names in items.items():
            stamps = self._stamps_of(vault, names) if vault != EMBEDDED else self.files.stamps(names)
            found |= {names[item]: stamp for item, stamp in stamps.items() if item in names}
        return found

    def _stamps_of(self, vault: str, items: Iterable[str]) -> Mapping[str, str]:
        """Those of a manager, asked for every ten minutes at most."""
        asked, stamps = self._stamps.get(vault, (-math.inf, {}))
        if time.monotonic() - asked > STAMPS_EVERY:
            with suppress(VaultError, InputError):
                stamps = self.store(vault).stamps(items)
            self._stamps[vault] = (time.monotonic(), stamps)
        return stamps

    def change(self, account: str, at: At, change: Change) -> Credential:
        """Change an entry under the account's lock; again from the start when somebody else was faster."""
        with self.locked(account):
            for _ in range(TRIES):
                entry = self.files.find(account) if at.store is self.files else at.store.get(account, at.item)
                old = entry.credential if entry else None
                with suppress(Conflict):
                    new = change(old)
                    if new is not None:
                        self.write(at, entry or Entry(new), new)
                    return new or there(old, account)
        raise VaultUnavailable(f"the entry of {account} is being changed by others; nothing was changed")

    def write(self, at: At, entry: Entry, new: Credential) -> None:
        """Write an entry, and read it back where an acknowledgement alone proves nothing."""
        at.store.put(entry, at.item, new)
        if not at.store.capabilities.durable_ack:
            kept = at.store.get(new.account, at.item).credential
            if (kept.password, kept.pending, kept.totp_secret) != (new.password, new.pending, new.totp_secret):
                raise VaultUnavailable(f"the credential manager did not keep the change of {new.account}")


def there(credential: Credential | None, account: str) -> Credential:
    """The entry, or InputError when there is none."""
    if credential is None:
        raise InputError(f"no vault entry for {account}: pk vault set {account}")
    return credential
