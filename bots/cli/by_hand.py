"""Commands by which people answer for an account: unfreeze, signed-in, refused-by-hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from bots.cli.accounts import Because, Name, account
from bots.cli.office import office
from bots.cli.printing import Json, print_done
from bots.inventory.accounts import get_account
from payers.registry import find_portal

if TYPE_CHECKING:
    from bots.guard import Standing


def _standing(row: dict[str, Any]) -> Standing:
    from bots import guard

    return guard.standing(office.inventory, row["name"], find_portal(row["portal"]).policy)


def unfreeze(name: Name, because: Because, json: Json = False) -> None:
    """Let the worker submit again: you know that the account is fine."""
    from bots import by_hand

    office.acting("freeze or unfreeze an account")
    row = get_account(office.inventory, name)
    before, who = _standing(row), _who_unlocks(row)
    four_eyes = bool(office.people.by_user)
    by_hand.unfreeze(office.inventory, name, before, by=office.person, because=because, four_eyes=four_eyes)
    remain = max(0, before.threshold - before.possible_failures)
    print_done(
        f"account {name} is not frozen any more, and the worker's count starts again. The portal may have counted "
        f"{before.possible_failures} failures: {remain} of {before.threshold} tries remain before a lock. "
        f"Who unlocks then: {who}",
        json=json,
        account=name,
        frozen=False,
        tries_remaining=remain,
        who_unlocks=who,
    )


def _who_unlocks(row: dict[str, Any]) -> str:
    from bots.ways_back import way_back

    published = way_back(row, find_portal(row["portal"]).policy, "AccountLocked")
    return published or f"not published; ask {row['administrator_1'] or 'an administrator of the organization'}"


def signed_in(name: Name, because: Because, json: Json = False) -> None:
    """Record that you signed in by hand, and it went well."""
    from bots import by_hand

    office.acting("freeze or unfreeze an account")
    row = get_account(office.inventory, name)
    by_hand.signed_in(office.inventory, name, by=office.person, because=because)
    _told(row, "the good sign-in by hand is recorded", json=json)


def refused_by_hand(name: Name, because: Because, json: Json = False) -> None:
    """Record that the portal refused you: the worker then has one try less."""
    from bots import by_hand

    office.acting("freeze or unfreeze an account")
    row = get_account(office.inventory, name)
    by_hand.refused(office.inventory, name, by=office.person, because=because)
    _told(row, "the refusal by hand is counted", json=json)


def _told(row: dict[str, Any], what: str, *, json: bool) -> None:
    from bots import guard

    name, state = row["name"], _standing(row)
    words = f"account {name}: {what}; the worker has {state.left} of {state.allowance} tries left"
    if state.freeze:
        words += f". It is still frozen. {guard.next_step(name, state)}"
    frozen = state.freeze is not None
    print_done(words, json=json, account=name, tries_left=state.left, frozen=frozen)


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the tree."""
    account.command()(unfreeze)
    account.command("signed-in")(signed_in)
    account.command("refused-by-hand")(refused_by_hand)
