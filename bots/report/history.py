"""Thirty days: how often each flow on each portal went well and how long it took, and which pages begin to change.

All of it is counted by SQLite over indexes; a million runs never become a million rows here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bots.inventory import Inventory, stamp
from bots.report.model import Drift, PortalLine
from bots.report.standings import Zone

DAYS = 30
MOST_DURATIONS = 5000  # the newest of each flow on a portal are enough to tell how long a look-up takes
YARDSTICK = 20.0  # seconds; a look-up by hand takes longer
_GUARD = "('AccountHeld', 'AccountFrozen')"  # nobody was contacted

_PAIRS = "SELECT DISTINCT portal, flow FROM runs INDEXED BY runs_history"
_OF_A_DAY = f"""SELECT count(*) AS runs, ifnull(sum(ended_at IS NOT NULL AND error IS NULL), 0) AS good
    FROM runs INDEXED BY runs_history WHERE portal = ? AND flow = ? AND started_at >= ? AND started_at < ?
    AND (error IS NULL OR error NOT IN {_GUARD})"""
_DURATIONS = """SELECT CAST(round(min(36000, 864000 * (julianday(ended_at) - julianday(started_at)) / max(asked, 1)))
    AS INTEGER) AS tenths, count(*) AS runs FROM (SELECT started_at, ended_at, asked FROM runs INDEXED BY runs_history
    WHERE portal = ? AND flow = ? AND started_at >= ? AND started_at <= ? AND error IS NULL AND ended_at IS NOT NULL
    ORDER BY started_at DESC LIMIT ?) GROUP BY tenths"""
_OF_ACCOUNTS = f"""SELECT account, substr(started_at, 1, 10) AS day, count(*) AS runs,
    sum(ended_at IS NOT NULL AND error IS NULL) AS good FROM runs INDEXED BY runs_account
    WHERE account IN (SELECT value FROM json_each(?)) AND started_at > ? AND started_at <= ?
    AND (error IS NULL OR error NOT IN {_GUARD}) GROUP BY 1, 2"""
_DRIFTS = """SELECT a.portal, n.words, count(DISTINCT n.account) AS accounts, max(n.at) AS last FROM notices n
    JOIN accounts a ON a.name = n.account WHERE n.kind = 'drift' AND n.at > ? AND n.at <= ? GROUP BY 1, 2
    ORDER BY last DESC LIMIT 20"""

Days = tuple[tuple[int, int], ...]


def portal_lines(inventory: Inventory, at: datetime, titles: Callable[[str], str]) -> tuple[PortalLine, ...]:
    """A line for each flow on each portal that ran in 30 days; `titles` names portals for people."""
    pairs = ((row["portal"], row["flow"]) for row in inventory.rows(_PAIRS))
    lines = (_line(inventory, portal, flow, titles(portal), at) for portal, flow in pairs)
    return tuple(sorted((line for line in lines if line.runs), key=lambda line: (line.portal, line.flow)))


def _line(inventory: Inventory, portal: str, flow: str, title: str, at: datetime) -> PortalLine:
    """The days one by one: each is a short walk along the index, where sorting a million runs would take seconds."""
    begin, end = _period(at)
    firsts = [f"{_first_day(at) + timedelta(days=number)}T" for number in range(DAYS)]
    found = [
        inventory.rows(_OF_A_DAY, (portal, flow, first, last))[0]
        for first, last in zip(firsts, [*firsts[1:], f"{end}~"], strict=True)
    ]
    durations = inventory.rows(_DURATIONS, (portal, flow, begin, end, MOST_DURATIONS))
    counted = [(row["tenths"], row["runs"]) for row in durations]
    return PortalLine(
        portal=title,
        flow=flow,
        runs=sum(row["runs"] for row in found),
        good=sum(row["good"] for row in found),
        days=tuple((row["runs"], row["good"]) for row in found),
        p50=percentile(counted, 0.5),
        p90=percentile(counted, 0.9),
    )


def percentile(durations: Iterable[tuple[int, int]], share: float) -> float | None:
    """The seconds that `share` of the runs took at most, from tenths of seconds and how many runs took them."""
    ordered = sorted(durations)
    wanted, seen = share * sum(runs for _, runs in ordered), 0
    for tenths, runs in ordered:
        seen += runs
        if seen >= wanted:
            return tenths / 10
    return None


def days_of(inventory: Inventory, names: Collection[str], at: datetime) -> dict[str, Days]:
    """The runs of 30 days of each of the accounts."""
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for row in inventory.rows(_OF_ACCOUNTS, (json.dumps(sorted(names)), *_period(at))):
        found.setdefault(row["account"], {})[row["day"]] = (row["runs"], row["good"])
    return {name: _in_order(days, at) for name, days in found.items()}


def drifts(inventory: Inventory, at: datetime, zone: Zone, titles: Callable[[str], str]) -> tuple[Drift, ...]:
    """Screens that were known by their second sign only; the names are the modules', never the page's."""
    return tuple(_drift(row, zone, titles, at) for row in inventory.rows(_DRIFTS, _period(at)))


def _drift(row: dict[str, Any], zone: Zone, titles: Callable[[str], str], at: datetime) -> Drift:
    return Drift(
        portal=titles(row["portal"]), screen=row["words"], accounts=row["accounts"], last=zone(row["last"]) or at
    )


def _period(at: datetime) -> tuple[str, str]:
    """From the first day that is shown, whole, up to now; days are those of UTC, as stamps are."""
    return f"{_first_day(at).isoformat()}T", stamp(at.astimezone(UTC))


def _first_day(at: datetime) -> date:
    return at.astimezone(UTC).date() - timedelta(days=DAYS - 1)


def _in_order(days: dict[str, tuple[int, int]], at: datetime) -> Days:
    """One pair, runs and good ones, for each day that is shown."""
    first = _first_day(at)
    return tuple(days.get((first + timedelta(days=number)).isoformat(), (0, 0)) for number in range(DAYS))
