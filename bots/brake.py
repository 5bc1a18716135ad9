"""The brake, pauses, repairs and canaries: what keeps one trouble from becoming two hundred locked accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bots import now
from bots.desk import Failure
from bots.incidents import Kind, close_incident, incident_name, open_incident, open_ones
from bots.inventory import Inventory, stamp
from flows.errors import (
    AccessBlocked,
    AccountHeld,
    PortalChanged,
    PortalkeeperError,
    PortalUnavailable,
    error_classes,
)

HOUR = timedelta(minutes=60)
DAY = timedelta(days=1)
STOPPING = ((Kind.REPAIR, "waits for a repair"), (Kind.PAUSE, "is paused"))
ALIKE_WITHIN = timedelta(minutes=30)


class NotNow(PortalkeeperError):
    """Others are submitting, or a canary is on its way: ask again in a moment."""


@dataclass(frozen=True)
class Limits:
    """The settings of the brake: see `bots.settings.Settings`."""

    brake_refusals: int
    alike_accounts: int
    pause_minutes: int
    sign_ins_per_day: int


def check_brake(db: Any, portal: str, run_id: str, limits: Limits) -> None:
    """Whether a password may be submitted now, as far as other accounts are concerned. Inside the caller's transaction.

    Raises `AccountHeld` while the brake is on, and `NotNow` while so many submissions are on their way that, should
    all of them be refused, the brake would come too late.
    """
    check_stopped(db)
    flying = db.execute(
        """SELECT count(*) FROM ledger JOIN leases USING (account, epoch) WHERE ledger.kind = 'password'
           AND ledger.verdict = 'open' AND leases.released_at IS NULL AND ledger.opened_at > ?""",
        (stamp(now.utc() - HOUR),),
    ).fetchone()[0]
    if refused_lately(db) + flying + 1 > limits.brake_refusals:
        raise NotNow("other sign-ins are on their way")
    for first in _touching(db, Kind.FIRST_PASSWORD, portal):
        _take_canary(db, first, run_id)


def check_day(source: Inventory | Any, account: str, most: int) -> None:
    """Raise `AccountHeld`, saying until when, once the account has made `most` sign-ins by password in 24 hours."""
    sql = """SELECT opened_at FROM ledger WHERE account = ? AND kind = 'password' AND verdict <> 'not_submitted'
             AND opened_at > ? ORDER BY opened_at DESC LIMIT ?"""
    values = (account, stamp(now.utc() - DAY), most)
    rows = source.rows(sql, values) if isinstance(source, Inventory) else source.execute(sql, values).fetchall()
    if len(rows) >= most:
        free = datetime.fromisoformat(rows[-1]["opened_at"]) + DAY
        raise AccountHeld(
            f"account {account} is held until {free:%a %H:%M} UTC: it has signed in by password {most} times in 24 "
            f"hours (sign_ins_per_day). Look why its sessions are not kept: pk runs {account}"
        )


def check_stopped(source: Inventory | Any) -> None:
    """Raise `AccountHeld` while the brake is on."""
    if brakes := open_ones(source, Kind.BRAKE):
        raise AccountHeld(
            f"all sign-ins are stopped since {brakes[0]['opened_at'][:16]} UTC ({incident_name(brakes[0])}): "
            f"{brakes[0]['message'].rstrip('?.')}. When that is settled: pk start --because ..."
        )


def check_place(source: Inventory | Any, portal: str, flow: str) -> None:
    """Raise `AccountHeld` while the portal is paused, or the flow on it waits for a repair."""
    for kind, words in STOPPING:
        for incident in _touching(source, kind, portal, flow):
            raise AccountHeld(_stopped(incident, words))


def refused_lately(db: Any) -> int:
    """How many accounts were refused within an hour, since the brake was last released."""
    released = db.execute("SELECT max(closed_at) FROM incidents WHERE kind = 'brake'").fetchone()[0] or ""
    since = max(stamp(now.utc() - HOUR), released)
    sql = "SELECT count(DISTINCT account) FROM ledger WHERE kind = 'password' AND verdict = 'refused' AND closed_at > ?"
    return int(db.execute(sql, (since,)).fetchone()[0])


def after_refusal(db: Any, run_id: str, limits: Limits) -> None:
    """Put the brake on: the first password after it was refused again, or too many accounts within an hour."""
    firsts = [entry for entry in open_ones(db, Kind.FIRST_PASSWORD) if entry["run_id"] == run_id]
    for first in firsts:
        close_incident(db, first, by="worker", because="was refused")
    refused = refused_lately(db)
    if firsts or refused >= limits.brake_refusals:
        many = (
            f"{refused} accounts were refused within an hour" if refused > 1 else "the first password was refused again"
        )
        failure = Failure(error="AccountHeld", message=f"{many}: were old passwords put into the vault?")
        open_incident(db, Kind.BRAKE, failure, by="worker")


def after_sign_in(db: Any, run_id: str) -> None:
    """A good sign-in by password: what waited for it goes on. Inside the caller's transaction."""
    for first in open_ones(db, Kind.FIRST_PASSWORD):
        if first["run_id"] == run_id:
            close_incident(db, first, by="worker", because="went well")


def check_portal(inventory: Inventory, portal: str, flow: str, run_id: str) -> None:
    """Whether the flow may run on the portal now; the run becomes the canary when one is wanted.

    Raises `AccountHeld` for a pause or a repair, `NotNow` while another run is the canary.
    """
    with inventory.write() as db:
        for pause in _touching(db, Kind.PAUSE, portal, flow):
            if pause["until"] and pause["until"] <= stamp(now.utc()):
                close_incident(db, pause, by="worker", because="its time is over")
        check_place(db, portal, flow)
        for canary in _touching(db, Kind.CANARY, portal, flow):
            _take_canary(db, canary, run_id)


def _stopped(incident: dict[str, Any], words: str) -> str:
    name = incident_name(incident)
    place = f"{incident['flow']} on {incident['portal']}" if incident["flow"] else incident["portal"]
    how = (
        f"by itself at {incident['until'][11:16]} UTC"
        if incident["until"]
        else f"with: pk incident close {name} --because ..."
    )
    since, why = incident["opened_at"][:16], incident["message"].rstrip(".")
    return f"{place} {words} since {since} UTC ({name}): {why}. It goes on {how}"


def _touching(db: Any, kind: Kind, portal: str, flow: str | None = None) -> list[dict[str, Any]]:
    return [entry for entry in open_ones(db, kind) if entry["portal"] == portal and entry["flow"] in (None, flow)]


def _take_canary(db: Any, canary: dict[str, Any], run_id: str) -> None:
    """Become the canary, unless another run that is still alive is it."""
    alive = db.execute(
        """SELECT 1 FROM runs JOIN leases ON leases.run_id = runs.id
           WHERE runs.id = ? AND runs.ended_at IS NULL AND leases.released_at IS NULL""",
        (canary["run_id"],),
    ).fetchone()
    if alive and canary["run_id"] != run_id:
        raise NotNow("another run goes first, to see whether the portal is well again")
    db.execute("UPDATE incidents SET run_id = ? WHERE id = ?", (run_id, canary["id"]))


def after_run(
    inventory: Inventory, portal: str, flow: str, run_id: str, failure: Failure | None, limits: Limits
) -> None:
    """Draw the conclusions of a run for the whole portal: close its canary, open a repair or a pause."""
    cls = error_classes()[failure.error] if failure else None
    with inventory.write() as db:
        for canary in _touching(db, Kind.CANARY, portal, flow):
            if canary["run_id"] == run_id and (
                cls is None or issubclass(cls, (PortalChanged, PortalUnavailable, AccessBlocked))
            ):
                close_incident(
                    db, canary, by="worker", because="went well" if cls is None else f"ended with {cls.__name__}"
                )
                if failure and cls and not issubclass(cls, PortalChanged):
                    _pause(db, portal, failure, run_id, limits)
        if failure is None or cls is None:
            return
        if issubclass(cls, PortalChanged):
            open_incident(db, Kind.REPAIR, failure, by="worker", portal=portal, flow=flow, run_id=run_id)
        elif issubclass(cls, AccessBlocked) or (
            issubclass(cls, PortalUnavailable) and _alike(db, portal, failure.error) >= limits.alike_accounts
        ):
            _pause(db, portal, failure, run_id, limits)


def _pause(db: Any, portal: str, failure: Failure, run_id: str, limits: Limits) -> None:
    open_incident(db, Kind.PAUSE, failure, by="worker", portal=portal, run_id=run_id, minutes=limits.pause_minutes)


def _alike(db: Any, portal: str, error: str) -> int:
    """How many accounts of the portal ended last with this error, within half an hour."""
    since = stamp(now.utc() - ALIKE_WITHIN)
    return int(
        db.execute(
            """SELECT count(*) FROM (SELECT account, error, max(ended_at) FROM runs
               WHERE portal = ? AND ended_at > ? GROUP BY account) WHERE error = ?""",
            (portal, since, error),
        ).fetchone()[0]
    )
