"""Supervised first runs: on a real address a row runs unattended only once a person has watched it and signed it off.

A sign-off is of account, flow and module version. After a new version one account per portal and flow goes first: when
its first good run by the service is a day old, the others that were signed off before follow. Sandboxes need nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bots import now
from bots.inventory import Inventory, stamp
from bots.inventory.accounts import get_account
from bots.inventory.audit import record_audit
from bots.settings import Settings, is_loopback
from payers.model import Portal
from payers.registry import find_portal

DAY = timedelta(days=1)
SAME_AS = {"keep": "login"}  # what keeps an account alive is a sign-in first of all
HOW = {
    "login": "pk sign-in {account} --watch",
    "eligibility": "pk eligibility --payer PAYER --account {account} --watch",
    "claim_status": "pk claim-status --payer PAYER --account {account} --watch",
    "era_download": "pk era fetch {account} --watch",
}
_CANARY = """SELECT min(s.account) AS account FROM sign_offs AS s JOIN accounts AS a ON a.name = s.account
    WHERE a.portal = ? AND s.flow = ? AND NOT EXISTS (SELECT 1 FROM incidents AS i
    WHERE i.kind = 'freeze' AND i.account = s.account AND i.closed_at IS NULL)"""


def sign_off(inventory: Inventory, account: str, flow: str, version: str, *, by: str) -> None:
    """Record that a person has watched the flow and found it right."""
    at = stamp(now.utc())
    with inventory.write() as db:
        db.execute("INSERT OR REPLACE INTO sign_offs VALUES (?,?,?,?,?)", (account, flow, version, by, at))
        record_audit(
            db, at=at, who=by, action="sign off", account=account, because="watched", details=f"{flow} {version}"
        )


def why_not_unattended(inventory: Inventory, settings: Settings, account: str, flow: str) -> str:
    """Why a flow may not run unattended for an account; empty when it may. Raises `InputError` for an unknown one."""
    row, flow = get_account(inventory, account), SAME_AS.get(flow, flow)
    portal = find_portal(row["portal"])
    if is_loopback(str(row["address"] or settings.portal_addresses.get(portal.name) or portal.address)):
        return ""
    signed = {
        found["module_version"]
        for found in inventory.rows("SELECT * FROM sign_offs WHERE account = ? AND flow = ?", (account, flow))
    }
    if portal.version in signed:
        return ""
    if not signed:
        return f"{flow} is not signed off for {account}: watch it once, with {_how(account, flow)}"
    return _behind_the_canary(inventory, account, flow, portal)


def _behind_the_canary(inventory: Inventory, account: str, flow: str, portal: Portal) -> str:
    found = inventory.row(_CANARY, (portal.name, flow))
    canary = str(found["account"]) if found and found["account"] else account
    if account == canary:
        return ""
    good = inventory.row(
        """SELECT min(ended_at) AS at FROM runs WHERE portal = ? AND flow = ? AND module_version = ? AND error IS NULL
           AND source = 'service' AND ended_at IS NOT NULL""",
        (portal.name, flow, portal.version),
    )
    if good and good["at"] and good["at"] <= stamp(now.utc() - DAY):
        return ""
    return (
        f"{portal.title} has a new module version {portal.version}: {canary} runs {flow} first, for a day; to go on at "
        f"once: {_how(account, flow)}"
    )


def _how(account: str, flow: str) -> str:
    return HOW.get(flow, HOW["login"]).format(account=account)


def all_sign_offs(inventory: Inventory) -> list[dict[str, Any]]:
    """Every sign-off, newest first, and whether it is of the module's version now."""
    rows = inventory.rows(
        """SELECT s.*, a.portal FROM sign_offs AS s LEFT JOIN accounts AS a ON a.name = s.account
           ORDER BY signed_at DESC, account"""
    )
    return [
        {**row, "in_force": bool(row["portal"]) and find_portal(row["portal"]).version == row["module_version"]}
        for row in rows
    ]
