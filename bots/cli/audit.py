"""Commands about the audit trail."""

from __future__ import annotations

from typing import Annotated

import typer

from bots.cli.office import office
from bots.cli.printing import Json, print_done, print_json, print_table
from bots.inventory.audit import Head, verify
from flows.errors import InputError

audit = typer.Typer(no_args_is_help=True, help="Who did what, append-only.")


@audit.command("list")
def list_(
    account: Annotated[str | None, typer.Argument(help="One account; none means all.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 50,
    json: Json = False,
) -> None:
    """What was done, newest first."""
    rows = office.inventory.rows(
        "SELECT * FROM audit WHERE ? IS NULL OR account = ? ORDER BY id DESC LIMIT ?", (account, account, limit)
    )
    if json:
        print_json(rows)
    else:
        print_table(rows, ["id", "at", "who", "action", "account", "because", "details"], empty="nothing was done yet")


@audit.command("verify")
def verify_(
    head: Annotated[
        str, typer.Option(help="What a report printed, COUNT:HASH; shows whether the end was cut off.")
    ] = "",
    json: Json = False,
) -> None:
    """Recompute the chain, and say whether an entry was edited, removed or cut off."""
    found = verify(office.inventory, _told(head))
    if found.problem:
        raise InputError(f"the audit trail is not whole: {found.problem}")
    words = f"audit verified, {found.head.count} entries, head {found.head.count}:{found.head.hash[:16]}"
    print_done(words, json=json, entries=found.head.count, head=found.head.hash)


def _told(text: str) -> Head | None:
    if not text:
        return None
    count, _, hash_ = text.partition(":")
    if not count.isdigit() or len(hash_) < 8:
        raise InputError("--head is what a report printed, such as 4812:8f3c1b2a9d40a91e")
    return Head(int(count), hash_)


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the tree."""
    app.add_typer(audit, name="audit")
