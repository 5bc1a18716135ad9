"""The worker's own store: one age file per account in the vault's folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from bots import disk
from bots.sealing import Key, Unreadable, read_sealed, write_sealed
from bots.vault.credential import Credential, check_account_name, decode, encode, is_account_name
from bots.vault.provider import Capabilities, Entry
from flows.errors import InputError


class AgeFiles:
    """The age files in `folder`. An item is called as its account. `prove_key` tells of another key altogether."""

    capabilities = Capabilities(compare_and_set=True, history=True, durable_ack=True)  # under the account's lock

    def __init__(self, folder: Path, key: Key, prove_key: Callable[[], None]) -> None:
        self._folder = folder
        self._key = key
        self._prove_key = prove_key

    def path(self, account: str) -> Path:
        """The account's file, which need not exist."""
        return self._folder / f"{check_account_name(account)}.age"

    def names(self) -> list[str]:
        """The accounts that have a file."""
        with disk.in_plain_words(self._folder):
            return [path.stem for path in self._folder.iterdir() if _is_entry(path)]

    def get(self, account: str, item: str) -> Entry:
        """The entry; Unreadable when it can't be opened."""
        entry = self.find(account)
        if entry is None:
            raise InputError(f"no vault entry for {account}: pk vault set {account}")
        return entry

    def find(self, account: str) -> Entry | None:
        """The entry, if there is one."""
        path = self.path(account)
        try:
            data = read_sealed(path, self._key)
        except Unreadable:
            self._prove_key()
            raise Unreadable(
                f"{path}: damaged, or not sealed with this vault's key; restore it from a backup, "
                f"or move it away and run `pk vault set {account}`"
            ) from None
        return None if data is None else Entry(decode(data, account, str(path)))

    def put(self, entry: Entry, item: str, new: Credential) -> None:
        """Replace the file."""
        write_sealed(self.path(new.account), encode(new), self._key)

    def create(self, item: str, username: str, new: Credential) -> str:
        """Write the file, which must not be there."""
        if self.path(new.account).exists():
            raise InputError(f"{new.account} has an entry in this vault already")
        self.put(Entry(new), item, new)
        return item

    def remove(self, account: str) -> None:
        """Take the file away: the entry lies elsewhere now."""
        self.path(account).unlink(missing_ok=True)

    def stamps(self, items: Iterable[str]) -> Mapping[str, str]:
        """When each file was written."""
        paths = {item: self.path(item) for item in items}
        return {item: str(path.stat().st_mtime_ns) if path.exists() else "" for item, path in paths.items()}

    def check(self) -> str:
        """Where the files are."""
        self._prove_key()
        return str(self._folder)


def _is_entry(path: Path) -> bool:
    return path.suffix == ".age" and is_account_name(path.stem)
