"""The next fourteen days, and what the worker settled by itself since the last report."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from bots.era.banking_days import holiday
from bots.incidents import Kind, incident_name
from bots.inventory import Inventory
from bots.outlook import DueItem, DueKind
from bots.outlook.due import WORKER
from bots.report.model import Ahead, Need
from bots.report.standings import Zone

DAYS = 14
_CLOSED = """SELECT * FROM incidents WHERE closed_at > ? AND closed_at <= ? AND kind IN ('freeze', 'pause', 'repair',
    'unsaved era', 'lost era', 'brake') AND closed_by IN ('worker', 'vault') ORDER BY closed_at LIMIT 50"""
_CHANGED = """SELECT at, account, action FROM audit WHERE at > ? AND at <= ? AND who = 'service'
    AND action LIKE 'password %' ORDER BY id LIMIT 50"""
_PURGED = "SELECT gone FROM purges WHERE at > ? AND at <= ? AND gone <> '' ORDER BY day"


def ahead(
    items: Sequence[DueItem],
    incidents: Sequence[dict[str, Any]],
    needs: Collection[Need],
    coming: Sequence[Ahead],
    zone: Zone,
    at: datetime,
) -> tuple[Ahead, ...]:
    """What falls due, but for what is among the needs already; pauses that end; closed banks; and what else comes."""
    dated = {need.what for need in needs if need.kind == Kind.DEADLINE}
    found = [_due(item) for item in items if item.kind is not DueKind.GUARD and item.account not in dated]
    found += _pauses(incidents, zone, at)
    found += [*_holidays(at), *coming]
    return tuple(sorted(found, key=lambda line: (line.on, line.words)))


def _due(item: DueItem) -> Ahead:
    late = f"OVERDUE since {item.deadline:%d %b %Y}: " if item.overdue else ""
    who = f"{WORKER} {item.do}" if item.who == WORKER else f"{item.who}: {item.do}"
    return Ahead(on=item.on, words=f"{item.account} {late}{item.what}", who=who)


def _pauses(incidents: Sequence[dict[str, Any]], zone: Zone, at: datetime) -> Iterator[Ahead]:
    for row in incidents:
        until = zone(row["until"])
        if row["kind"] == Kind.PAUSE and until and until > at:
            place = " ".join(filter(None, (row["portal"], row["flow"])))
            yield Ahead(
                on=until.date(), words=f"{place} paused until {until:%H:%M} ({incident_name(row)})", who="nobody"
            )


def _holidays(at: datetime) -> Iterator[Ahead]:
    for number in range(DAYS + 1):
        day = at.date() + timedelta(days=number)
        if name := holiday(day):
            yield Ahead(on=day, words=f"{name}: banks are closed, no payments", who="nobody")


def by_itself(inventory: Inventory, since: str, until: str, zone: Zone, mask: Callable[[str], str]) -> tuple[str, ...]:
    """Passwords changed, portals back, freezes lifted by a new password, files on disk after all, what was purged."""
    changed = [
        f"{row['account']} {row['action']}, {_at(zone, row['at'])}" for row in inventory.rows(_CHANGED, (since, until))
    ]
    closed = [mask(words) for row in inventory.rows(_CLOSED, (since, until)) if (words := _settled(row, zone))]
    purged = [f"past its time and purged: {row['gone']}" for row in inventory.rows(_PURGED, (since, until))]
    return (*changed, *closed, *purged)


def _settled(row: dict[str, Any], zone: Zone) -> str:
    span = f"{_at(zone, row['opened_at'])}-{_at(zone, row['closed_at'])}"
    match row["kind"]:
        case Kind.PAUSE:
            return f"{row['portal']} back after {span}"
        case Kind.FREEZE:
            return f"{row['account']} goes on with another password, {_at(zone, row['closed_at'])}"
        case Kind.UNSAVED_ERA:
            return f"the ERA of {row['account']} is on disk, {_at(zone, row['closed_at'])}"
        case Kind.LOST_ERA:
            return f"the lost ERA of {row['account']} was found, {_at(zone, row['closed_at'])}"
    return ""


def _at(zone: Zone, stamp: str) -> str:
    moment = zone(stamp)
    return f"{moment:%H:%M}" if moment else ""
