"""Rows of work lists that no account can ask: counted by payer code, or by payer, without a word of the row.

What is counted replaces what the same list counted on the same day, so that a list that is asked again counts once.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from bots import now
from bots.batch import Plan
from bots.inventory import Inventory, stamp
from bots.payer_codes import harmless
from bots.router import Router
from bots.worklist import Row, Worklist
from payers.registry import listed_payers

KEPT = timedelta(days=31)
MOST_CODES = 20  # of one list; what is above goes with the unlisted ones


class Why(StrEnum):
    """Why no account can ask."""

    CODE = "code"
    FLOW = "flow"
    NAMED = "account named"
    NOBODY = "no account"
    SEVERAL = "several accounts"


@dataclass(frozen=True)
class NoRoute:
    """What rows have in common: a `code` (empty for one that is not kept), or payer, organization and provider."""

    why: Why
    code: str = ""
    payer: str = ""
    organization: str = ""
    tin: str = ""
    npi: str = ""


def count(inventory: Inventory, worklist: Worklist, plan: Plan, name: str, day: date) -> None:
    """Write down what the list called `name` has of such rows; with none, that it has none any more."""
    found = _of_payers(inventory, worklist, plan) + _of_codes(worklist)
    at = now.utc()
    with inventory.write() as db:
        db.execute("DELETE FROM no_routes WHERE at < ?", (stamp(at - KEPT),))
        db.execute("DELETE FROM no_routes WHERE list = ? AND day = ? AND flow = ?", (name, f"{day}", plan.flow))
        for one, rows in found.items():
            place = (name, f"{day}", plan.flow, one.why, one.code, one.payer, one.organization, one.tin, one.npi)
            db.execute("INSERT INTO no_routes VALUES (?,?,?,?,?,?,?,?,?,?,?)", (*place, rows, stamp(at)))


def _of_codes(worklist: Worklist) -> Counter[NoRoute]:
    codes = Counter(harmless(row.not_mapped) for row in worklist.rows if row.not_mapped)
    shown = {code for code, _ in codes.most_common(MOST_CODES)}
    found: Counter[NoRoute] = Counter()
    for code, rows in codes.items():
        found[NoRoute(Why.CODE, code if code in shown else "")] += rows
    return found


def _of_payers(inventory: Inventory, worklist: Worklist, plan: Plan) -> Counter[NoRoute]:
    keys = {row.key for row, _ in plan.no_route}
    rows = [row for row in worklist.rows if row.key in keys]
    router, known = Router(inventory), {row["npi"] for row in inventory.rows("SELECT npi FROM providers")}
    return Counter(found for row in rows if (found := _of_payer(row, plan.flow, router, known)))


def _of_payer(row: Row, flow: str, router: Router, known: set[str]) -> NoRoute | None:
    """A provider that nobody registered is left out: its number is as it was typed."""
    if row.payer is None or row.inquiry is None:
        return None
    listed, asking = listed_payers()[row.payer.name], row.inquiry.organization
    if flow not in listed.portal.offers():
        return NoRoute(Why.FLOW, payer=row.payer.name)
    why = Why.SEVERAL if router.accounts_for(listed, asking, row.inquiry.provider.npi) else Why.NOBODY
    npi = row.inquiry.provider.npi if row.inquiry.provider.npi in known else ""
    return NoRoute(Why.NAMED if row.account else why, "", row.payer.name, asking.name, asking.tin, npi)
