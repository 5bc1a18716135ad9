"""Where a browser puts its downloads: a private folder in memory where the machine has one, gone with the browser.

A folder is locked while its maker lives; what a killed one left behind goes when the next is made, and when any command
or the service starts.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own in it, for us only


@dataclass(frozen=True)
class Landing:
    """One browser's folder, 0700."""

    path: Path
    _lock: int

    @classmethod
    def make(cls, parent: Path | None = None) -> Landing:
        """A new one, in memory or else in the folder for temporary files; abandoned ones are removed."""
        place = parent or _place()
        wipe_abandoned(place)
        while True:
            path = place / f"{_ours()}{secrets.token_hex(8)}"
            path.mkdir(mode=0o700)
            lock = _locked(path)
            if lock is not None:
                return cls(path, lock)

    @property
    def in_memory(self) -> bool:
        """Whether what lies in it never reaches a disk."""
        return self.path.parent == MEMORY

    def wipe(self) -> None:
        """Remove it with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def wipe_abandoned(parent: Path | None = None) -> None:
    """Remove the folders whose makers are dead, with all that is in them; the living keep theirs."""
    for left in (parent or _place()).glob(f"{_ours()}*"):
        lock = _locked(left)
        if lock is not None:
            shutil.rmtree(left, ignore_errors=True)
            os.close(lock)


def _place() -> Path:
    return MEMORY if os.access(MEMORY, os.W_OK) else Path(tempfile.gettempdir())


def _ours() -> str:
    return f"portalkeeper-{os.getuid()}-"


def _locked(path: Path) -> int | None:
    """The folder's lock, or None when somebody else has it or has removed the folder."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(handle).st_nlink:
            return handle
    except BlockingIOError:
        pass
    os.close(handle)
    return None
