"""config/era.toml: where files for billing go, after how many business days something is late, how long files stay."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bots.toml_files import read_table
from flows.errors import InputError

FILE = "era.toml"
NAME_PARTS = ("paid_on", "payer", "payee_tin", "payee_npi", "trace", "hash")
NAME = "{paid_on}_{payer}_{trace}_{hash}.835"
_DROP_KEYS = ("folder", "mode", "group", "name")
_MISSING_KEYS = ("late_after", "claims_after", "pick_up_within")


@dataclass(frozen=True, slots=True)
class Drop:
    """Where the files of a payee go, who may read them, and how they are called."""

    folder: Path
    mode: int = 0o640
    group: str = ""
    name: str = NAME


@dataclass(frozen=True, slots=True)
class EraConfig:
    """The file in force."""

    drop: Drop
    by_tin: dict[str, Drop] = field(default_factory=dict)
    late_after: int = 4
    claims_after: int = 10
    pick_up_within: int = 2
    keep_years: int = 10

    def drop_for(self, tin: str) -> Drop:
        """Where files for the payee with that TIN go."""
        return self.by_tin.get(tin, self.drop)

    @property
    def folders(self) -> set[Path]:
        """Every drop folder."""
        return {drop.folder for drop in (self.drop, *self.by_tin.values())}


def load_config(path: Path, home: Path) -> EraConfig:
    """Read the file; relative folders start at `home`. InputError names what is wrong in it."""
    table = read_table(path)
    _known(path, "", table, ("drop", "missing", "archive"))
    drop = table.get("drop", {})
    payees = {tin: entry for tin, entry in drop.items() if isinstance(entry, dict)}
    usual = _drop(path, home, "drop", {key: value for key, value in drop.items() if key not in payees}, {})
    numbers = _numbers(path, "missing", table, _MISSING_KEYS, "days") | _numbers(
        path, "archive", table, ("keep_years",), "years"
    )
    for tin in payees:
        if not re.fullmatch(r"\d{9}", tin):
            raise InputError(f"{path}: drop.{tin}: expected a TIN of nine digits")
    shared = {key: value for key, value in drop.items() if key not in payees}
    by_tin = {tin: _drop(path, home, f"drop.{tin}", entry, shared) for tin, entry in payees.items()}
    return EraConfig(usual, by_tin, **numbers)


def _numbers(path: Path, name: str, table: dict[str, Any], keys: tuple[str, ...], what: str) -> dict[str, int]:
    given: dict[str, Any] = table.get(name, {})
    _known(path, f"{name}.", given, keys)
    for key, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise InputError(f"{path}: {name}.{key}: expected a number of {what}, 1 or more")
    return given


def _known(path: Path, above: str, table: dict[str, Any], keys: tuple[str, ...]) -> None:
    if unknown := sorted(set(table) - set(keys)):
        raise InputError(f"{path}: {above}{unknown[0]} is not known; the keys are {', '.join(keys)}")


def _drop(path: Path, home: Path, above: str, entry: dict[str, Any], shared: dict[str, Any]) -> Drop:
    _known(path, f"{above}.", entry, _DROP_KEYS)
    given = {"folder": "era/drop", "mode": "0640", "group": "", "name": NAME, **shared, **entry}
    if wrong := [key for key, value in given.items() if not isinstance(value, str)]:
        raise InputError(f"{path}: {above}.{wrong[0]}: expected text in quotes")
    if not re.fullmatch(r"0?[0-7]{3}", given["mode"]) or int(given["mode"], 8) & 0o117:
        raise InputError(f'{path}: {above}.mode: expected such as "0640": nobody but owner and group may read it')
    _check_name(path, above, given["name"])
    return Drop(home / Path(given["folder"]).expanduser(), int(given["mode"], 8), given["group"], given["name"])


def _check_name(path: Path, above: str, name: str) -> None:
    try:
        parts = {part for _, part, _, _ in string.Formatter().parse(name) if part is not None}
    except ValueError:
        parts = {"?"}
    if not parts <= set(NAME_PARTS) or "hash" not in parts or "/" in name or name.startswith("."):
        names = " ".join(f"{{{part}}}" for part in NAME_PARTS)
        raise InputError(f"{path}: {above}.name: expected a file name of {names}, with {{hash}} among them")
