"""Commands that bring secrets from a list into a vault, and from one vault into another."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from bots import now
from bots.cli.office import office
from bots.cli.printing import Json, print_done, tell
from bots.cli.vault import record, vault
from bots.inventory import stamp
from bots.inventory.accounts import get_account
from bots.inventory.audit import record_audit
from flows.errors import InputError

To = Annotated[str, typer.Option("--to", help="A vault of vaults.toml, or embedded.")]
Item = Annotated[str, typer.Option("--item", help="How items are called there; {account} stands for the account.")]


def import_(
    file: Annotated[Path, typer.Argument(help="What 1Password, LastPass, Bitwarden or KeePass exports as CSV.")],
    to: To = "embedded",
    item: Item = "{account}",
    shred_it: Annotated[bool, typer.Option("--shred", help="Overwrite and delete the file afterwards.")] = False,
    json: Json = False,
) -> None:
    """Store the logins of a list, each for the account with its title or user id.

    All are checked before any is stored, and each is read back. An account that has secrets already gets them where
    they lie; others get them in --to.
    """
    from bots.vault.lists import matched, read_logins, shred

    office.acting("store a secret")
    logins = read_logins(file)
    found = matched(logins, _rows())
    if not found:
        raise InputError(f"{file}: none of its {len(logins)} logins is that of an account; nothing was stored")
    for name, login in sorted(found.items()):
        _store(name, login, to, item)
    left = len(logins) - len({login.line for login in found.values()})
    words = f"{len(found)} accounts have their secrets; {left} logins of {file} are no account's"
    if shred_it or _says_yes(f"{file} holds passwords in clear. Overwrite and delete it? [y/N] "):
        shred(file)
        words += "; the file is gone"
    elif not json:
        tell(f"{file} still holds passwords in clear: delete it")
    print_done(words, json=json, stored=sorted(found), others=left, shredded=not file.exists())


def _rows() -> list[dict[str, Any]]:
    from payers.registry import find_portal

    addresses = office.settings.portal_addresses
    rows = office.inventory.rows("SELECT name, user_id, portal, address FROM accounts")
    for row in rows:
        row["address"] = row["address"] or addresses.get(row["portal"]) or find_portal(row["portal"]).address
    return rows


def _store(name: str, login: Any, to: str, item: str) -> None:
    from bots.vault import Credential
    from bots.vault.moving import store_first
    from bots.vault.places import EMBEDDED

    row = get_account(office.inventory, name)
    before = None
    if name in office.vault.names() or to == EMBEDDED:
        before = office.vault.check(name).password_set_at
        given = {} if login.totp is None else {"totp_secret": login.totp}
        office.vault.put(name, password=login.password, **given)
    else:
        credential = Credential(
            account=name, password=login.password, password_set_at=now.utc(), totp_secret=login.totp
        )
        store_first(office.vault, _places_file(), row["user_id"], to, item.format(account=name), credential)
    stored = office.vault.get(name)
    if stored.password != login.password:
        raise InputError(f"the vault did not keep the password of {name}; those before it are stored")
    record(row, "password", before, stored)


def move(
    names: Annotated[list[str] | None, typer.Argument(help="Accounts.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every account that has secrets elsewhere.")] = False,
    to: To = ...,  # type: ignore[assignment]
    item: Item = "{account}",
    json: Json = False,
) -> None:
    """Bring accounts' secrets into another vault: made there, read back, and named in vaults.toml.

    What lay in the worker's own vault is removed; an item in a manager stays there, for you to delete.
    """
    from bots.vault.moving import move as move_one

    office.acting("store a secret")
    places = office.vault.stores.places
    if bool(names) == every:
        raise InputError("name the accounts, or give --all")
    chosen = [name for name in office.vault.names() if places.of(name).vault != to] if every else names or []
    for name in chosen:
        row = get_account(office.inventory, name)
        move_one(office.vault, _places_file(), name, row["user_id"], to, item.format(account=name))
        with office.inventory.write() as db:
            at = stamp(now.utc())
            record_audit(db, at=at, who=office.person, action="vault move", account=name, details=f"to {to}")
    print_done(f"{len(chosen)} accounts moved to {to}. Look: pk vault check --all", json=json, moved=chosen, to=to)


def _places_file() -> Path:
    from bots.vault.places import FILE

    return office.settings.config / FILE


def _says_yes(question: str) -> bool:
    if not sys.stdin.isatty():
        return False
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().casefold() in ("y", "yes")


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the tree, below `vault`."""
    vault.command("import")(import_)
    vault.command("move")(move)
