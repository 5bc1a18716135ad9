"""Security answers and the guard: they count in the budget of the passwords, and no refused one goes out again."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from bots.brake import check_stopped
from bots.desk import Grant
from bots.guard import check, open_attempt, standing
from bots.incidents import Kind, close_incident, open_ones
from bots.inventory import Inventory
from bots.lease import Lease, check_epoch
from flows.errors import AccountHeld, SecurityQuestionAsked
from payers.model import Policy


def grant_answer(inventory: Inventory, held: Lease, run_id: str, fingerprint: str, policy: Policy) -> Grant:
    """Open an attempt with an answer, while the question is on the page.

    Raises `SecurityQuestionAsked` where the guard's two rules leave it to a person, so that the account is frozen and
    no later run takes its password only to stand before the question again. Raises `AccountHeld` while the brake is on.
    """
    with inventory.write() as db:
        check_epoch(db, held.account, held.epoch)
        check_stopped(db)
        state = standing(db, held.account, policy)
        try:
            check(state, held.account, fingerprint, automatic=False)
        except AccountHeld:
            why = "it was refused before" if fingerprint in state.refused else "it may be one failure too many"
            raise SecurityQuestionAsked(
                f"the portal asks a security question, and the answer in the vault is not submitted: {why}"
            ) from None
        return open_attempt(db, held, run_id, "answer", fingerprint=fingerprint)


def lift_freeze(db: Any, account: str, stored: Collection[str], *, by: str) -> None:
    """Other answers are in the vault, known by the fingerprints `stored`: a freeze for one not among them ends.

    Inside the caller's transaction.
    """
    for freeze in open_ones(db, Kind.FREEZE):
        about = freeze["account"], freeze["error"]
        if about == (account, SecurityQuestionAsked.__name__) and freeze["fingerprint"] not in stored:
            close_incident(db, freeze, by=by, because="the vault holds other security answers")
