"""The map from a billing system's headings to the contract's columns, kept in `config/columns.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from bots.worklist.contract import CONTRACTS, Contract
from bots.worklist.dates import check_formats
from flows.errors import InputError


def folded(heading: str) -> str:
    """Return `heading` as headings are compared: without outer blanks, in lower case."""
    return heading.strip().casefold()


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Which heading means which column of `contract`, and the date formats read beside M/D/YYYY and YYYY-MM-DD.

    `columns` has folded headings as keys. A mapped heading wins over a contract column of the same name: a billing
    system's "Account" may be its `patient_account`. `source` is the file to name in messages.
    """

    contract: Contract
    columns: Mapping[str, str] = field(default_factory=dict)
    date_formats: tuple[str, ...] = ()
    source: str = "config/columns.toml"

    def column(self, heading: str) -> str | None:
        """Return the contract column that `heading` means, or None if it passes through."""
        name = folded(heading)
        return self.columns.get(name) or (name if name in self.contract.questions else None)

    @classmethod
    def load(cls, path: Path, contract: Contract) -> ColumnMap:
        """Read the map of `contract` at `path`; InputError names the line and what was expected."""
        try:
            text = path.read_text(encoding="utf-8-sig")
            content = tomllib.loads(text)
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise InputError(f"{path}: is not UTF-8 text") from None
        except tomllib.TOMLDecodeError as error:
            raise InputError(f"{path}: is not valid TOML: {error}") from None
        return _MapFile(path, text, contract).read(content)


@dataclass(frozen=True, slots=True)
class _MapFile:
    path: Path
    text: str
    contract: Contract

    def read(self, content: dict[str, Any]) -> ColumnMap:
        self._only(content, tuple(CONTRACTS), "table")
        own = self._table(content, self.contract.flow)
        self._only(own, ("columns", "date_formats"), "setting")
        return ColumnMap(
            self.contract,
            columns=self._columns(self._table(own, "columns")),
            date_formats=self._formats(own.get("date_formats", [])),
            source=str(self.path),
        )

    def _columns(self, pairs: dict[str, Any]) -> dict[str, str]:
        columns: dict[str, str] = {}
        known = sorted(self.contract.questions)  # a list, since the file may hold anything, also unhashable
        for heading, column in pairs.items():
            if column not in known:
                near = get_close_matches(str(column), known, n=1)
                hint = f"; did you mean {near[0]}?" if near else f"; expected one of {', '.join(known)}"
                raise self._error(heading, f'"{heading}" is mapped to {column!r}, which is no column{hint}')
            if columns.setdefault(folded(heading), column) != column:
                raise self._error(heading, f'"{heading}" is mapped twice, to different columns')
        return columns

    def _formats(self, formats: object) -> tuple[str, ...]:
        if not isinstance(formats, list) or not all(isinstance(one, str) for one in formats):
            raise self._error("date_formats", 'date_formats must be a list such as ["MM-DD-YYYY"]')
        try:
            check_formats(formats)
        except ValueError as error:
            raise self._error("date_formats", f"date_formats: {error}") from None
        return tuple(formats)

    def _table(self, content: dict[str, Any], name: str) -> dict[str, Any]:
        table = content.get(name, {})
        if not isinstance(table, dict):
            raise self._error(name, f"{name} must be a table")
        return table

    def _only(self, content: dict[str, Any], known: tuple[str, ...], kind: str) -> None:
        for name in content:
            if name not in known:
                raise self._error(name, f'"{name}" is no {kind} here; expected {" or ".join(known)}')

    def _error(self, word: str, message: str) -> InputError:
        lines = enumerate(self.text.splitlines(), 1)
        at = next((number for number, line in lines if word in line and not line.lstrip().startswith("#")), 1)
        return InputError(f"{self.path}, line {at}: {message}")
