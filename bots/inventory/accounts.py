"""Accounts, and the organizations, providers and payers they may ask for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bots.inventory.audit import record_audit
from bots.inventory.columns import ACCOUNT_COLUMNS, OWN_COLUMNS, Automation, Kind
from bots.inventory.database import Inventory, Value
from bots.inventory.hours import OwnerHours
from flows.errors import InputError
from flows.parties import CodeWay, Organization, Provider, code_ways

NAME = re.compile(r"^[a-z0-9][a-z0-9-]{0,62}$")


@dataclass(frozen=True, order=True)
class Scope:
    """For whom an account may ask: an organization with its TIN; empty `npi` or `payer` means every one."""

    organization: str
    tin: str
    npi: str = ""
    payer: str = ""


def checked_account(values: Mapping[str, Value], portals: Iterable[str]) -> dict[str, Value]:
    """The columns of a new account, checked. Raises `InputError` naming the column and what was expected."""
    own = {column.name for column in OWN_COLUMNS}
    if unknown := sorted(set(values) - own):
        observed = {column.name for column in ACCOUNT_COLUMNS} & set(unknown)
        why = "are written by the worker only" if observed else "are not columns of an account"
        raise InputError(f"{', '.join(sorted(observed) or unknown)} {why}; leave them out")
    row: dict[str, Value] = {name: value for name, value in values.items() if value not in ("", None)}
    name, portal = str(row.get("name", "")), str(row.get("portal", ""))
    if not NAME.match(name):
        raise InputError(
            f"{name!r} can't be an account's name: use lower-case letters, digits and dashes, "
            "such as availity-west-worker"
        )
    if portal not in set(portals):
        raise InputError(f"no portal is called {portal!r}; there are: {', '.join(sorted(portals))}")
    if not row.get("user_id"):
        raise InputError(f"account {name} has no user_id: give the login name that the portal knows")
    row["kind"] = str(row.get("kind", Kind.WORKER))
    if row["kind"] not in set(Kind):
        raise InputError(f"account {name}: kind is one of {', '.join(Kind)}, not {row['kind']!r}")
    if hours := row.get("owner_hours"):
        try:
            OwnerHours.read(str(hours))
        except ValueError as error:
            raise InputError(f"account {name}: owner_hours {hours!r}: {error}") from None
    return row


def add_account(inventory: Inventory, row: Mapping[str, Value], scope: Iterable[Scope], *, by: str, at: str) -> None:
    """Add a checked account with its scope. Raises `InputError` when the name or the portal's user id is taken."""
    name, portal = str(row["name"]), str(row["portal"])
    full = {
        **row,
        "automation": Automation.NOT_DECIDED.value,
        "vault_reference": row.get("vault_reference", name),
        "created_by": by,
        "created_on": at[:10],
    }
    with inventory.write() as db:
        taken = db.execute(
            "SELECT name FROM accounts WHERE name = ? OR (portal = ? AND user_id = ? AND ifnull(address,'') = ?)",
            (name, portal, row["user_id"], row.get("address") or ""),
        ).fetchone()
        if taken:
            same = "there already" if taken[0] == name else f"the same login as account {taken[0]}"
            raise InputError(f"account {name} is {same}")
        db.table("accounts").insert(full)
        for entry in scope:
            _add_scope(db, name, entry)
        record_audit(db, at=at, who=by, action="account add", account=name)


def _add_scope(db: Any, account: str, entry: Scope) -> None:
    known = db.execute(
        "SELECT 1 FROM organizations WHERE name = ? AND tin = ?", (entry.organization, entry.tin)
    ).fetchone()
    if not known:
        raise InputError(
            f"account {account}: organization {entry.organization!r} with TIN {entry.tin} is not in the inventory; "
            "add it with: pk organization add NAME --tin TIN"
        )
    if entry.npi and not db.execute("SELECT 1 FROM providers WHERE npi = ?", (entry.npi,)).fetchone():
        raise InputError(f"account {account}: provider {entry.npi} is not in the inventory; pk provider add NPI")
    db.execute(
        "INSERT OR IGNORE INTO account_scope VALUES (?,?,?,?,?)",
        (account, entry.organization, entry.tin, entry.npi, entry.payer),
    )


def get_account(inventory: Inventory, name: str) -> dict[str, Any]:
    """One account with all its columns. Raises `InputError` with the nearest names when there is none."""
    row = inventory.row("SELECT * FROM accounts WHERE name = ?", (name,))
    if row is None:
        names = [entry["name"] for entry in inventory.rows("SELECT name FROM accounts ORDER BY name")]
        there = f"there are: {', '.join(names[:8])}" if names else "add one with: pk account add"
        raise InputError(f"no account is called {name!r}; {there}")
    return row


def local_day(row: Mapping[str, Value], at: datetime) -> date:
    """The local date of a moment for an account: of its `time_zone` where one is kept, else of this machine."""
    zone = None
    with suppress(ValueError, OSError, KeyError):
        zone = ZoneInfo(str(row["time_zone"])) if row["time_zone"] else None
    return at.astimezone(zone).date()


def scopes(inventory: Inventory, account: str) -> list[Scope]:
    """For whom the account may ask."""
    rows = inventory.rows("SELECT * FROM account_scope WHERE account = ? ORDER BY 1,2,3,4,5", (account,))
    return [Scope(row["organization"], row["tin"], row["npi"], row["payer"]) for row in rows]


def permit(inventory: Inventory, account: str, columns: Mapping[str, Value], *, by: str, at: str, because: str) -> None:
    """Record whether a program may use the account, who decided it, and on which document."""
    get_account(inventory, account)
    with inventory.write() as db:
        db.table("accounts").update(account, dict(columns))
        record_audit(db, at=at, who=by, action="account permit", account=account, because=because)


def observe(inventory: Inventory, account: str, columns: Mapping[str, Value]) -> None:
    """Write observed columns: what the worker saw of an account."""
    with inventory.write() as db:
        db.table("accounts").update(account, dict(columns))


def add_organization(inventory: Inventory, organization: Organization, *, by: str, at: str) -> None:
    """Add an organization by the exact name that portals list, with one TIN; again for a further TIN."""
    with inventory.write() as db:
        db.execute("INSERT OR IGNORE INTO organizations VALUES (?,?)", (organization.name, organization.tin))
        record_audit(db, at=at, who=by, action="organization add", details=organization.name)


def organizations(inventory: Inventory) -> list[Organization]:
    """All organizations, one per name and TIN."""
    rows = inventory.rows("SELECT name, tin FROM organizations ORDER BY name, tin")
    return [Organization(name=row["name"], tin=row["tin"]) for row in rows]


def add_provider(inventory: Inventory, provider: Provider, medicaid_id: str, *, by: str, at: str) -> None:
    """Add a provider, or change the name kept for its NPI."""
    with inventory.write() as db:
        db.table("providers").upsert(
            {"npi": provider.npi, "name": provider.name, "medicaid_id": medicaid_id or None}, pk="npi"
        )
        record_audit(db, at=at, who=by, action="provider add", details=provider.npi)


def providers(inventory: Inventory) -> list[Provider]:
    """All providers."""
    rows = inventory.rows("SELECT npi, name FROM providers ORDER BY name, npi")
    return [Provider(npi=row["npi"], name=row["name"]) for row in rows]


def texted(inventory: Inventory) -> list[dict[str, Any]]:
    """The accounts whose codes may come by text message."""
    rows = inventory.rows("SELECT name, portal, registered_phone, code_ways FROM accounts ORDER BY name")
    return [row for row in rows if CodeWay.SMS in code_ways(row["code_ways"])]
