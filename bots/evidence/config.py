"""config/evidence.toml: for whom evidence is sealed, and how much of it may lie on the disk."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bots.sealing import check_public_key
from flows.errors import InputError

FILE = "evidence.toml"
_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class EvidenceConfig:
    """The file in force. `recipients` are names with public keys; without any the data folder's own key is the one."""

    recipients: Mapping[str, str] = field(default_factory=dict)
    folder_megabytes: int = 2000
    each_megabytes: int = 50

    @property
    def folder_bytes(self) -> int:
        """When so much is there, nothing new is kept."""
        return self.folder_megabytes * _MEGABYTE

    @property
    def each_bytes(self) -> int:
        """What would make one evidence larger is left out of it."""
        return self.each_megabytes * _MEGABYTE


def load_config(file: Path) -> EvidenceConfig:
    """Read the file, which need not exist. InputError names what is wrong in it and never repeats a key."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8-sig")) if file.exists() else {}
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        where = re.search(r"line \d+, column \d+", str(error))
        raise InputError(f"{file}: not valid TOML{f' at {where[0]}' if where else ''}") from None
    _known(file, "", table, ("recipients", "limits"))
    recipients, limits = table.get("recipients", {}), table.get("limits", {})
    if not isinstance(recipients, dict):
        raise InputError(f"{file}: recipients: expected a table, [recipients]")
    _known(file, "limits.", limits, ("folder_megabytes", "each_megabytes"))
    for name, key in recipients.items():
        _check_recipient(file, name, key)
    for name, number in limits.items():
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise InputError(f"{file}: limits.{name}: expected a whole number of megabytes, 1 or more")
    return EvidenceConfig(recipients, **limits)


def _check_recipient(file: Path, name: str, key: Any) -> None:
    if isinstance(key, str) and key.upper().startswith("AGE-SECRET-KEY"):
        raise InputError(
            f"{file}: recipients.{name} is a private key, which must not lie here: make a new pair, and write its "
            "public key (age1…) here"
        )
    try:
        check_public_key(key if isinstance(key, str) else "")
    except ValueError as error:
        raise InputError(f"{file}: recipients.{name}: {error}") from None


def _known(file: Path, above: str, table: Any, keys: tuple[str, ...]) -> None:
    if not isinstance(table, dict):
        raise InputError(f"{file}: {above.rstrip('.')}: expected a table, [{above.rstrip('.')}]")
    if unknown := sorted(set(table) - set(keys)):
        raise InputError(f"{file}: {above}{unknown[0]} is not known; the keys are {', '.join(keys)}")
