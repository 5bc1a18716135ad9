"""KeePass: a KDBX 4 file, changed under a lock and replaced whole. People open it in KeePassXC."""

from __future__ import annotations

import hashlib
import stat
import struct
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from io import BytesIO
from typing import Any
from urllib.parse import quote

from bots import disk
from bots.sealing import Unreadable
from bots.vault.access import Access
from bots.vault.credential import Credential
from bots.vault.places import KeePass
from bots.vault.provider import NOTEBOOK, Capabilities, Conflict, Entry, credential_of, notebook_of
from flows.errors import InputError, VaultRefused, VaultUnavailable

OTHER_TOTP_FIELDS = ("TOTP Seed", "TimeOtp-Secret-Base32")  # older plug-ins of KeePass


class KeePassStore:
    """One file. An item is an entry's UUID, its title, or its path: group/title.

    The worker's own processes take turns by a lock file; KeePassXC knows nothing of it, so that whoever has the file
    open there while the worker changes it is asked by KeePassXC to merge.
    """

    capabilities = Capabilities(compare_and_set=True, history=True, durable_ack=True)

    def __init__(self, vault: str, table: KeePass, access: Access) -> None:
        """Opens nothing yet."""
        self._name = f"vault {vault}: {table.file}"
        self._vault = vault
        self._table = table
        self._access = access
        self._derived: tuple[bytes, bytes] | None = None

    def get(self, account: str, item: str) -> Entry:
        """The entry, by one look at the file."""
        found = self._find(self._opened(), item)
        totp = found.otp or next(filter(None, map(found.get_custom_property, OTHER_TOTP_FIELDS)), "")
        credential = credential_of(
            account,
            f"{self._name}: {item}",
            password=found.password or "",
            totp=totp,
            notebook=found.get_custom_property(NOTEBOOK) or "",
            changed_at=found.mtime,
        )
        return Entry(credential, found.uuid.hex, found.username or "", _form(found))

    def put(self, entry: Entry, item: str, new: Credential) -> None:
        """Change the entry, unless it is another than was read."""
        with self._locked():
            database = self._opened()
            found = self._find(database, entry.version)
            if _form(found) != entry.raw:
                raise Conflict(f"{self._name}: {item} was changed meanwhile")
            if new.password != entry.credential.password:
                found.save_history()
            _fill(found, new, entry.credential)
            self._save(database)

    def create(self, item: str, username: str, new: Credential) -> str:
        """Add an entry, in the group that the path names, else at the top; its UUID."""
        *path, title = item.split("/")
        with self._locked():
            database = self._opened()
            group = database.find_groups(path=path, first=True) if path else database.root_group
            if group is None:
                raise InputError(f"{self._name}: there is no group {'/'.join(path)}")
            if any(entry.title == title for entry in group.entries):
                raise InputError(f"{self._name}: there is an entry {item} already")
            made = database.add_entry(group, title, username, new.password.get_secret_value())
            _fill(made, new, None)
            self._save(database)
            return str(made.uuid.hex)

    def stamps(self, items: Iterable[str]) -> Mapping[str, str]:
        """When each entry was changed, and how many older forms it has."""
        database = self._opened()
        entries = {}
        for item in items:
            with suppress(InputError):
                entries[item] = self._find(database, item)
        return {item: f"{found.mtime} {len(found.history)}" for item, found in entries.items()}

    def check(self) -> str:
        """Whether the file opens."""
        return f"{self._table.file}: {len(_entries(self._opened()))} entries"

    def _locked(self) -> Any:
        return disk.locked(self._table.file.with_name(f".{self._table.file.name}.portalkeeper-lock"))

    def _find(self, database: Any, item: str) -> Any:
        *path, title = item.split("/")
        entries = _entries(database)
        with suppress(ValueError):
            entries = [each for each in entries if each.uuid == uuid.UUID(item)]
            path, title = [], entries[0].title if entries else ""
        found = [each for each in entries if each.title == title and (not path or each.group.path == path)]
        if not found:
            raise InputError(f"{self._name}: no such item: {item} (deleted, moved or called otherwise now?)")
        if len(found) > 1:
            raise InputError(f"{self._name}: {len(found)} entries are called {item}: give the UUID of the right one")
        return found[0]

    def _opened(self) -> Any:
        data = disk.read(self._table.file)
        if data is None:
            raise VaultUnavailable(f"{self._name} is not there: is its disk mounted?")
        if len(data) < 12 or struct.unpack("<H", data[10:12]) != (4,):
            raise InputError(
                f"{self._name} is no KDBX 4 file, or cut off; in KeePassXC: Database > Database security > Encryption "
                "settings > KDBX 4. A KDBX 3 file would be damaged by writing to it"
            )
        database = self._decrypted(data)
        if database is None:
            raise VaultRefused(
                f"{self._name} is not opened by this key file and passphrase: pk vault access {self._vault}"
            )
        return database

    def _decrypted(self, data: bytes) -> Any:
        """The database, or none when the key is another. Deriving the key takes up to a second, so it is kept."""
        passphrase = self._access.of(self._vault, ()).get("passphrase")
        keyfile = disk.read(self._table.key_file) if self._table.key_file else None
        if self._table.key_file and keyfile is None:
            raise VaultRefused(f"{self._name}: there is no key file {self._table.key_file}")
        given = (passphrase.get_secret_value() if passphrase else None, keyfile)
        of = hashlib.sha256(repr(given).encode()).digest()
        known = self._derived[1] if self._derived and self._derived[0] == of else None
        database = _parsed(data, *given, known, self._name) if known else None
        database = database or _parsed(data, *given, None, self._name)  # somebody has changed the key's salt
        if database is not None:
            self._derived = (of, database.transformed_key)
        return database

    def _save(self, database: Any) -> None:
        """Replace the file, after its new bytes have been opened again; owner's permissions stay."""
        built = BytesIO()
        database.save(built, transformed_key=database.transformed_key)
        self._decrypted(built.getvalue())
        mode = stat.S_IMODE(self._table.file.stat().st_mode)
        disk.write_durably(self._table.file, built.getvalue(), mode)


def _parsed(data: bytes, passphrase: str | None, keyfile: bytes | None, derived: bytes | None, name: str) -> Any:
    """The database, or none when the key is another."""
    from pykeepass import PyKeePass
    from pykeepass.exceptions import CredentialsError

    stream = BytesIO(keyfile) if keyfile else None
    try:
        return PyKeePass(BytesIO(data), password=passphrase, keyfile=stream, transformed_key=derived)
    except CredentialsError:
        return None
    except Exception:  # noqa: BLE001 - a damaged file is told by whatever parser meets it first
        raise Unreadable(f"{name} is damaged or cut off: restore it from a backup") from None


def _entries(database: Any) -> list[Any]:
    """All entries but those in the recycle bin."""
    bin_uuid = database.tree.findtext("Meta/RecycleBinUUID")
    bins = [group for group in database.groups if group._element.findtext("UUID") == bin_uuid]  # noqa: SLF001
    return [each for each in database.entries if each.group not in bins]


def _form(entry: Any) -> bytes:
    from lxml.etree import tostring

    return bytes(tostring(entry._element))  # noqa: SLF001 - what pykeepass itself compares by


def _fill(entry: Any, new: Credential, old: Credential | None) -> None:
    entry.password = new.password.get_secret_value()
    entry.set_custom_property(NOTEBOOK, notebook_of(new), protect=True)
    if old is None or new.totp_secret != old.totp_secret:
        secret = new.totp_secret.get_secret_value() if new.totp_secret else ""
        entry.otp = (
            f"otpauth://totp/{quote(entry.title or 'portal')}?secret={secret}&period=30&digits=6" if secret else ""
        )
    entry.touch(modify=True)
