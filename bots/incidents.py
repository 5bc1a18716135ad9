"""Incidents: what stops work, until a person or a good canary says that it may go on.

    freeze   an account: refused, locked, or waiting for a person
    repair   a flow on a portal: the site has changed
    pause    a portal, or one flow on it: an outage, or a person's word; ends by itself when `until` is given
    hold     a payer's flow: its answers do not look right together (`bots.holds`)
    brake    every password submission everywhere: too many refusals at once, or a person's word
    canary   what follows the end of a repair or a pause: one run on the portal goes first
    first password
             what follows the brake: one password submission on the portal goes first
    unsaved era
             a downloaded file that can't be written: it is in memory only, and is tried again until it is on disk
    lost era files that a portal gave out and offers no more, and that are not on disk
    late era an 835 or a deposit that is late, or a payment that waits for a person (`bots.era.findings`)
    foreign sign-in
             the portal shows a sign-in that neither the worker nor a recorded person made (`bots.last_sign_in`)
    foreign change
             a letter of the portal tells of a changed password or profile, and neither the worker nor a recorded person
             changed it (`bots.change_notices`)
    held, no password, failing, deadline, no route, mailbox
             what the report says of accounts, lists and mailbox, and stops nothing by itself: opened and closed with
             what it says (`bots.report.taken_up`), so that a person can take it and put it aside

An incident has an opener, a cause and a closer; each opening and closing is in the audit trail.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any

from bots import now
from bots.desk import Failure
from bots.inventory import Inventory, stamp
from bots.inventory.audit import record_audit
from flows.errors import InputError


class Kind(StrEnum):
    """What an incident stops."""

    FREEZE = "freeze"
    REPAIR = "repair"
    PAUSE = "pause"
    HOLD = "hold"
    BRAKE = "brake"
    CANARY = "canary"
    FIRST_PASSWORD = "first password"  # noqa: S105 - the name of a state
    UNSAVED_ERA = "unsaved era"
    LOST_ERA = "lost era"
    LATE_ERA = "late era"
    FOREIGN_SIGN_IN = "foreign sign-in"
    FOREIGN_CHANGE = "foreign change"
    HELD = "held"
    NO_PASSWORD = "no password"  # noqa: S105 - the name of a state
    FAILING = "failing"
    DEADLINE = "deadline"
    NO_ROUTE = "no route"
    MAILBOX = "mailbox"


_OPEN = "SELECT * FROM incidents WHERE kind = ? AND closed_at IS NULL"
FOLLOWED_BY_A_CANARY = (Kind.REPAIR, Kind.PAUSE)
OF_THE_REPORT = (Kind.HELD, Kind.NO_PASSWORD, Kind.FAILING, Kind.DEADLINE, Kind.NO_ROUTE, Kind.MAILBOX)


def open_incident(
    db: Any,
    kind: Kind,
    failure: Failure,
    *,
    by: str,
    account: str | None = None,
    portal: str | None = None,
    flow: str | None = None,
    payer: str | None = None,
    run_id: str | None = None,
    fingerprint: str | None = None,
    minutes: int | None = None,
    beside_others: bool = False,
) -> int | None:
    """Open an incident, inside the caller's transaction; nothing when the same one is open. Its id, if it is new.

    `beside_others`: the caller knows that it is another one, though account, portal, flow and payer are the same.
    """
    same = db.execute(
        f"{_OPEN.replace('*', 'id')} AND account IS ? AND portal IS ? AND flow IS ? AND payer IS ?",
        (kind, account, portal, flow, payer),
    )
    if same.fetchone() and not beside_others:
        return None
    at = now.utc()
    until = stamp(at + timedelta(minutes=minutes)) if minutes else None
    cause = (failure.error, failure.phrase, failure.screen, failure.message, fingerprint)
    cursor = db.execute(
        """INSERT INTO incidents (kind, account, portal, flow, payer, error, phrase, screen, message, fingerprint,
           opened_at, opened_by, run_id, until) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)""",
        (kind, account, portal, flow, payer, *cause, stamp(at), by, run_id, until),
    )
    what = " ".join(word for word in (account, portal, payer, flow) if word)
    record_audit(
        db, at=stamp(at), who=by, action=f"open {kind}", account=account, because=failure.message, details=what
    )
    return int(cursor.lastrowid)


def open_ones(source: Inventory | Any, kind: Kind | None = None) -> list[dict[str, Any]]:
    """Open incidents, oldest first. `source` is the inventory, or the database inside a `write()`."""
    sql, values = (f"{_OPEN} ORDER BY id", (kind,)) if kind else (_ALL_OPEN, ())
    return (
        source.rows(sql, values)
        if isinstance(source, Inventory)
        else [dict(row) for row in source.execute(sql, values)]
    )


_ALL_OPEN = "SELECT * FROM incidents WHERE closed_at IS NULL ORDER BY id"


def close_incident(db: Any, incident: dict[str, Any], *, by: str, because: str) -> None:
    """Close an incident, inside the caller's transaction. A repair or a pause is followed by a canary."""
    at = stamp(now.utc())
    db.execute(
        "UPDATE incidents SET closed_at = ?, closed_by = ?, because = ? WHERE id = ? AND closed_at IS NULL",
        (at, by, because, incident["id"]),
    )
    name = incident_name(incident)
    record_audit(
        db,
        at=at,
        who=by,
        action=f"close {incident['kind']}",
        account=incident["account"],
        because=because,
        details=name,
    )
    if incident["kind"] in FOLLOWED_BY_A_CANARY:
        begin_canary(db, incident["portal"], incident["flow"], because=f"after {name}", by=by)


def begin_canary(db: Any, portal: str, flow: str | None, *, because: str, by: str, kind: Kind = Kind.CANARY) -> None:
    """From now on one run on the portal goes first, and the others wait for how it ends."""
    open_incident(db, kind, Failure(error="AccountHeld", message=because), by=by, portal=portal, flow=flow)


def release_brake(db: Any, portals: list[str], *, by: str, because: str) -> None:
    """Let password submissions go on, one canary per portal first. Raises `InputError` when the brake is not on."""
    brakes = open_ones(db, Kind.BRAKE)
    if not brakes:
        raise InputError("nothing is stopped")
    for brake in brakes:
        close_incident(db, brake, by=by, because=because)
    for portal in portals:
        words = f"after {incident_name(brakes[0])}"
        begin_canary(db, portal, None, because=words, by=by, kind=Kind.FIRST_PASSWORD)


def find_incident(inventory: Inventory, name: str) -> dict[str, Any]:
    """The incident called `INC-0412` or `412`. Raises `InputError` when there is none."""
    digits = name.upper().removeprefix("INC-")
    row = inventory.row("SELECT * FROM incidents WHERE id = ?", (int(digits),)) if digits.isdigit() else None
    if row is None:
        raise InputError(f"no incident is called {name!r}; see: pk incident list")
    return row


def incident_name(incident: dict[str, Any]) -> str:
    """How people call it."""
    return f"INC-{incident['id']:04}"
