"""Accounts from a CSV file: all of them or none, each wrong line named."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from bots.inventory.accounts import Scope, checked_account
from bots.inventory.columns import ACCOUNT_COLUMNS, OWN_COLUMNS
from bots.inventory.database import Value
from flows.errors import InputError
from flows.parties import check_npi, check_tin

SCOPE_COLUMNS = ("organization", "tin", "npis", "payers")
NUMBERS = frozenset(column.name for column in ACCOUNT_COLUMNS if column.type == "INTEGER")
Entry = tuple[dict[str, Value], list[Scope]]


def read_accounts(path: Path, portals: Iterable[str], payers: Iterable[str]) -> list[Entry]:
    """Each account of the file with its scope. Raises `InputError` that names every wrong line."""
    rows = _rows(path)
    known, names = set(portals), set(payers)
    entries: list[Entry] = []
    problems: list[str] = []
    for line, row in rows:
        try:
            entries.append(_entry(row, known, names))
        except (InputError, ValueError) as error:
            problems.append(f"line {line}: {error}")
    problems += _repeated([str(entry[0]["name"]) for entry in entries])
    if problems:
        raise InputError(f"{path}: nothing was imported; {'; '.join(problems[:10])}")
    return entries


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8 text; save it as CSV UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        lines = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: {error}") from None
    if len(lines) < 2:
        raise InputError(f"{path} has no accounts: a line of headings, then one line an account")
    heads = [cell.strip() for cell in lines[0][1]]
    allowed = {column.name for column in OWN_COLUMNS} | set(SCOPE_COLUMNS)
    if unknown := [head for head in heads if head not in allowed]:
        raise InputError(f"{path}: unknown or read-only columns {', '.join(unknown)}")
    for line, row in lines[1:]:
        if len(row) != len(heads):
            raise InputError(f"{path}, line {line}: {len(row)} cells, but {len(heads)} headings")
    return [(line, dict(zip(heads, (cell.strip() for cell in row), strict=True))) for line, row in lines[1:]]


def _entry(row: Mapping[str, str], portals: set[str], payers: set[str]) -> Entry:
    values: dict[str, Value] = {name: value for name, value in row.items() if name not in SCOPE_COLUMNS}
    for name in NUMBERS & {name for name, value in values.items() if value}:
        values[name] = numbered(name, str(values[name]))
    scope = scope_of(
        row.get("organization", ""), row.get("tin", ""), words_of(row.get("npis")), words_of(row.get("payers")), payers
    )
    return checked_account(values, portals), scope


def numbered(name: str, text: str) -> int:
    """A cell of a column of numbers. Raises `ValueError` naming the column."""
    if not text.isdigit():
        raise ValueError(f"{name} is a whole number")
    return int(text)


def words_of(text: str | None) -> list[str]:
    """The words of a cell, which stand apart by semicolons."""
    return [word.strip() for word in (text or "").split(";") if word.strip()]


def scope_of(
    organization: str, tin: str, npis: list[str], payers: list[str], known_payers: Iterable[str]
) -> list[Scope]:
    """The scope rows for one organization: every named provider with every named payer; none named means all."""
    if not organization:
        return []
    if unknown := sorted(set(payers) - set(known_payers)):
        raise InputError(f"no payer is called {', '.join(unknown)}; see: pk payers")
    digits = _checked(check_tin, tin)
    return [
        Scope(organization, digits, _checked(check_npi, npi) if npi else "", payer)
        for npi in npis or [""]
        for payer in payers or [""]
    ]


def _checked(check: Callable[[str], str], text: str) -> str:
    try:
        return check(text)
    except ValueError as error:
        raise InputError(f"{text!r}: {error}") from None


def _repeated(names: list[str]) -> list[str]:
    return [
        f"account {name} is there {names.count(name)} times" for name in sorted(set(names)) if names.count(name) > 1
    ]
