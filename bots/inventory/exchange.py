"""The inventory out to a sheet and back: what people keep is changed, what the worker observed stays as it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bots.inventory.accounts import Scope, add_account, checked_account
from bots.inventory.changing import FIXED, change_account, checked_changes
from bots.inventory.columns import ACCOUNT_COLUMNS, Kind
from bots.inventory.database import Inventory, Value
from bots.inventory.importing import NUMBERS, SCOPE_COLUMNS, Entry, numbered, scope_of, words_of
from bots.inventory.sheet import Head, Line
from flows.errors import InputError

FIRST = ("name", "portal", "administrator_1", "notes")
OF_THE_SHEET = ("payers_served", "portal_url", "last_login", "asks_for")  # made of others, for those who read it
USER_ID = "user_id"
MOST_PROBLEMS = 10


@dataclass(frozen=True)
class Site:
    """What the sheet says of a portal: its address, and the payers that it serves."""

    address: str
    payers: str


@dataclass(frozen=True)
class Change:
    """One cell that an import changes."""

    account: str
    column: str
    before: str
    after: str


@dataclass(frozen=True)
class Draft:
    """What an import would do: accounts to add, changes by account, and how many observed cells it leaves alone."""

    added: tuple[Entry, ...]
    changed: Mapping[str, dict[str, Value]]
    changes: tuple[Change, ...]
    left_alone: int


def heads(*, user_ids: bool) -> list[Head]:
    """The columns in order: payer, portal, address, administrator, last login and notes first, then the others."""
    columns = {column.name: column for column in ACCOUNT_COLUMNS}
    if not user_ids:
        del columns[USER_ID]
    first = [
        Head("name"),
        Head("payers_served", observed=True),
        Head("portal"),
        Head("portal_url", observed=True),
        Head("administrator_1"),
        Head("last_login", observed=True),
        Head("notes"),
    ]
    rest = [
        Head(name, column.observed, tuple(Kind) if name == "kind" else ())
        for name, column in columns.items()
        if name not in FIRST
    ]
    return [*first, *rest, *map(Head, SCOPE_COLUMNS), Head("asks_for", observed=True)]


def sheet_rows(inventory: Inventory, sites: Mapping[str, Site], columns: Sequence[Head]) -> list[list[str]]:
    """Every account as a row of texts under `columns`."""
    found = _all_scopes(inventory)
    rows = inventory.rows("SELECT * FROM accounts ORDER BY name")
    return [_row(row, found.get(row["name"], []), sites.get(row["portal"]), columns) for row in rows]


def _all_scopes(inventory: Inventory) -> dict[str, list[Scope]]:
    found: dict[str, list[Scope]] = {}
    for row in inventory.rows("SELECT * FROM account_scope ORDER BY 1, 2, 3, 4, 5"):
        scope = Scope(row["organization"], row["tin"], row["npi"], row["payer"])
        found.setdefault(row["account"], []).append(scope)
    return found


def _row(row: dict[str, Any], scopes: Sequence[Scope], site: Site | None, columns: Sequence[Head]) -> list[str]:
    known = {
        **row,
        **_scope_cells(scopes),
        "portal_url": row["address"] or (site.address if site else ""),
        "payers_served": ", ".join(sorted({scope.payer for scope in scopes if scope.payer}))
        or (site.payers if site else ""),
        "last_login": (row["last_good_sign_in_at"] or "")[:10],
        "asks_for": "; ".join(_told(scope) for scope in scopes),
    }
    return [_text(known[head.name]) for head in columns]


def _told(scope: Scope) -> str:
    return f"{scope.organization}, TIN {scope.tin}, NPI {scope.npi or 'any'}, payer {scope.payer or 'any'}"


def _scope_cells(scopes: Sequence[Scope]) -> dict[str, str]:
    """The scope in the columns that an import reads; empty where it is too wide for one row."""
    empty = dict.fromkeys(SCOPE_COLUMNS, "")
    npis, payers = sorted({scope.npi for scope in scopes}), sorted({scope.payer for scope in scopes})
    one = {(scope.organization, scope.tin) for scope in scopes}
    if len(one) != 1 or len(scopes) != len(npis) * len(payers):
        return empty
    [(organization, tin)] = one
    return {"organization": organization, "tin": tin, "npis": ";".join(npis), "payers": ";".join(payers)}


def _text(value: Value) -> str:
    return "" if value is None else str(value)


def draft(
    inventory: Inventory, lines: Sequence[Line], portals: Collection[str], payers: Collection[str], today: date
) -> Draft:
    """What the lines of a sheet would change. Raises `InputError` that names every wrong line."""
    known = {row["name"]: row for row in inventory.rows("SELECT * FROM accounts")}
    scopes = _all_scopes(inventory)
    _check_heads(lines[0][1])
    added, problems, changes, seen = [], [], {}, set()
    for line, cells in lines:
        try:
            name = cells.get("name", "")
            if name in seen:
                raise InputError(f"account {name} is there twice")
            seen.add(name)
            if name in known:
                _check_scope(name, _scope_cells(scopes.get(name, [])), cells)
                changes[name] = _changes(known[name], cells, today)
            else:
                added.append(_new(cells, portals, payers))
        except (InputError, ValueError) as error:
            problems.append(f"line {line}: {error}")
    if problems:
        more = f"; and {len(problems) - MOST_PROBLEMS} more" if len(problems) > MOST_PROBLEMS else ""
        raise InputError(f"nothing was imported; {'; '.join(problems[:MOST_PROBLEMS])}{more}")
    changed = {name: found for name, found in changes.items() if found}
    told = tuple(
        Change(name, column, _text(known[name][column]), _text(value))
        for name, found in changed.items()
        for column, value in found.items()
    )
    return Draft(tuple(added), changed, told, _left_alone(known, lines))


OBSERVED_COLUMNS = frozenset(column.name for column in ACCOUNT_COLUMNS if column.observed)
OWN = tuple(column.name for column in ACCOUNT_COLUMNS if not column.observed)


def _check_heads(cells: Mapping[str, str]) -> None:
    if "name" not in cells:
        raise InputError("the sheet has no column name: begin with one from `pk inventory export`")
    if unknown := sorted(set(cells) - {*OWN, *OBSERVED_COLUMNS, *OF_THE_SHEET, *SCOPE_COLUMNS}):
        raise InputError(f"unknown columns {', '.join(unknown)}; `pk inventory export` writes all that there are")


def _check_scope(name: str, kept: Mapping[str, str], cells: Mapping[str, str]) -> None:
    for column, text in kept.items():
        if cells.get(column, text) not in ("", text):
            raise InputError(f"account {name}: {column}: for whom an account asks is set when it is added, not here")


def _changes(row: Mapping[str, Any], cells: Mapping[str, str], today: date) -> dict[str, Value]:
    """The columns of an account that is there already, as far as they are otherwise; an empty cell clears one."""
    for name in FIXED:
        if cells.get(name) and cells[name] != _text(row[name]):
            raise InputError(f"account {row['name']}: {name} says which login it is; another login is another account")
    given = {name: cells[name] for name in OWN if name in cells and name not in FIXED}
    differ = {name: text for name, text in given.items() if text != _text(row[name])}
    return {name: value for name, value in checked_changes(differ, today).items() if value != row[name]}


def _new(cells: Mapping[str, str], portals: Collection[str], payers: Collection[str]) -> Entry:
    values: dict[str, Value] = {name: cells[name] for name in OWN if cells.get(name)}
    for name in NUMBERS & values.keys():
        values[name] = numbered(name, str(values[name]))
    scope = scope_of(
        cells.get("organization", ""),
        cells.get("tin", ""),
        words_of(cells.get("npis")),
        words_of(cells.get("payers")),
        payers,
    )
    return checked_account(values, portals), scope


def _left_alone(known: Mapping[str, Mapping[str, Any]], lines: Sequence[Line]) -> int:
    """How many cells of observed columns are otherwise than in the inventory: they are not written."""
    return sum(
        name in OBSERVED_COLUMNS and text != _text(known[cells["name"]][name])
        for _, cells in lines
        if cells["name"] in known
        for name, text in cells.items()
    )


def carry_out(inventory: Inventory, found: Draft, *, by: str, at: str, because: str) -> None:
    """Write all of a draft in one transaction; each change is in the audit trail. Or none of it."""
    with inventory.write():
        for row, scope in found.added:
            add_account(inventory, row, scope, by=by, at=at)
        for name, columns in found.changed.items():
            change_account(inventory, name, columns, by=by, at=at, because=because)
