"""Commands about the channels by which codes reach the worker."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated

import typer

from bots import now
from bots.cli.office import office
from bots.cli.printing import Json, print_done, tell
from bots.inventory import stamp
from bots.inventory.accounts import get_account, texted
from bots.inventory.audit import record_audit
from flows.errors import InputError

codes = typer.Typer(no_args_is_help=True, help="The mailbox and other ways by which codes reach the worker.")


@codes.command("set")
def set_(channel: Annotated[str, typer.Argument(help="mailbox, or sms")], json: Json = False) -> None:
    """Store the secret of a channel, asked for or read from standard input: the mailbox's password, Twilio's token."""
    from pydantic import SecretStr

    from bots.codes.secrets import ChannelSecrets

    office.acting("store a secret")
    secrets = ChannelSecrets(office.settings.codes_folder, office.key)
    secrets.check(channel)
    secrets.put(channel, SecretStr(asked(f"secret of the {channel}: ")))
    with office.inventory.write() as db:
        record_audit(db, at=stamp(now.utc()), who=office.person, action="codes set", details=channel)
    print_done(f"the secret of the {channel} is stored. Try it: pk codes check", json=json, stored=channel)


@codes.command("check")
def check(json: Json = False) -> None:
    """Look into the mailbox and the source of text messages that the settings name, and say how they stand."""
    from bots.codes.channels import check_mailbox, try_mailbox
    from bots.codes.texting import check_texts

    said = {}
    if office.settings.mail_server or not office.settings.sms_source:
        where = check_mailbox(office.settings)
        said["mailbox"] = try_mailbox(office.settings) if office.settings.mail_host else where
    if office.settings.sms_source:
        said["texts"] = check_texts(office.settings, office.key, texted(office.inventory))
    print_done("; ".join(said.values()), json=json, **said)


@codes.command("listen")
def listen() -> None:
    """Take the text messages that a provider brings, on this machine's port sms_port, until stopped."""
    import uvicorn

    from bots.codes.sms_webhook import app_of

    if not office.settings.sms_port:
        raise InputError(f"set sms_port in {office.settings.config_file}: where your reverse proxy finds this")
    sql = "SELECT registered_phone FROM accounts WHERE registered_phone IS NOT NULL"
    app = app_of(office.settings, office.key, lambda: [row["registered_phone"] for row in office.inventory.rows(sql)])
    tell(f"takes text messages on http://127.0.0.1:{office.settings.sms_port}/sms/twilio")
    uvicorn.run(app, host="127.0.0.1", port=office.settings.sms_port, log_level="error", server_header=False)


@codes.command("backup")
def backup(name: Annotated[str, typer.Argument(help="The account's name.")], json: Json = False) -> None:
    """Store backup codes of an account, one a line on standard input, in the place of its last ones."""
    from bots.codes.backup import BackupCodes

    office.acting("store a secret")
    get_account(office.inventory, name)
    if sys.stdin.isatty():
        print("backup codes, one a line (Ctrl-D ends):", file=sys.stderr, flush=True)
    count = BackupCodes(office.settings.backup_codes_folder, office.key).put(name, sys.stdin)
    with office.inventory.write() as db:
        db.table("accounts").update(name, {"backup_codes_left": count})
        at = stamp(now.utc())
        record_audit(db, at=at, who=office.person, action="codes backup", account=name, details=str(count))
    print_done(f"{count} backup codes of {name} are stored", json=json, account=name, stored=count)


def asked(prompt: str) -> str:
    """A secret, unseen from the terminal or from a line of standard input."""
    text = getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if not text:
        raise InputError("nothing was given; all is as it was")
    return text


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the tree."""
    app.add_typer(codes, name="codes")
