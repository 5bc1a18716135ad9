"""Commands that change a password on the portal."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from bots.cli.office import log_to, office
from bots.cli.printing import Json, print_done, tell
from bots.inventory.accounts import get_account

if TYPE_CHECKING:
    from bots.runner import RunResult

password = typer.Typer(no_args_is_help=True, help="Change passwords on the portals.")
Name = Annotated[str, typer.Argument(help="The account's name.")]


@password.command("change")
def change(name: Name, json: Json = False) -> None:
    """Sign in, change the password by the portal's rules, and verify it by signing in afresh."""
    office.acting("change a password")
    get_account(office.inventory, name)
    log_to(office.settings.home / "portalkeeper.log")
    tell("this takes a minute: the verification waits for a fresh code of the authenticator")
    result = asyncio.run(_change(name))
    if result.failure:
        raise result.failure.to_error()
    print_done(f"{name}: the password was changed and verified; the old one is history", json=json, account=name)


async def _change(name: str) -> RunResult:
    from bots.runner.password_change import change_password

    async with office.runner("command") as runner:
        return await change_password(runner, office.inventory, office.vault, name, by=office.person)


@password.command("recover")
def recover(name: Name, json: Json = False) -> None:
    """Recover a forgotten password by a letter from the portal, also for a locked account, and verify it."""
    office.acting("change a password")
    log_to(office.settings.home / "portalkeeper.log")
    result = asyncio.run(_recover(name))
    if result.failure:
        raise result.failure.to_error()
    print_done(f"{name}: the password was recovered and verified; the old one is history", json=json, account=name)


async def _recover(name: str) -> RunResult:
    from bots.runner.password_recovery import recover_password

    async with office.runner("command") as runner:
        return await recover_password(runner, office.inventory, office.vault, office.settings, name, by=office.person)


@password.command("settle")
def settle(name: Name, json: Json = False) -> None:
    """Find out which of two passwords is in force, after a change that was cut off; contacts nobody without one."""
    office.acting("change a password")
    get_account(office.inventory, name)
    log_to(office.settings.home / "portalkeeper.log")
    result = asyncio.run(_settle(name))
    if result.failure:
        raise result.failure.to_error()
    print_done(f"{name}: one password is in force, and the vault holds it", json=json, account=name)


async def _settle(name: str) -> RunResult:
    from bots.runner import password_change

    async with office.runner("command") as runner:
        return await password_change.settle(runner, office.vault, name)


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the tree."""
    app.add_typer(password, name="password")
