"""Payments on a portal's list whose 835 is not here. The list is kept by whoever fetches: `bots.remittances`."""

from __future__ import annotations

from typing import Any

from bots.era.routes import Routes
from bots.inventory import Inventory

_NOT_HERE = """SELECT l.*, EXISTS (SELECT 1 FROM runs r WHERE r.account = l.account AND r.flow = 'era_download'
        AND r.ended_at IS NULL) AS on_its_way
    FROM era_listed l WHERE NOT EXISTS (SELECT 1 FROM era_payments p
    WHERE p.trace = l.trace AND p.payer IN ('', l.payer) AND p.state <> 'quarantined'
    AND (ltrim(l.trace, '0') <> '' OR (l.amount = p.amount AND l.paid_on = ifnull(p.paid_on, ''))))
    ORDER BY l.paid_on"""
"""A trace number of zeros only tells nothing by itself."""


def not_here(inventory: Inventory, routes: Routes) -> list[dict[str, Any]]:
    """Those that should come by the portal, or whose route nobody has decided; oldest first.

    `on_its_way` while a run fetches for that account: its file may lie on the shelf, or come next.
    """
    rows = inventory.rows(_NOT_HERE)
    return [row for row in rows if routes.opens(row["payer"], row["payee_npi"], row["payee_tin"])]
