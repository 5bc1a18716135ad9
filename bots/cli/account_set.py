"""The command that changes what the inventory keeps of an account: account set."""

from __future__ import annotations

from typing import Annotated

import typer

from bots import now
from bots.cli.accounts import Name, account
from bots.cli.office import office
from bots.cli.printing import Json, print_done
from bots.inventory import stamp
from bots.inventory.accounts import get_account
from flows.errors import InputError


def set_(
    name: Name,
    owner: Annotated[str | None, typer.Option(help="Who answers for it.")] = None,
    sponsor: Annotated[str | None, typer.Option(help="Whose name the worker's user id bears at the payer.")] = None,
    backup: Annotated[str | None, typer.Option(help="Who stands in for the owner.")] = None,
    administrator: Annotated[str | None, typer.Option(help="Who can unlock it.")] = None,
    confirmed_on: Annotated[
        str | None, typer.Option(help="When registered e-mail and phone were compared with the portal, YYYY-MM-DD.")
    ] = None,
    field: Annotated[
        list[str] | None, typer.Option("--set", help="Any other column, NAME=VALUE; NAME= clears it; repeat.")
    ] = None,
    because: Annotated[str, typer.Option(help="Why, for the audit trail.")] = "",
    json: Json = False,
) -> None:
    """Change columns of an account: owner, sponsor, confirmation dates and the like."""
    from bots.inventory.changing import change_account, checked_changes

    office.acting("change the inventory")
    get_account(office.inventory, name)
    given = {
        "owner": owner,
        "sponsor": sponsor,
        "backup": backup,
        "administrator_1": administrator,
        "contact_confirmed_on": confirmed_on,
    }
    values = {column: value for column, value in given.items() if value is not None} | _fields(field or [])
    if not values:
        raise InputError("nothing to set: give --owner, --sponsor, --confirmed-on or --set NAME=VALUE")
    columns = checked_changes(values, now.utc().astimezone().date())
    at = stamp(now.utc())
    changed = change_account(office.inventory, name, columns, by=office.person, at=at, because=because)
    told = ", ".join(f"{column} {columns[column] or 'cleared'}" for column in changed)
    now_kept = {column: columns[column] for column in changed}
    print_done(f"account {name}: {told or 'as it was'}", json=json, account=name, changed=now_kept)


def _fields(pairs: list[str]) -> dict[str, str]:
    if wrong := [pair for pair in pairs if "=" not in pair]:
        raise InputError(f"--set {wrong[0]} has no value: write --set NAME=VALUE, or --set NAME= to clear it")
    return dict(pair.split("=", 1) for pair in pairs)


def add_to(app: typer.Typer) -> None:
    """Hang this command into the tree."""
    account.command("set")(set_)
