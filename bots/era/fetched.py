"""From the shelf of fetched files into the archive: what a portal gave is judged and passed on, or fetched again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

import structlog

from bots.era.findings import look
from bots.era.intake import Intake, Source
from bots.inventory import Inventory
from bots.remittances import set_aside
from bots.sealing import Key, unseal
from bots.settings import Settings
from flows.errors import InputError

log = structlog.get_logger()

MOST_FETCHED = 3
_OF_FILE = """SELECT k.*, (SELECT count(*) FROM era_kept o WHERE o.portal = k.portal AND o.payer = k.payer
        AND o.trace = k.trace AND o.amount = k.amount AND o.paid_on = k.paid_on AND o.posted_on = k.posted_on) AS times
    FROM era_kept k WHERE k.sha256 = ? AND k.kept_at IS NOT NULL"""


def conclude_fetch(settings: Settings, inventory: Inventory, key: Key) -> None:
    """Take in what was fetched, then tell what is late, or is no more. What stands in the way of either is logged."""
    take_fetched(settings, inventory, key)
    try:
        look(settings, inventory)
    except InputError as error:
        log.warning("late eras not looked for", reason=str(error))


def take_fetched(settings: Settings, inventory: Inventory, key: Key) -> int:
    """Take in the fetched files that lie on the shelf, and take them off it; how many.

    Files that a dead process left there come with the next fetch of any account. A payment whose file came damaged is
    fetched again, until `MOST_FETCHED` have come. A file that can't be taken in now stays on the shelf.
    """
    taken = 0
    for sealed in sorted(settings.fetched_folder.glob("*.age")):
        rows = inventory.rows(_OF_FILE, (sealed.stem,))
        if not rows:
            continue  # it is being kept at this moment
        try:
            with suppress(FileNotFoundError):  # another process was faster
                _take(settings, inventory, key, unseal(sealed.read_bytes(), key, str(sealed)), rows)
                sealed.unlink()
                taken += 1
        except (InputError, OSError) as error:
            log.warning("era not taken in", reason=str(error))
    return taken


def _take(settings: Settings, inventory: Inventory, key: Key, data: bytes, rows: Sequence[dict[str, Any]]) -> None:
    payments = Intake(settings, inventory, key).take_in(data, _source(rows))
    if any(one.again for one in payments) and max(row["times"] for row in rows) < MOST_FETCHED:
        with inventory.write() as db:
            set_aside(db, rows[0]["sha256"])


def _source(rows: Sequence[dict[str, Any]]) -> Source:
    """Where a fetched file came from; what the portal listed, when it came for one payment."""
    first = rows[0]
    where = {name: first[name] for name in ("portal", "account", "payer", "run_id")}
    if len(rows) > 1:
        return Source(**where)
    return Source(
        **where,
        listed_trace=first["trace"],
        listed_amount=Decimal(first["amount"]),
        listed_paid_on=date.fromisoformat(first["paid_on"]),
        listed_payee=first["payee_npi"],
    )
