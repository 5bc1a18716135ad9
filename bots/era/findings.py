"""What is late or waits, kept in the inventory for the report, each with an incident that a person can take or close.

`look` compares what `find_missing` finds with what was told before: a finding opens one incident, once, and when it is
gone the incident closes. What a person has closed is settled: it is not opened again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from bots import now
from bots.desk import Failure
from bots.era.config import FILE as CONFIG
from bots.era.config import load_config
from bots.era.headlines import headline, state, words
from bots.era.missing import PAYMENTS, Missing, find_missing
from bots.era.paid_claims import forget_old
from bots.era.routes import FILE as ROUTES
from bots.era.routes import load_routes
from bots.incidents import Kind, close_incident, open_incident
from bots.inventory import Inventory
from bots.settings import Settings

WORKER = "worker"
_TOLD = """SELECT f.*, i.closed_at, i.closed_by, i.snoozed_until, i.taken_by, i.ticket, i.opened_at
    FROM era_findings f JOIN incidents i ON i.id = f.incident"""


def today() -> date:
    """The day by which is told what is late: that of the machine's zone."""
    return now.utc().astimezone().date()


def missing_now(settings: Settings, inventory: Inventory) -> list[Missing]:
    """Everything that is missing or waits by the configuration in force. InputError for a mistake in that."""
    config = load_config(settings.config / CONFIG, settings.home)
    return find_missing(inventory, config, load_routes(settings.config / ROUTES), today())


def look(settings: Settings, inventory: Inventory) -> int:
    """Open an incident for what is late and was not told, close those of what is not late any more; how many are open.

    Contacts nobody. InputError for a mistake in the configuration: then nothing is changed.
    """
    with inventory.write() as db:
        forget_old(db, today())
        late = {one.key: one for one in missing_now(settings, inventory) if one.late}
        told = {row["key"]: dict(row) for row in db.execute(_TOLD)}
        for key, one in late.items():
            before = told.get(key) or _adopted(db, one, told, late)
            if before is None or (before["closed_at"] and before["closed_by"] == WORKER):
                before = {"incident": _open(db, one)}
            _write(db, one, before["incident"])
        for row in told.values():
            if row["key"] not in late and not row["closed_at"]:
                incident = dict(db.execute("SELECT * FROM incidents WHERE id = ?", (row["incident"],)).fetchone())
                close_incident(db, incident, by=WORKER, because="it is late no more")
    return len(open_findings(inventory))


def _adopted(
    db: Any, one: Missing, told: dict[str, dict[str, Any]], late: Mapping[str, Missing]
) -> dict[str, Any] | None:
    """What was told of the same payment by another sign that is found no more: the bank first, then the list."""
    if one.kind not in PAYMENTS or not one.trace.strip("0"):
        return None
    for row in told.values():
        if row["kind"] in PAYMENTS and row["trace"] == one.trace and row["key"] not in late:
            db.execute("DELETE FROM era_findings WHERE key = ?", (row["key"],))
            return told.pop(row["key"])
    return None


def _open(db: Any, one: Missing) -> int:
    row = one.as_dict()
    failure = Failure(error="", message=f"{state(row)}  {headline(row)}: {words(row)}")
    number = open_incident(
        db, Kind.LATE_ERA, failure, by=WORKER, flow="era_download", payer=one.payer or None, beside_others=True
    )
    if number is None:
        raise RuntimeError("an incident beside others is always opened")
    return number


def _write(db: Any, one: Missing, incident: int) -> None:
    names = ("key", "kind", "since", "days", "payer", "payee", "payee_tin", "trace", "method", "amount", "words", "do")
    values = [getattr(one, name) for name in names]
    db.execute(
        f"INSERT OR REPLACE INTO era_findings (incident, {', '.join(names)}) VALUES (?{', ?' * len(names)})",
        (incident, *values),
    )


def open_findings(inventory: Inventory) -> list[dict[str, Any]]:
    """What is told and not settled, the oldest first, with who has taken it and until when it is put aside."""
    return inventory.rows(f"{_TOLD} WHERE i.closed_at IS NULL ORDER BY f.since, f.key")


def told_of(inventory: Inventory) -> dict[str, dict[str, Any]]:
    """What was told, by key; `settled` where a person has closed it although it may still be found."""
    rows = inventory.rows(_TOLD)
    return {row["key"]: {**row, "settled": bool(row["closed_at"]) and row["closed_by"] != WORKER} for row in rows}
