"""What opens a credential manager (a token, a master password): sealed in the data folder, one file per manager."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from bots import disk
from bots.sealing import Key, read_sealed, write_sealed
from flows.errors import InputError


class Access:
    """The secrets by which the managers are opened; their programs may keep what is theirs in `folder` too."""

    def __init__(self, folder: Path, key: Key) -> None:
        self.folder = folder / "access"
        self._key = key

    def of(self, vault: str, wants: tuple[str, ...]) -> dict[str, SecretStr]:
        """What was stored for `vault`, by its name; InputError unless it is all that the manager wants."""
        data = read_sealed(self.folder / f"{vault}.age", self._key)
        found: dict[str, str] = json.loads(data) if data else {}
        if missing := [name for name in wants if name not in found]:
            raise InputError(f"vault {vault}: its {' and '.join(missing)} was never stored: pk vault access {vault}")
        return {name: SecretStr(value) for name, value in found.items()}

    def put(self, vault: str, secrets: Mapping[str, SecretStr]) -> None:
        """Store them in the place of what was there."""
        disk.private_folder(self.folder)
        plain = {name: secret.get_secret_value() for name, secret in secrets.items()}
        write_sealed(self.folder / f"{vault}.age", json.dumps(plain).encode(), self._key)
