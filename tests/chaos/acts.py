"""What the processes of the chaos do: the worker's commands, a person's acts, and a look at how things stand."""

from __future__ import annotations

import sys
from contextlib import closing
from mailbox import Maildir
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bots import freezes, guard, settings
from bots.incidents import Kind, close_incident, open_ones
from bots.inventory import Inventory
from bots.inventory.accounts import add_account
from bots.outlook import standing_of
from bots.recovery import recover
from bots.report.words import plain
from bots.runner import Runner, password_change, password_recovery
from bots.sealing import create_key, load_key
from bots.vault import create_vault, open_vault
from flows.errors import PortalkeeperError
from tests.chaos import letters, seat
from tests.chaos.practice import ACCOUNT, BASE


class Office:
    """One data folder. Its inventory is open only while it is used: an open one does not survive a fork."""

    def __init__(self, home: Path, **options: Any) -> None:
        mail = {"mail_folder": home / "mail", "mail_server": letters.SERVER, "letter_seconds": 20}
        options |= {"browser_executable": Path(sys.executable), **mail}
        self.settings = settings.load(home).model_copy(update={"evidence": "none"} | options)
        self.key = load_key(self.settings.key_file)
        self.vault = open_vault(self.settings, self.key)
        self.vault.prove_key()

    def do(self, act: str, *arguments: Any) -> Any:
        """One of the acts of people."""
        with closing(Inventory(self.settings.database)) as self.inventory:
            return PEOPLE[act](self, *arguments)


def furnish(home: Path) -> None:
    """Make a data folder with one account."""
    home.mkdir(mode=0o700)
    for folder in ("state", "config", "answers"):
        (home / folder).mkdir(mode=0o700)
    Maildir(home / "mail")
    create_vault(home / "vault", create_key(home / "vault.key"))
    with closing(Inventory(home / "inventory.db")) as inventory:
        row = {"name": ACCOUNT, "portal": seat.NAME, "user_id": "u", "kind": "worker", "address": seat.ADDRESS}
        row["registered_email"] = letters.ADDRESSEE
        add_account(inventory, row, [], by="test", at=BASE.isoformat())


async def carry_out(office: Office, command: str) -> dict[str, Any]:
    """A command of the worker, with the same first step as on the command line; how it ended."""
    source = "service" if command == "service" else "command"
    with closing(Inventory(office.settings.database)) as inventory:
        recover(inventory, office.settings)
        runner = Runner(office.settings, inventory, office.vault, office.key, source=source, by="chaos")
        try:
            if command == "change":
                run = await password_change.change_password(runner, inventory, office.vault, ACCOUNT, by="chaos")
            elif command == "recover":
                run = await password_recovery.recover_password(
                    runner, inventory, office.vault, office.settings, ACCOUNT, by="chaos"
                )
            elif command == "settle":
                run = await password_change.settle(runner, office.vault, ACCOUNT)
            else:
                run = await runner.run(ACCOUNT, "login", fresh=command == "sign in")
        except PortalkeeperError as error:
            return {"error": type(error).__name__, "message": str(error), "do": plain(type(error).__name__).do}
        finally:
            await runner.stop()
    failure = run.failure
    if failure is None:
        return {"error": "", "message": str(run.sign_in), "do": ""}
    return {"error": failure.error, "message": failure.message, "do": plain(failure.error).do}


def look(office: Office) -> dict[str, Any]:
    """How the account stands: in the vault, in the inventory, and in the words of `pk why`."""
    entry, twin = office.vault.get(ACCOUNT), office.vault.journalled(ACCOUNT)
    candidates = [entry.password, *(pending.password for pending in (entry.pending, twin) if pending)]
    history = {old.password.get_secret_value() for old in entry.history}
    state = guard.standing(office.inventory, ACCOUNT, seat.PORTAL.policy)
    return {
        "current": entry.password.get_secret_value(),
        "candidates": {password.get_secret_value() for password in candidates},
        "history": history,
        "pending": entry.pending.state if entry.pending else "",
        "problem": standing_of(office.inventory, office.vault, office.settings, ACCOUNT).problem,
        "freezes": [row["error"] for row in open_ones(office.inventory, Kind.FREEZE)],
        "counted": state.possible_failures,
    }


def set_password(office: Office, password: str) -> None:
    """`pk vault set`."""
    office.vault.put(ACCOUNT, password=SecretStr(password))


def set_secret(office: Office, secret: str) -> None:
    """`pk vault set --totp`."""
    office.vault.put(ACCOUNT, totp_secret=SecretStr(secret))


def unfreeze(office: Office) -> None:
    """`pk account unfreeze`."""
    freezes.unfreeze(office.inventory, ACCOUNT, by="person", because="signed in by hand")


def close(office: Office) -> None:
    """`pk incident close`, for whatever stops the portal."""
    with office.inventory.write() as db:
        for incident in [*open_ones(db, Kind.REPAIR), *open_ones(db, Kind.PAUSE)]:
            close_incident(db, incident, by="person", because="looked at")


PEOPLE = {
    "look": look,
    "set password": set_password,
    "set secret": set_secret,
    "unfreeze": unfreeze,
    "close incidents": close,
}
