"""Commands about what stops work: incidents, portals that are paused, the brake."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from bots import now
from bots.cli.office import office
from bots.cli.printing import Json, print_done, print_fields, print_json, print_table
from bots.desk import Failure
from bots.incidents import (
    Kind,
    close_incident,
    find_incident,
    incident_name,
    open_incident,
    open_ones,
    release_brake,
)
from bots.inventory import stamp
from bots.inventory.audit import record_audit
from flows.errors import InputError
from payers.registry import find_portal, portals

incident = typer.Typer(no_args_is_help=True, help="What stops work, and who looks after it.")
portal = typer.Typer(no_args_is_help=True, help="Pause a portal, or a flow on it.")
Because = Annotated[str, typer.Option(help="Why, for the audit trail.")]
Id = Annotated[str, typer.Argument(help="Such as INC-0412.")]
COLUMNS = ["incident", "kind", "where", "opened_at", "message", "taken_by", "snoozed_until"]


@incident.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False, json: Json = False
) -> None:
    """Open incidents, oldest first."""
    rows = office.inventory.rows("SELECT * FROM incidents ORDER BY id") if everything else open_ones(office.inventory)
    if json:
        print_json(rows)
    else:
        print_table([_told(row) for row in rows], COLUMNS, empty="no incident is open")


def _told(row: dict[str, Any]) -> dict[str, Any]:
    where = (
        " ".join(word for word in (row["account"], row["portal"], row["payer"], row["flow"]) if word) or "everywhere"
    )
    return {**row, "incident": incident_name(row), "where": where}


@incident.command("show")
def show(name: Id, json: Json = False) -> None:
    """One incident with everything that is known of it."""
    row = find_incident(office.inventory, name)
    if json:
        print_json(row)
    else:
        print_fields(_told(row))


@incident.command("take")
def take(
    name: Id, ticket: Annotated[str, typer.Option(help="The help desk's number.")] = "", json: Json = False
) -> None:
    """Say that you look after it."""
    office.acting("look after incidents")
    row = _changed(name, "take", taken_by=office.person, taken_at=stamp(now.utc()), ticket=ticket or None)
    print_done(f"{incident_name(row)} is yours, {office.person}", json=json, incident=row["id"], taken_by=office.person)


@incident.command("snooze")
def snooze(
    name: Id,
    until: Annotated[str, typer.Option(help="When it comes back, YYYY-MM-DD or with a time.")],
    note: Annotated[str, typer.Option(help="What is being waited for.")] = "",
    json: Json = False,
) -> None:
    """Put it aside until a date; it comes back by itself."""
    office.acting("look after incidents")
    row = _changed(name, "snooze", because=note, snoozed_until=_instant(until), note=note or None)
    print_done(f"{incident_name(row)} comes back {until}", json=json, incident=row["id"], snoozed_until=until)


def _changed(name: str, action: str, because: str = "", **columns: str | None) -> dict[str, Any]:
    row = find_incident(office.inventory, name)
    if row["closed_at"]:
        raise InputError(f"{incident_name(row)} was closed on {row['closed_at'][:10]}")
    with office.inventory.write() as db:
        db.table("incidents").update(row["id"], {key: value for key, value in columns.items() if value is not None})
        record_audit(
            db,
            at=stamp(now.utc()),
            who=office.person,
            action=f"incident {action}",
            account=row["account"],
            because=because,
            details=incident_name(row),
        )
    return row


def _instant(text: str) -> str:
    try:
        return stamp(datetime.fromisoformat(text).astimezone())
    except ValueError:
        raise InputError(f"--until {text!r} is not a date; write YYYY-MM-DD or YYYY-MM-DDTHH:MM") from None


@incident.command("close")
def close(name: Id, because: Because, json: Json = False) -> None:
    """It is settled. After a repair or a pause one run goes first; failing runs are told again when one more fails."""
    office.acting("look after incidents")
    _with_reason(because)
    row = find_incident(office.inventory, name)
    if row["closed_at"]:
        raise InputError(f"{incident_name(row)} is closed already")
    if how := _CLOSED_OTHERWISE.get(row["kind"]):
        raise InputError(how.format(account=row["account"], name=incident_name(row)))
    with office.inventory.write() as db:
        close_incident(db, row, by=office.person, because=because)
    print_done(f"{incident_name(row)} is closed", json=json, incident=row["id"])


_CLOSED_OTHERWISE = {
    Kind.FREEZE: "a freeze is lifted with: pk account unfreeze {account} --because ...",
    Kind.HELD: "a held account goes on with: pk account unfreeze {account} --because ...",
    Kind.NO_PASSWORD: "it closes by itself once there is one: pk vault set {account}",
    Kind.DEADLINE: "it closes by itself once the date has changed; until then: pk incident snooze {name} --until DATE",
    Kind.MAILBOX: "it closes by itself once the mailbox can be read: pk codes check",
    Kind.BRAKE: "the brake is released with: pk start --because ...",
    Kind.HOLD: "say what becomes of the answers: pk held release|discard {name} --because ...",
}


def _with_reason(because: str) -> None:
    if not because.strip():
        raise InputError("say why: --because '...'")


@portal.command("pause")
def pause(
    name: Annotated[str, typer.Argument(help="See: pk payers.")],
    because: Because,
    flow: Annotated[str | None, typer.Argument(help="One flow; none means all.")] = None,
    until: Annotated[str, typer.Option(help="When it goes on by itself; none means when you say so.")] = "",
    json: Json = False,
) -> None:
    """Run nothing on this portal for now."""
    office.acting("pause or resume a portal")
    _with_reason(because)
    found = find_portal(name)
    if flow is not None and flow not in found.offers():
        raise InputError(f"{found.title} offers no {flow}; it offers: {', '.join(found.offers())}")
    end = _instant(until) if until else None
    failure = Failure(error="AccountHeld", message=f"paused by {office.person}: {because}")
    with office.inventory.write() as db:
        number = open_incident(db, Kind.PAUSE, failure, by=office.person, portal=name, flow=flow)
        if number is None:
            raise InputError(f"{name} is paused already; see: pk incident list")
        db.table("incidents").update(number, {"until": end})
    print_done(f"{name} is paused", json=json, incident=number, portal=name, flow=flow)


@portal.command("resume")
def resume(
    name: Annotated[str, typer.Argument(help="The portal.")],
    because: Because,
    flow: Annotated[str | None, typer.Argument(help="The flow that was paused by itself.")] = None,
    json: Json = False,
) -> None:
    """Let it go on, one run first."""
    office.acting("pause or resume a portal")
    _with_reason(because)
    with office.inventory.write() as db:
        paused = [row for row in open_ones(db, Kind.PAUSE) if (row["portal"], row["flow"]) == (name, flow)]
        if not paused:
            raise InputError(f"{name} is not paused; see: pk incident list")
        close_incident(db, paused[0], by=office.person, because=because)
    print_done(f"{name} goes on; one run goes first", json=json, portal=name)


def stop(because: Because, json: Json = False) -> None:
    """Stop every password submission, in every process, until somebody starts them again."""
    office.acting("stop or start the worker")
    _with_reason(because)
    failure = Failure(error="AccountHeld", message=f"stopped by {office.person}: {because}")
    with office.inventory.write() as db:
        number = open_incident(db, Kind.BRAKE, failure, by=office.person)
    if number is None:
        raise InputError("everything is stopped already; see: pk incident list")
    print_done("no password is submitted any more; accounts that are signed in go on", json=json, incident=number)


def start(because: Because, json: Json = False) -> None:
    """Let password submissions go on, with one account per portal first."""
    from bots.instance import claim
    from bots.restored import confirm

    office.acting("stop or start the worker")
    _with_reason(because)
    claimed = claim(office.settings.home)
    if open_ones(office.inventory, Kind.BRAKE):
        confirm(office.inventory, office.settings.last_seen)
    elif claimed:
        with office.inventory.write() as db:
            record_audit(
                db, at=stamp(now.utc()), who=office.person, action="claim", because=because, details="data folder"
            )
        print_done("this data folder is served from here from now on", json=json, started=True)
        return
    with office.inventory.write() as db:
        release_brake(db, sorted(portals()), by=office.person, because=because)
    print_done("password submissions go on; on each portal one account goes first", json=json, started=True)


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the tree."""
    app.add_typer(incident, name="incident")
    app.add_typer(portal, name="portal")
    app.command()(stop)
    app.command()(start)
