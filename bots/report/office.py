"""Can the office work today: the day's lists, the remittances in money. What is not there yet is left out."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from bots.inventory import Inventory
from bots.report.model import Remittances, WorkList
from bots.report.standings import Zone

_LISTS = """SELECT * FROM worklists WHERE (schedule, day) IN (SELECT schedule, max(day) FROM worklists WHERE day >= ?
    AND started_at <= ? GROUP BY schedule) ORDER BY flow DESC, schedule"""
_PAYMENTS = """SELECT p.amount, p.state, d.picked_up_at FROM era_files f JOIN era_payments p USING (sha256)
    LEFT JOIN era_drops d ON d.id = p.drop_id WHERE f.received_at > ? AND f.received_at <= ?"""


def work_lists(inventory: Inventory, since: str, until: str, zone: Zone) -> tuple[WorkList, ...]:
    """The newest list of each schedule row since the last report; none where no list is kept yet."""
    if not inventory.has_table("worklists"):
        return ()
    return tuple(_list(row, zone) for row in inventory.rows(_LISTS, (since[:10], until)))


def _list(row: dict[str, Any], zone: Zone) -> WorkList:
    words: dict[str, int] = json.loads(row.get("words") or "{}")
    return WorkList(
        flow=row["flow"],
        name=row.get("name") or row.get("file") or row["schedule"],
        planned=row["planned"],
        answered=row["answered"],
        unchecked=row["planned"] - row["answered"],
        words=tuple(words.items()),
        ready_at=zone(row["ready_at"]),
        ready_by=zone(row["ready_by"]),
        cause=row.get("cause") or "",
        answers=row.get("answers") or "",
    )


def remittances(inventory: Inventory, since: str, until: str) -> Remittances | None:
    """The payments that came in; none where no ERA has ever been received."""
    if not inventory.row("SELECT 1 FROM era_files LIMIT 1"):
        return None
    rows = inventory.rows(_PAYMENTS, (since, until))
    passed = [row for row in rows if row["state"] == "passed"]
    return Remittances(
        payments=len(passed),
        amount=f"{sum((Decimal(row['amount'] or 0) for row in passed), Decimal()):,.2f}",
        picked_up=sum(row["picked_up_at"] is not None for row in passed),
        held=sum(row["state"] in ("held", "quarantined") for row in rows),
    )


def checked_words(lists: tuple[WorkList, ...]) -> str:
    """How many of today's patients are checked, for the subject."""
    of_patients = [entry for entry in lists if entry.flow == "eligibility"]
    if not of_patients:
        return ""
    answered, planned = sum(entry.answered for entry in of_patients), sum(entry.planned for entry in of_patients)
    return f"{answered}/{planned} patients checked"


def in_time(entry: WorkList, at: datetime) -> str:
    """Whether a list is ready, against when it has to be."""
    due = f" (due {entry.ready_by:%H:%M})" if entry.ready_by else ""
    if entry.ready_at is None:
        late = entry.ready_by is not None and entry.ready_by < at
        return f", {'LATE, ' if late else ''}not ready{due}"
    late = entry.ready_by is not None and entry.ready_at > entry.ready_by
    return f", ready {entry.ready_at:%H:%M}{due}{' LATE' if late else ''}"
