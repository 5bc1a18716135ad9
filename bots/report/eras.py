"""Remittances that are late or wait for a person, as the report tells of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from bots.era.findings import open_findings
from bots.era.headlines import headline, money, payee, state, title, words
from bots.incidents import incident_name
from bots.inventory import Inventory
from bots.report.costs import ERAS
from bots.report.model import Need
from bots.report.standings import Zone, of_incident, put_aside

SHOWN = 3  # so many of one payer and payee stand by themselves; more become one line
WHO = "whoever posts payments"


def era_needs(inventory: Inventory, zone: Zone, at: datetime, stamp: str) -> list[Need]:
    """What needs a person; what is put aside comes back on its date. `stamp` is `at` as the inventory writes it."""
    alike: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in open_findings(inventory):
        if not put_aside(row, stamp):
            alike[state(row), row["payer"], row["payee"]].append(row)
    needs = []
    for rows in alike.values():
        needs += [_need(row, zone, at) for row in rows] if len(rows) <= SHOWN else [_many(rows, zone, at)]
    return needs


def _need(row: dict[str, Any], zone: Zone, at: datetime) -> Need:
    name, found = incident_name({"id": row["incident"]}), words(row)
    return Need(
        what=headline(row),
        state=state(row),
        error="",
        since=zone(row["opened_at"]) or at,
        portal=title(row["payer"]),
        portal_words="",
        worker=f"{found[:1].upper()}{found[1:]}; {_days(row['days'])}.",
        do=f"{_do(row)} Then: pk incident snooze {name} --until DATE, or pk incident close {name} --because ...",
        who=WHO,
        flows=(ERAS,),
        **of_incident({**row, "id": row["incident"]}),
    )


def _do(row: dict[str, Any]) -> str:
    """The next step, without the whole trace number; `pk era missing` has it."""
    if row["trace"] and row["trace"] in row["do"]:
        return "Look at it: pk era missing has its trace number, then pk era show TRACE."
    return f"{row['do'].rstrip('.')}."


def _many(rows: list[dict[str, Any]], zone: Zone, at: datetime) -> Need:
    """Many of one payer and payee; `rows` have the oldest first."""
    first = rows[0]
    total = sum((Decimal(row["amount"]) for row in rows if row["amount"]), Decimal())
    named = ", ".join(filter(None, (title(first["payer"]), payee(first))))
    return Need(
        what=f"{named}, {len(rows)} payments, {money(total)}, the oldest of {first['since']}",
        state=state(first),
        error="",
        since=min(zone(row["opened_at"]) or at for row in rows),
        portal=title(first["payer"]),
        portal_words="",
        worker=f"{_days(max(row['days'] for row in rows)).capitalize()} at most. "
        f"Incidents {', '.join(_names(rows[:SHOWN]))} and {len(rows) - SHOWN} more.",
        do="Each with what to do: pk era missing. They close by themselves once what is missing is there.",
        who=WHO,
        flows=(ERAS,),
        taken_by=first["taken_by"] or "",
    )


def _names(rows: Iterable[dict[str, Any]]) -> list[str]:
    return [incident_name({"id": row["incident"]}) for row in rows]


def _days(days: int) -> str:
    return f"{days} banking day{'' if days == 1 else 's'}"
