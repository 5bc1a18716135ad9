"""How an account stands, from what is on this machine alone: could it sign in now, and if not, what to do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from bots import guard, sharing
from bots.brake import check_day, check_place, check_stopped
from bots.exhibits import UNLISTED
from bots.inventory import Inventory
from bots.inventory.accounts import get_account
from bots.settings import Settings
from bots.vault import Vault
from bots.ways_back import way_back
from flows.errors import PortalkeeperError
from payers.registry import find_portal


@dataclass(frozen=True)
class AccountStanding:
    """What `check` and `why` print. `problem` is empty when a sign-in could go ahead."""

    account: str
    problem: str
    exit_code: int
    portal: str
    address: str
    frozen_since: str | None
    next_step: str
    tries_left: int
    possible_failures: int
    kept_session: bool
    last_good_sign_in: str | None
    last_failure: str | None
    last_failure_words: str | None
    evidence: str
    way_back: str

    def as_dict(self) -> dict[str, Any]:
        """What there is to say, by name."""
        return {name: value for name, value in asdict(self).items() if name != "exit_code"}


def standing_of(inventory: Inventory, vault: Vault, settings: Settings, name: str) -> AccountStanding:
    """How the account stands. Contacts nothing. Raises `InputError` for an unknown account."""
    from bots.runner import checked_address  # loads the browser library

    row = get_account(inventory, name)
    portal = find_portal(row["portal"])
    state = guard.standing(inventory, name, portal.policy)
    problem, exit_code, address = (
        "",
        0,
        str(row["address"] or settings.portal_addresses.get(portal.name, portal.address)),
    )
    try:
        address = checked_address(row, portal, settings)
        fingerprint = vault.fingerprint(name, vault.next_password(name, state.refused)[0])
        guard.check(state, name, fingerprint, automatic=False)
        check_day(inventory, name, settings.sign_ins_per_day)
        sharing.check_free(inventory, name, automatic=False)
        check_stopped(inventory)
        check_place(inventory, portal.name, "login")
    except PortalkeeperError as error:
        problem, exit_code = str(error), error.exit_code
    phrase = row["last_failure_phrase"]
    return AccountStanding(
        account=name,
        problem=problem,
        exit_code=exit_code,
        portal=portal.title,
        address=address,
        frozen_since=state.freeze["opened_at"] if state.freeze else None,
        next_step=guard.next_step(name, state),
        tries_left=state.left,
        possible_failures=state.possible_failures,
        kept_session=(settings.state_folder / f"{name}.age").exists(),
        last_good_sign_in=row["last_good_sign_in_at"],
        last_failure=row["last_failure"],
        last_failure_words=portal.phrases.get(phrase, UNLISTED) if phrase else None,
        evidence=_evidence(inventory, name),
        way_back=way_back(row, portal.policy, row["last_failure"] or "") if problem else "",
    )


def _evidence(inventory: Inventory, account: str) -> str:
    """The id of the account's newest evidence; empty when there is none."""
    row = inventory.row("SELECT id FROM evidence WHERE account = ? ORDER BY at DESC LIMIT 1", (account,))
    return str(row["id"]) if row else ""
