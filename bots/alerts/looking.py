"""Looks at the open incidents and puts what somebody has to be told into the outbox: once, and a word when it is over.

By night only what is urgent goes out. What nobody took within half an hour goes to the backup too. Everything else, and
that something is over, waits for the end of the quiet hours; what came and went in the night is not told at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from bots import now
from bots.alerts import words
from bots.alerts.urgent import fact_of, level_of
from bots.alerts.words import Told
from bots.delivery import Level, Plan, Route, post
from bots.incidents import open_ones
from bots.inventory import Inventory, stamp

KIND = "alert"
ESCALATION = timedelta(minutes=30)
SAME_TROUBLE = timedelta(hours=6)  # that comes back so soon is not told again

_UNTOLD = "SELECT 1 FROM alerts WHERE incident = ?"
_LATELY = "SELECT 1 FROM alerts WHERE fact = ? AND told_at > ?"
_UNTAKEN = """SELECT i.*, a.told FROM alerts a JOIN incidents i ON i.id = a.incident WHERE a.level = 'urgent'
    AND a.escalated_at IS NULL AND a.told_at <= ? AND a.told <> '' AND i.closed_at IS NULL AND i.taken_by IS NULL"""
_OVER = """SELECT i.*, a.told, a.level FROM alerts a JOIN incidents i ON i.id = a.incident
    WHERE a.cleared_at IS NULL AND i.closed_at IS NOT NULL ORDER BY i.id"""


def look(inventory: Inventory, plan: Plan) -> int:
    """Tell whoever has to be told now; how many messages went into the outbox. Safe to call at any time, by anybody."""
    at = now.utc()
    with inventory.write() as db:
        return (
            _tell_urgent(inventory, db, plan, at)
            + _escalate(inventory, db, plan, at)
            + (0 if plan.quiet_at(at) else _tell_by_day(inventory, db, plan, at))
        )


def _untold(inventory: Inventory, level: Level) -> list[dict[str, Any]]:
    return [
        incident
        for incident in open_ones(inventory)
        if not inventory.row(_UNTOLD, (incident["id"],)) and level_of(inventory, incident) is level
    ]


def _tell_urgent(inventory: Inventory, db: Any, plan: Plan, at: datetime) -> int:
    """Each urgent incident by itself, whatever the hour; one that somebody took already is theirs."""
    sent = 0
    for incident in _untold(inventory, Level.URGENT):
        route = plan.route(Level.URGENT, _portal(inventory, incident))
        same = inventory.row(_LATELY, (fact_of(incident), stamp(at - SAME_TROUBLE)))
        told = route is not None and not same and not incident["taken_by"]
        _note(db, incident, Level.URGENT, route.primary if told and route else "", at)
        if told and route:
            sent += _send(db, plan, route, route.primary, words.alert(inventory, incident, plan, at, route))
    return sent


def _escalate(inventory: Inventory, db: Any, plan: Plan, at: datetime) -> int:
    sent = 0
    for incident in inventory.rows(_UNTAKEN, (stamp(at - ESCALATION),)):
        route = plan.route(Level.URGENT, _portal(inventory, incident))
        told = f"{incident['told']} {route.backup}".strip() if route else incident["told"]
        db.execute("UPDATE alerts SET escalated_at = ?, told = ? WHERE incident = ?", (stamp(at), told, incident["id"]))
        if route and route.backup:
            found = words.escalated(words.alert(inventory, incident, plan, at, route), incident, route)
            sent += _send(db, plan, route, route.backup, found)
    return sent


def _tell_by_day(inventory: Inventory, db: Any, plan: Plan, at: datetime) -> int:
    """What waited for the morning, in one message a route; and what is over, to those who were told of it."""
    sent = 0
    untold = _untold(inventory, Level.MORNING)
    for route, incidents in _by_route(inventory, plan, [one for one in untold if not one["taken_by"]]):
        sent += _send(db, plan, route, route.primary, words.digest(incidents, plan))
    for incident in untold:
        own = plan.route(Level.MORNING, _portal(inventory, incident))
        _note(db, incident, Level.MORNING, own.primary if own and not incident["taken_by"] else "", at)
    return sent + _tell_over(inventory, db, plan, at)


def _by_route(
    inventory: Inventory, plan: Plan, incidents: Sequence[dict[str, Any]]
) -> Iterable[tuple[Route, list[dict[str, Any]]]]:
    found: dict[Route, list[dict[str, Any]]] = {}
    for incident in incidents:
        if route := plan.route(Level.MORNING, _portal(inventory, incident)):
            found.setdefault(route, []).append(incident)
    return found.items()


def _tell_over(inventory: Inventory, db: Any, plan: Plan, at: datetime) -> int:
    over = inventory.rows(_OVER)
    by_whom: dict[tuple[str, Route], list[dict[str, Any]]] = {}
    for incident in over:
        told_by = plan.route(Level(incident["level"]), _portal(inventory, incident))
        for name in incident["told"].split():
            if told_by and name in plan.contacts:
                by_whom.setdefault((name, told_by), []).append(incident)
        db.execute("UPDATE alerts SET cleared_at = ? WHERE incident = ?", (stamp(at), incident["id"]))
    return sum(_send(db, plan, route, name, words.cleared(of, plan)) for (name, route), of in by_whom.items())


def _portal(inventory: Inventory, incident: dict[str, Any]) -> str:
    """The portal that an incident is about: its own, or its account's."""
    row = inventory.row("SELECT portal FROM accounts WHERE name = ?", (incident["account"],))
    return str(incident["portal"] or (row["portal"] if row else ""))


def _note(db: Any, incident: dict[str, Any], level: Level, told: str, at: datetime) -> None:
    db.execute(
        "INSERT OR IGNORE INTO alerts (incident, level, fact, told, told_at) VALUES (?,?,?,?,?)",
        (incident["id"], level, fact_of(incident), told, stamp(at)),
    )


def _send(db: Any, plan: Plan, route: Route, name: str, told: Told) -> int:
    """The long form to a contact's mail, the short one to its text address and to the route's webhook."""
    contact = plan.contacts[name]
    letters = 0
    if contact.mail:
        letters += bool(post(db, KIND, "mail", contact.mail, told.subject, told.long))
    if contact.text:
        letters += bool(post(db, KIND, "mail", contact.text, told.subject, told.short))
    if route.webhook:
        letters += bool(post(db, KIND, "webhook", route.webhook, told.subject, told.short))
    return letters
