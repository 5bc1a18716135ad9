"""A person who watches the worker's first run, and signs it off: --watch, sign-off list."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from bots.cli.office import office
from bots.cli.printing import Json, print_json, print_table, tell
from flows.errors import InputError

if TYPE_CHECKING:
    from bots.session import Pace

WatchFlag = Annotated[
    bool, typer.Option("--watch", help="Show the browser, stop before each step, and ask whether it was right.")
]
COLUMNS = ["account", "flow", "module_version", "signed_by", "signed_at", "in_force"]
app = typer.Typer(help="Which flows a person has watched, so that they may run unattended.", no_args_is_help=True)


def pace_of(watch: bool) -> Pace | None:
    """What stops before each step, where somebody watches."""
    return _pace if watch else None


async def _pace(step: str) -> None:
    tell(f"next: {step}. Enter goes on, n and Enter stops:")
    line = await asyncio.to_thread(sys.stdin.readline)
    if not line or line.strip():
        raise InputError(f"stopped by whoever watched, before: {step}")


def ask_for_sign_off(account: str, flow: str, words: str) -> None:
    """Ask whether what was seen is right, and record who says so."""
    from bots.inventory.accounts import get_account
    from bots.sign_offs import sign_off
    from payers.registry import find_portal

    version = find_portal(get_account(office.inventory, account)["portal"]).version
    tell(f"{words}. Was everything right? y and Enter signs {flow} off for {account}, module version {version}:")
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise InputError(f"{flow} is not signed off for {account}")
    sign_off(office.inventory, account, flow, version, by=office.person)
    tell(f"signed off by {office.person}: {flow} of {account} may run unattended")


@app.command("list")
def list_all(json: Json = False) -> None:
    """Who signed off what, newest first."""
    from bots.sign_offs import all_sign_offs

    found = all_sign_offs(office.inventory)
    if json:
        print_json(found)
    else:
        print_table(found, COLUMNS, empty="nothing is signed off yet; sandboxes need nothing")


def add_to(tree: typer.Typer) -> None:
    """Hang these commands into the tree."""
    tree.add_typer(app, name="sign-off")
