"""A new key in the place of the old one: everything sealed in the data folder is sealed anew.

The key file has both keys from the first moment to the last, so that whatever a kill leaves is opened: by the new key
what was reached, by the old one the rest. Started again, it goes on. The old key stays in a file of its own, for the
evidence and the backups that only it opens.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bots import now
from bots.disk import in_plain_words, read, write_durably
from bots.inventory import Inventory, stamp
from bots.inventory.audit import record_audit
from bots.sealing import Key, Unreadable, begin_new_key, end_old_key, save_old_keys, seal, unseal
from bots.settings import Settings
from flows.errors import InputError

LOCK = "key.lock"
_AGE = b"age-encryption.org/v1\n"
_AGE_IN_TEXT = base64.b64encode(_AGE)[:20]


@dataclass(frozen=True)
class Resealed:
    """How many files are sealed with the new key, which ones neither key opens, and where the old keys lie."""

    files: int
    unreadable: tuple[Path, ...]
    old_keys: tuple[Path, ...]


@contextmanager
def using_the_key(home: Path, *, alone: bool = False) -> Iterator[None]:
    """Say that this process seals and opens with the key. `alone`: that nobody else does; InputError when one does."""
    with in_plain_words(home):
        handle = os.open(home / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB if alone else fcntl.LOCK_SH)
        except BlockingIOError:
            raise InputError("the service or another command works with the key: end it, and give this again") from None
        yield
    finally:
        os.close(handle)


def reseal(settings: Settings, inventory: Inventory, key: Key, *, by: str) -> Resealed:
    """Make a new key, or go on with one that was begun, and seal everything with it. Nobody else may use the key.

    Raises `InputError` when a file can't be written; then both keys stay in force, and the same command goes on.
    """
    both = key if key.is_changing else begin_new_key(key)
    old_keys = save_old_keys(both)
    done, unreadable = 0, []
    for path in sealed_files(settings):
        try:
            done += _sealed_anew(path, both)
        except Unreadable:
            unreadable.append(path)
    with inventory.write() as db:
        record_audit(db, at=stamp(now.utc()), who=by, action="vault rekey", details=f"{done} files")
    end_old_key(both)
    return Resealed(done, tuple(unreadable), tuple(old_keys))


def sealed_files(settings: Settings) -> list[Path]:
    """What is sealed with the data folder's key, but for evidence and backups, whose hashes stand in the inventory."""
    left = (settings.evidence_folder, settings.backup_folder)
    files = [path for path in sorted(settings.home.rglob("*")) if path.is_file() and not path.is_symlink()]
    return [path for path in files if not any(path.is_relative_to(each) for each in left) and _is_sealed(path)]


def _is_sealed(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(len(_AGE))
    return start == _AGE or start.startswith(_AGE_IN_TEXT)


def _sealed_anew(path: Path, both: Key) -> bool:
    """Seal a file with the newest key; whether that was still to be done. It looks as old as before.

    Raises `Unreadable` when neither key opens it.
    """
    content = read(path) or b""
    in_text = content.startswith(_AGE_IN_TEXT)
    try:
        sealed = base64.b64decode(content, validate=True) if in_text else content
    except binascii.Error:
        raise Unreadable(f"{path}: damaged") from None
    try:
        unseal(sealed, both.newest, str(path))
    except Unreadable:
        fresh, times = seal(unseal(sealed, both, str(path)), both), path.stat()
        write_durably(path, base64.b64encode(fresh) if in_text else fresh)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        return True
    return False
