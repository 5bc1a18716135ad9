"""What the status page and the metrics show, from the inventory: counts and nicknames, no member data, no user ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bots import now
from bots.clock import Schedule, Timetable
from bots.incidents import Kind, incident_name, open_ones
from bots.inventory import Inventory, stamp

NOT_FOR_PEOPLE = (Kind.CANARY, Kind.FIRST_PASSWORD)  # they end by themselves
MOST = 12


@dataclass(frozen=True)
class Facts:
    """One look. `running`, `coming`, `people` and `lists` are rows of the page, as texts by column."""

    at: str
    stopped: str
    waiting: int
    late: int
    running: Sequence[dict[str, str]]
    coming: Sequence[dict[str, str]]
    people: Sequence[dict[str, str]]
    lists: Sequence[dict[str, str]]
    problems: Sequence[str]


def look(inventory: Inventory, table: Timetable) -> Facts:
    """Look now."""
    at = now.utc()
    incidents = open_ones(inventory)
    brakes = [incident for incident in incidents if incident["kind"] == Kind.BRAKE]
    return Facts(
        at=_local(at),
        stopped=f"since {_local(brakes[0]['opened_at'])} ({incident_name(brakes[0])})" if brakes else "",
        waiting=_count(inventory, "state = 'due' AND due_at <= ?", stamp(at)),
        late=_count(inventory, "state IN ('due', 'running') AND ready_by < ?", stamp(at)),
        running=_running(inventory),
        coming=_coming(table.rows, at),
        people=[_for_people(incident) for incident in incidents if incident["kind"] not in NOT_FOR_PEOPLE],
        lists=_lists(inventory),
        problems=table.problems,
    )


def _count(inventory: Inventory, where: str, *values: str) -> int:
    return int(inventory.rows(f"SELECT count(*) AS n FROM due WHERE {where}", values)[0]["n"])


def _running(inventory: Inventory) -> list[dict[str, str]]:
    rows = inventory.rows(
        """SELECT r.account, r.flow, r.portal, r.source, r.started_at FROM leases AS l JOIN runs AS r ON r.id = l.run_id
           WHERE l.released_at IS NULL AND r.ended_at IS NULL ORDER BY r.started_at LIMIT 200"""
    )
    return [{**row, "since": _local(row["started_at"])} for row in rows]


def _coming(rows: Sequence[Schedule], at: datetime) -> list[dict[str, str]]:
    found = [(moment.at, row) for row in rows if row.subjects and (moment := row.timing.first_after(at))]
    found.sort(key=lambda each: (each[0], each[1].name))
    return [
        {
            "at": f"{when.astimezone(ZoneInfo(row.zone)):%a %H:%M %Z}",
            "row": row.name,
            "flow": row.flow,
            "whom": row.whom,
        }
        for when, row in found[:MOST]
    ]


def _for_people(incident: dict[str, Any]) -> dict[str, str]:
    """An incident by its name, kind and place; its words may quote a portal, and stay in `pk incident show`."""
    place = " ".join(word for word in (incident["account"] or incident["portal"], incident["flow"]) if word)
    do = f"pk why {incident['account']}" if incident["account"] else f"pk incident show {incident_name(incident)}"
    return {
        "incident": incident_name(incident),
        "kind": str(incident["kind"]),
        "place": place or "everything",
        "since": _local(incident["opened_at"]),
        "taken_by": incident["taken_by"] or "nobody",
        "do": do,
    }


def _lists(inventory: Inventory) -> list[dict[str, str]]:
    rows = inventory.rows("SELECT * FROM worklists ORDER BY started_at DESC LIMIT 6")
    return [
        {
            "row": row["schedule"],
            "day": row["day"],
            "answered": f"{row['answered']} of {row['planned']}",
            "ready": _local(row["ready_at"]) if row["ready_at"] else "not yet",
            "due": _local(row["ready_by"]) if row["ready_by"] else "",
        }
        for row in rows
    ]


def _local(at: datetime | str) -> str:
    instant = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{instant.astimezone():%a %d %b %H:%M %Z}"
