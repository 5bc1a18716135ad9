"""The archive: every file exactly as it came, sealed, with where it came from in one line before its bytes.

`age --decrypt --identity vault.key FILE | tail -n +2` gives the file back without this program.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bots.disk import move_durably, private_folder, sweep
from bots.sealing import Key, read_sealed, write_sealed
from flows.errors import InputError


def fingerprint(data: bytes) -> str:
    """How a file is known: the SHA-256 of its bytes."""
    return hashlib.sha256(data).hexdigest()


class Archive:
    """Sealed files: in `arriving` until what is in them is in the inventory, then by month."""

    def __init__(self, folder: Path, key: Key) -> None:
        self._folder, self._key = folder, key

    def put(self, data: bytes, header: dict[str, Any]) -> None:
        """Write a file that has just arrived; it is on disk when this returns."""
        path = private_folder(self._folder / "arriving") / f"{fingerprint(data)}.age"
        write_sealed(path, json.dumps(header).encode() + b"\n" + data, self._key)

    def arriving(self) -> Iterator[tuple[dict[str, Any], bytes]]:
        """The files whose arrival was not finished."""
        folder = self._folder / "arriving"
        if folder.is_dir():
            sweep(folder)
            for path in sorted(folder.glob("*.age")):
                yield self._open(path)

    def file_away(self, sha256: str, received_at: str) -> None:
        """What is in it is in the inventory now."""
        path = self._folder / "arriving" / f"{sha256}.age"
        if path.exists():
            private_folder(self._path(sha256, received_at).parent)
            move_durably(path, self._path(sha256, received_at))

    def open(self, sha256: str, received_at: str) -> bytes:
        """The bytes of a file. InputError when the archive does not have it."""
        here = self._path(sha256, received_at)
        return self._open(here if here.exists() else self._folder / "arriving" / here.name)[1]

    def remove(self, sha256: str, received_at: str) -> None:
        """Remove a file whose years are over."""
        self._path(sha256, received_at).unlink(missing_ok=True)

    def _path(self, sha256: str, received_at: str) -> Path:
        return self._folder / received_at[:7] / f"{sha256}.age"

    def _open(self, path: Path) -> tuple[dict[str, Any], bytes]:
        content = read_sealed(path, self._key)
        if content is None:
            raise InputError(f"{path}: the archive does not have it; restore it from a backup")
        header, _, data = content.partition(b"\n")
        return json.loads(header), data
