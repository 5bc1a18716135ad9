"""Commands that change a password on the portal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bots.cli.office import office
from bots.cli.printing import Json, print_done, tell

if TYPE_CHECKING:
    from bots.runner import Runner, RunResult

password = typer.Typer(no_args_is_help=True, help="Change passwords on the portals.")
Name = Annotated[str, typer.Argument(help="The account's name.")]


@password.command("change")
def change(name: Name, json: Json = False) -> None:
    """Sign in, change the password by the portal's rules, and verify it by signing in afresh."""
    office.acting("change a password")

    async def work(runner: Runner) -> RunResult:
        from bots.runner.password_change import change_password

        tell("this takes a minute: the verification waits for a fresh code of the authenticator")
        return await change_password(runner, office.inventory, office.vault, name, by=office.person)

    office.carry_out(name, work)
    print_done(f"{name}: the password was changed and verified; the old one is history", json=json, account=name)


@password.command("recover")
def recover(name: Name, json: Json = False) -> None:
    """Recover a forgotten password by a letter from the portal, also for a locked account, and verify it."""
    office.acting("change a password")

    async def work(runner: Runner) -> RunResult:
        from bots.runner.password_recovery import recover_password

        return await recover_password(runner, office.inventory, office.vault, office.settings, name, by=office.person)

    office.carry_out(name, work)
    print_done(f"{name}: the password was recovered and verified; the old one is history", json=json, account=name)


@password.command("settle")
def settle(name: Name, json: Json = False) -> None:
    """Find out which of two passwords is in force, after a change that was cut off; contacts nobody without one."""
    office.acting("change a password")

    async def work(runner: Runner) -> RunResult:
        from bots.runner import password_change

        return await password_change.settle(runner, office.vault, name)

    office.carry_out(name, work)
    print_done(f"{name}: one password is in force, and the vault holds it", json=json, account=name)


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the tree."""
    app.add_typer(password, name="password")
