"""Commands about accounts: add, import, list, show, permit, freeze."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from bots import now, settings
from bots.cli.office import office
from bots.cli.printing import Json, print_done, print_fields, print_json, print_table
from bots.inventory import ACCOUNT_COLUMNS, Automation, Kind, stamp
from bots.inventory.accounts import (
    Scope,
    add_account,
    checked_account,
    get_account,
    organizations,
    permit,
    scopes,
)
from flows.errors import InputError

account = typer.Typer(no_args_is_help=True, help="The logins on payer portals.")
Because = Annotated[str, typer.Option(help="Why, for the audit trail.")]
Name = Annotated[str, typer.Argument(help="The account's name.")]


@account.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Such as availity-west-worker.")],
    portal: Annotated[str, typer.Option(help="See: pk payers.")],
    user_id: Annotated[str, typer.Option(help="The login name on the portal.")],
    organization: Annotated[str, typer.Option(help="Whom it asks for, by the exact name.")] = "",
    tin: Annotated[str, typer.Option(help="Only needed when the organization has several.")] = "",
    npi: Annotated[list[str] | None, typer.Option(help="A provider it asks for; repeat; none means all.")] = None,
    payer: Annotated[
        list[str] | None, typer.Option(help="A payer it asks; repeat; none means all of the portal.")
    ] = None,
    kind: Annotated[Kind, typer.Option(help="Whose login it is.")] = Kind.WORKER,
    owner: Annotated[str, typer.Option(help="Who answers for it.")] = "",
    administrator: Annotated[str, typer.Option(help="Who can unlock it.")] = "",
    address: Annotated[str, typer.Option(help="Only for a sandbox: the portal's address.")] = "",
    field: Annotated[list[str] | None, typer.Option("--set", help="Any other column, NAME=VALUE; repeat.")] = None,
    json: Json = False,
) -> None:
    """Add one login."""
    from bots.inventory.importing import scope_of
    from payers.registry import listed_payers, portals

    office.acting("change the inventory")
    values: dict[str, Any] = {
        **_fields(field or []),
        "name": name,
        "portal": portal,
        "user_id": user_id,
        "kind": kind.value,
        "owner": owner,
        "administrator_1": administrator,
        "address": _origin(address),
    }
    row = checked_account(values, portals())
    digits = tin or _only_tin(organization)
    scope: list[Scope] = scope_of(organization, digits, npi or [], payer or [], listed_payers())
    add_account(office.inventory, row, scope, by=office.person, at=stamp(now.utc()))
    print_done(f"account {name} on {portal}. Next: pk vault set {name}", json=json, account=name, portal=portal)


def _fields(pairs: list[str]) -> dict[str, str]:
    found = {name: value for name, _, value in (pair.partition("=") for pair in pairs)}
    if empty := [name for name, value in found.items() if not value]:
        raise InputError(f"--set {empty[0]} has no value: write --set NAME=VALUE")
    return found


def _origin(address: str) -> str:
    """Scheme, host and port of an address, which may be copied with a path behind it."""
    if not address:
        return ""
    from urllib.parse import urlsplit

    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise InputError("--address is an origin such as http://availity.localhost:8801")
    if parts.scheme == "http" and not settings.is_loopback(address):
        raise InputError("--address: only https for anything that is not this machine")
    return f"{parts.scheme}://{parts.netloc}"


def _only_tin(organization: str) -> str:
    tins = [record.tin for record in organizations(office.inventory) if record.name == organization]
    if organization and len(tins) > 1:
        raise InputError(
            f"organization {organization!r} has {len(tins)} TINs: say which with --tin ({', '.join(tins)})"
        )
    return tins[0] if tins else ""


@account.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="CSV; columns as account show prints them, and organization, tin, npis, payers.")
    ],
    dry_run: Annotated[bool, typer.Option(help="Check only.")] = False,
    json: Json = False,
) -> None:
    """Add many logins at once: all of the file, or nothing."""
    from bots.inventory.importing import read_accounts
    from payers.registry import listed_payers, portals

    office.acting("change the inventory")
    entries = read_accounts(file, portals(), listed_payers())
    if not dry_run:
        with office.inventory.write():
            for row, scope in entries:
                add_account(office.inventory, row, scope, by=office.person, at=stamp(now.utc()))
    names = [row["name"] for row, _ in entries]
    if json:
        print_json({"accounts": names, "dry_run": dry_run})
    else:
        print(f"{len(names)} accounts {'would be ' if dry_run else ''}imported: {', '.join(map(str, names))}")


@account.command("list")
def list_(json: Json = False) -> None:
    """All accounts, and how they stand."""
    rows = office.inventory.rows(
        """SELECT a.name, a.portal, a.kind, a.owner, a.automation,
           substr(a.last_good_sign_in_at, 1, 16) AS last_good_sign_in, a.last_failure, (SELECT i.error FROM incidents i
           WHERE i.kind = 'freeze' AND i.account = a.name AND i.closed_at IS NULL) AS frozen
           FROM accounts a ORDER BY a.name"""
    )
    if json:
        print_json(rows)
    else:
        columns = ["name", "portal", "kind", "owner", "automation", "last_good_sign_in", "last_failure", "frozen"]
        print_table(rows, columns, empty="no account yet: pk account add")


@account.command("show")
def show(name: Name, json: Json = False) -> None:
    """Everything the inventory keeps about one account."""
    row = get_account(office.inventory, name)
    from bots.ways_back import ways_back
    from payers.registry import find_portal

    scope = scopes(office.inventory, name)
    back = ways_back(row, find_portal(row["portal"]).policy)
    if json:
        print_json({**row, "scope": [vars(entry) for entry in scope], "ways_back": back})
        return
    for group in dict.fromkeys(column.group for column in ACCOUNT_COLUMNS):
        fields = {column.name: row[column.name] for column in ACCOUNT_COLUMNS if column.group == group}
        if any(value not in (None, "") for value in fields.values()):
            print(f"[{group}]")
            print_fields(fields)
    if back:
        print("[If it is stopped]")
        print_fields(back)
    print("[Asks for]")
    for entry in scope:
        print(f"{entry.organization}, TIN {entry.tin}, NPI {entry.npi or 'any'}, payer {entry.payer or 'any'}")


@account.command("permit")
def permit_(
    name: Name,
    by: Annotated[str, typer.Option(help="Who decided.")],
    document: Annotated[str, typer.Option(help="Reference of the payer's word.")],
    review_on: Annotated[str, typer.Option(help="When to look again, YYYY-MM-DD.")],
    as_: Annotated[Automation, typer.Option("--as", help="What the payer says of programs.")] = Automation.PERMITTED,
    conditions: Annotated[str, typer.Option(help="Hours, volume, own user id.")] = "",
    json: Json = False,
) -> None:
    """Record whether a program may use this account; needed before a real portal is touched."""
    office.acting("decide on a permission")
    try:
        review = date.fromisoformat(review_on)
    except ValueError:
        raise InputError(f"--review-on {review_on!r} is not a date; write it as YYYY-MM-DD") from None
    if not by.strip() or not document.strip():
        raise InputError("--by and --document can't be empty: a permission is somebody's word on some paper")
    at = stamp(now.utc())
    columns = {
        "automation": as_.value,
        "automation_by": by,
        "automation_on": at[:10],
        "automation_document": document,
        "automation_conditions": conditions,
        "automation_review_on": review.isoformat(),
    }
    permit(office.inventory, name, columns, by=office.person, at=at, because=f"{as_.value}: {document}")
    words = f"account {name}: automation {as_.value}, by {by}, review on {review}"
    print_done(words, json=json, account=name, automation=as_.value, review_on=review)


@account.command("freeze")
def freeze(name: Name, because: Because, json: Json = False) -> None:
    """Stop every run of this account until it is unfrozen."""
    from bots import freezes
    from bots.desk import Failure

    office.acting("freeze or unfreeze an account")
    get_account(office.inventory, name)
    if not because.strip():
        raise InputError("say why: --because '...'")
    failure = Failure(error="ActionRequired", message=f"frozen by {office.person}: {because}")
    freezes.freeze(office.inventory, name, failure, by=office.person)
    print_done(f"account {name} is frozen", json=json, account=name, frozen=True)


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the tree."""
    app.add_typer(account, name="account")
