"""Changing what people keep of an account: each value checked, each change in the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import available_timezones

from bots.inventory.accounts import get_account
from bots.inventory.audit import record_audit
from bots.inventory.columns import ACCOUNT_COLUMNS, Kind
from bots.inventory.database import Inventory, Value
from bots.inventory.hours import OwnerHours
from flows.errors import InputError
from flows.parties import code_ways

FIXED = ("name", "portal", "user_id", "address", "vault_reference")  # they say which login it is
DONE = ("contact_confirmed_on", "contact_checked_on", "security_answers_confirmed_on", "terms_accepted_on")
COLUMNS = {column.name: column for column in ACCOUNT_COLUMNS}


def checked_changes(values: Mapping[str, str], today: date) -> dict[str, Value]:
    """The new values of columns, checked; an empty text clears one. Raises `InputError` naming the column."""
    if unknown := sorted(set(values) - set(COLUMNS)):
        raise InputError(f"{', '.join(unknown)}: no column of an account; see: pk account show ACCOUNT --json")
    if observed := [name for name in values if COLUMNS[name].observed]:
        raise InputError(f"{', '.join(observed)}: written by the worker and its own commands only")
    if fixed := [name for name in values if name in FIXED]:
        raise InputError(
            f"{', '.join(fixed)}: says which login it is; another login is another account: pk account add"
        )
    found: dict[str, Value] = {}
    for name, text in values.items():
        try:
            found[name] = _checked(name, text.strip(), today)
        except ValueError as error:
            raise InputError(f"{name} {text!r}: {error}") from None
    return found


def _checked(name: str, text: str, today: date) -> Value:
    if name == "kind" and text not in set(Kind):
        raise ValueError(f"expected one of {', '.join(Kind)}")
    if not text:
        return None
    if name.endswith("_on"):
        return _day(text, latest=today if name in DONE else date.max).isoformat()
    if COLUMNS[name].type == "INTEGER":
        return _number(text)
    if name == "time_zone" and text not in available_timezones():
        raise ValueError("expected a time zone such as America/New_York")
    if name == "code_ways":
        return ",".join(code_ways(text))
    if name == "owner_hours":
        OwnerHours.read(text)
    return text


def _day(text: str, latest: date) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise ValueError("expected a date, YYYY-MM-DD") from None
    if found > latest:
        raise ValueError("lies in the future")
    return found


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError("expected a whole number")
    return int(text)


def change_account(
    inventory: Inventory, account: str, columns: Mapping[str, Value], *, by: str, at: str, because: str
) -> dict[str, Any]:
    """Write checked columns. Those that really changed, with the value before; they are in the audit trail."""
    with inventory.write() as db:
        before = get_account(inventory, account)
        changed = {name: before[name] for name, value in columns.items() if before[name] != value}
        if changed:
            db.table("accounts").update(account, {name: columns[name] for name in changed})
            told = "; ".join(f"{name}: {_shown(old)} -> {_shown(columns[name])}" for name, old in changed.items())
            record_audit(db, at=at, who=by, action="account set", account=account, because=because, details=told)
        return changed


def _shown(value: Value) -> str:
    return "none" if value in (None, "") else str(value)
