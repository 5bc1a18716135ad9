"""Commands about how report and alerts reach people."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from bots import now
from bots.cli.office import office
from bots.cli.printing import Json, print_done, print_json, print_table, tell
from bots.inventory import Inventory, stamp
from bots.inventory.audit import record_audit
from flows.errors import InputError

if TYPE_CHECKING:
    from bots.settings import Settings

delivery = typer.Typer(no_args_is_help=True, help="How the morning report and the alerts reach people.")


@delivery.command("set")
def set_(channel: Annotated[str, typer.Argument(help="smtp or webhook")], json: Json = False) -> None:
    """Store the mail account's password or the webhook's key, asked for or read from standard input."""
    from pydantic import SecretStr

    from bots.cli.codes import asked
    from bots.delivery.carriers import secrets_of

    office.acting("store a secret")
    secrets = secrets_of(office.settings, office.key)
    secrets.check(channel)
    secrets.put(channel, SecretStr(asked(f"secret of {channel}: ")))
    with office.inventory.write() as db:
        record_audit(db, at=stamp(now.utc()), who=office.person, action="delivery set", details=channel)
    print_done(f"the secret of {channel} is stored. Try it: pk delivery check CONTACT", json=json, stored=channel)


@delivery.command("check")
def check(contact: Annotated[str, typer.Argument(help="A contact of config/alerts.toml.")], json: Json = False) -> None:
    """Send a contact a mail that says only that mails arrive. Raises what is in the way."""
    from bots.delivery import FILE, Letter, load_plan
    from bots.delivery.carriers import carriers_of
    from bots.delivery.outbox import NotSent

    office.acting("send the report")
    plan = load_plan(office.settings.config / FILE)
    found = plan.contacts.get(contact)
    if found is None or not found.mail:
        there = ", ".join(name for name, one in plan.contacts.items() if one.mail) or "none yet"
        raise InputError(f"no contact with a mail address is called {contact!r}; there are: {there}")
    words = "Reports and alerts of Portalkeeper reach this address. Nobody has to do anything.\n"
    letter = Letter(0, "check", "mail", found.mail, "Portals: a check of the mail", words, "", stamp(now.utc()))
    try:
        carriers_of(office.settings, plan)["mail"](letter)
    except NotSent as error:
        raise InputError(str(error)) from None
    print_done(f"the mail server took a mail for {contact}", json=json, sent=contact)


@delivery.command("list")
def list_(json: Json = False) -> None:
    """What waits to be sent, and what was refused or given up within a week."""
    rows = office.inventory.rows(
        """SELECT id, made_at, kind, way, target, subject, state, tries, said FROM outbox
           WHERE state <> 'sent' OR made_at > ? ORDER BY id DESC LIMIT 200""",
        (stamp(now.utc().replace(hour=0, minute=0)),),
    )
    if json:
        print_json(rows)
    else:
        print_table(
            rows, ["id", "made_at", "way", "target", "subject", "state", "tries", "said"], empty="nothing waits"
        )


def carry_out(settings: Settings, inventory: Inventory) -> None:
    """Try what waits in the outbox now; what does not arrive stays there, and the service tries again."""
    from bots.delivery import FILE, deliver, load_plan, waiting
    from bots.delivery.carriers import carriers_of

    plan = load_plan(settings.config / FILE)
    arrived, failed = asyncio.run(deliver(inventory, carriers_of(settings, plan)))
    said = next((letter.said for letter in waiting(inventory) if letter.said), "")
    tell(f"sent: {arrived}" + (f"; not yet: {failed} ({said}). The service tries again" if failed else ""))


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the tree."""
    app.add_typer(delivery, name="delivery")
