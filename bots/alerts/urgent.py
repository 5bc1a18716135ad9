"""How soon somebody has to know of an incident. Urgent only if waiting makes it worse and a person can act now.

Urgent are: the brake that the worker pulled, a file that is in memory only, a sign-in or a change that was not ours,
and a lock that the ledger can't explain, for then somebody else submits passwords, or promise one is broken. Freezes,
repairs, answers that are held and lost files wait for the morning. A pause that ends by itself, a canary, what the
report keeps for itself, and whatever a person stopped are told in the report.
"""

from __future__ import annotations

from typing import Any

from bots import guard
from bots.delivery import Level
from bots.incidents import Kind
from bots.inventory import Inventory
from bots.inventory import Kind as AccountKind
from payers import registry
from payers.model import Policy

_MORNING = (Kind.FREEZE, Kind.REPAIR, Kind.HOLD, Kind.LOST_ERA)


def level_of(inventory: Inventory, incident: dict[str, Any]) -> Level | None:
    """How soon somebody has to know; none where the report is enough."""
    kind, by_worker = incident["kind"], incident["opened_by"] == "worker"
    if (
        kind in (Kind.UNSAVED_ERA, Kind.FOREIGN_SIGN_IN, Kind.FOREIGN_CHANGE)
        or (kind == Kind.BRAKE and by_worker)
        or unexplained_lock(inventory, incident)
    ):
        return Level.URGENT
    return Level.MORNING if kind in _MORNING and by_worker else None


def unexplained_lock(inventory: Inventory, incident: dict[str, Any]) -> bool:
    """Whether the portal locked a login of the worker's own after fewer failures than its limit in our ledger."""
    if incident["kind"] != Kind.FREEZE or incident["error"] != "AccountLocked":
        return False
    row = inventory.row("SELECT name, portal, kind FROM accounts WHERE name = ?", (incident["account"],))
    if row is None or row["kind"] != AccountKind.WORKER:
        return False
    site = registry.portals().get(row["portal"])
    standing = guard.standing(inventory, row["name"], site.policy if site else Policy())
    return standing.possible_failures < standing.threshold


def fact_of(incident: dict[str, Any]) -> str:
    """What an incident is about, so that the same trouble that comes and goes is told once."""
    return " ".join(str(incident[column] or "-") for column in ("kind", "account", "portal", "flow", "payer"))
