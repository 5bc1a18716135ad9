"""What needs a person beside single accounts: changed pages, what is stopped, answers that wait, files, dates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from bots.era.banking_days import is_business_day
from bots.holds import open_holds
from bots.incidents import Kind, incident_name, open_ones
from bots.inventory import Inventory
from bots.outlook import DueItem, DueKind
from bots.outlook.due import NOT_KEPT, WORKER
from bots.report.costs import ERAS, LOOK_UPS
from bots.report.model import Need
from bots.report.standings import Account, Zone, of_incident, put_aside, upper
from bots.report.words import Acts, plain, plural
from payers.registry import listed_payers

KEEPER = "whoever runs the worker"
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
OFTEN = 3  # runs in a row; fewer are what the worker is there to try again
_MENDED = """SELECT portal, flow, max(closed_at) AS at FROM incidents WHERE kind = ? AND closed_at IS NOT NULL
    GROUP BY 1, 2"""
_STATES = {
    DueKind.PASSWORD: "PASSWORD EXPIRES",
    DueKind.IDLE: "DISABLED AS UNUSED",
    DueKind.MFA: "SECOND STEP ENDS",
}


def repairs(inventory: Inventory, accounts: Sequence[Account], zone: Zone, at: datetime, stamp: str) -> list[Need]:
    """One need per portal and flow whose page has changed, however many accounts met it.

    What was met before a repair was said to be done is no need: one run goes first, and tells.
    """
    opened = {(row["portal"], row["flow"]): row for row in open_ones(inventory, Kind.REPAIR)}
    mended = {(row["portal"], row["flow"]): row["at"] for row in inventory.rows(_MENDED, (Kind.REPAIR,))}
    met: dict[tuple[str, str], list[Account]] = {}
    for account in accounts:
        run = account.open_failure
        place = (account.row["portal"], run["flow"] if run else "")
        if run and plain(run["error"]).acts is Acts.REPAIR and run["ended_at"] > mended.get(place, ""):
            met.setdefault(place, []).append(account)
    return [
        _repair(found, place[1], opened.get(place), zone, at)
        for place, found in met.items()
        if not put_aside(opened.get(place), stamp)
    ]


def _repair(found: list[Account], flow: str, incident: dict[str, Any] | None, zone: Zone, at: datetime) -> Need:
    runs = [run for account in found if (run := account.open_failure)]
    first = min(runs, key=lambda run: str(run["ended_at"]))
    screens = sorted({run["screen"] for run in runs if run["screen"]})
    return Need(
        what=f"{found[0].title}, {flow}",
        state=plain(first["error"]).state,
        error=first["error"],
        since=zone(first["ended_at"]) or at,
        portal=found[0].title,
        portal_words="",
        worker=f"Met it with {_named(found)}; read nothing it was not sure of"
        + (f" (screen {', '.join(screens)})." if screens else "."),
        do=plain(first["error"]).do,
        who="whoever maintains the portal modules",
        flows=(flow,),
        **(of_incident(incident) if incident else {}),
    )


def failing(accounts: Sequence[Account], zone: Zone, at: datetime) -> list[Need]:
    """One need per portal and class of failure that the worker has met again and again, for a day or longer."""
    met: dict[tuple[str, str], list[Account]] = {}
    for account in accounts:
        runs, since = account.in_a_row
        begun = zone(since or None)
        if runs >= OFTEN and begun and at - begun >= DAY and account.open_failure and not account.standing.freeze:
            met.setdefault((account.title, account.open_failure["error"]), []).append(account)
    return [_failing(found, error, zone, at) for (_, error), found in met.items()]


def _failing(found: list[Account], error: str, zone: Zone, at: datetime) -> Need:
    first = min(found, key=lambda account: account.in_a_row[1])
    last = max(str(run["ended_at"]) for account in found if (run := account.open_failure))
    tries = sum(account.in_a_row[0] for account in found)
    alone = len(found) == 1
    told = f"Tried {tries} times since {zone(first.in_a_row[1]):%a %d %b %H:%M}, each time without success"
    return Need(
        what=first.name if alone else first.title,
        state=plain(error).state,
        error=error,
        since=zone(last) or at,
        portal=first.title,
        portal_words="",
        worker=f"{told}. It goes on trying." if alone else f"{told}: {_named(found)}. It goes on trying.",
        do=f"See: pk why {first.name}. Does a person get in by hand? Then tell whoever maintains the portal modules; "
        "else ask the portal's help desk how long it lasts.",
        who=KEEPER,
        flows=tuple(sorted({run["flow"] for account in found if (run := account.open_failure)} - {"login"})),
        kind=Kind.FAILING,
    )


def _named(found: Sequence[Account]) -> str:
    names = [account.name for account in found]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"{', '.join(names[:5])}{more}"


def stops(incidents: Sequence[dict[str, Any]], zone: Zone, at: datetime) -> list[Need]:
    """The brake, and pauses that a person has to end."""
    return [
        Need(
            what="ALL SIGN-INS" if row["kind"] == Kind.BRAKE else str(row["portal"]),
            state="STOPPED" if row["kind"] == Kind.BRAKE else "PAUSED",
            error="",
            since=zone(row["opened_at"]) or at,
            portal=row["portal"] or "every portal",
            portal_words="",
            worker=f"{row['message'].rstrip('.')}. Accounts that are signed in go on working.",
            do="When it is settled: pk start --because ..."
            if row["kind"] == Kind.BRAKE
            else f"When it is over: pk portal resume {row['portal']} --because ...",
            who=KEEPER,
            flows=(row["flow"],) if row["flow"] else (*LOOK_UPS, ERAS),
            **of_incident(row),
        )
        for row in incidents
        if row["kind"] in (Kind.BRAKE, Kind.PAUSE) and not row["until"]
    ]


def holds(inventory: Inventory, zone: Zone, at: datetime, stamp: str) -> list[Need]:
    """Answers that wait for a person."""
    return [
        Need(
            what=f"{listed_payers()[row['payer']].payer.title}, {row['flow']}",
            state=plain(row["error"]).state,
            error=row["error"],
            since=zone(row["opened_at"]) or at,
            portal=listed_payers()[row["payer"]].portal.title,
            portal_words="",
            worker=f"{row['message']}. Holds {row['answers']} answers; no batch asks this payer.",
            do=f"Look a few of these patients up on the portal. Answers right: pk held release {incident_name(row)} "
            f"--because ... Wrong: pk held discard {incident_name(row)} --because ... Then start the batch again.",
            who=KEEPER,
            cost=f"{row['answers']} answers are not handed out",
            flows=(row["flow"],),
            **of_incident(row),
        )
        for row in open_holds(inventory)
        if not put_aside(row, stamp)
    ]


def files(incidents: Sequence[dict[str, Any]], zone: Zone, at: datetime) -> list[Need]:
    """Remittance files that are in memory only, or that a portal gave out and that never came."""
    return [
        Need(
            what=str(row["account"]),
            state="ERA NOT ON DISK" if row["kind"] == Kind.UNSAVED_ERA else "ERA LOST",
            error="",
            since=zone(row["opened_at"]) or at,
            portal=str(row["account"]),
            portal_words="",
            worker=f"{row['message'].rstrip('.')}.",
            do="Free space on the disk, and leave the worker running until this is gone."
            if row["kind"] == Kind.UNSAVED_ERA
            else f"Ask the portal to offer the file again, then: pk era fetch {row['account']}",
            who="whoever posts payments",
            costs_from=at if row["kind"] == Kind.UNSAVED_ERA else None,
            flows=(ERAS,),
            **of_incident(row),
        )
        for row in incidents
        if row["kind"] in (Kind.UNSAVED_ERA, Kind.LOST_ERA)
    ]


def foreign(incidents: Sequence[dict[str, Any]], accounts: Sequence[Account], zone: Zone, at: datetime) -> list[Need]:
    """Sign-ins and changes that were not ours. They cost from now on."""
    known = {account.name: account for account in accounts}
    return [
        Need(
            what=str(row["account"]),
            state="SIGN-IN NOT OURS" if row["kind"] == Kind.FOREIGN_SIGN_IN else "CHANGE NOT OURS",
            error="",
            since=zone(row["opened_at"]) or at,
            portal=known[row["account"]].title if row["account"] in known else str(row["account"]),
            portal_words="",
            worker=f"{upper(row['message'])}. It goes on working with the account.",
            do=f"Ask whether anybody did that by hand. Yes: pk incident close {incident_name(row)} --because ... "
            f"No: tell the security officer, change the password on the portal, then: pk vault set {row['account']}",
            who="the security officer",
            cost="It may be a break-in",
            costs_from=at,
            **of_incident(row),
        )
        for row in incidents
        if row["kind"] in (Kind.FOREIGN_SIGN_IN, Kind.FOREIGN_CHANGE)
    ]


def mailbox(inventory: Inventory, zone: Zone, at: datetime) -> list[Need]:
    """That the mailbox can't be looked through for an hour or longer."""
    row = inventory.row("SELECT trouble, trouble_since FROM mailbox_looks WHERE trouble <> ''")
    since = zone(row["trouble_since"]) if row else None
    if row is None or since is None or at - since < HOUR:
        return []
    return [
        Need(
            what="the mailbox of codes and letters",
            state="NOT READ",
            error="CodeNotReceived",
            since=since,
            portal="",
            portal_words="",
            worker=f"{upper(row['trouble']).rstrip('.')}. It goes on trying. A change that was not ours is not seen.",
            do="See: pk codes check",
            who=KEEPER,
            kind=Kind.MAILBOX,
        )
    ]


def dates(items: Sequence[DueItem], accounts: Sequence[Account], closes: time, at: datetime) -> Iterator[Need]:
    """What a person has to do before a date, once its last working day is today or the next."""
    known = {account.name: account for account in accounts}
    for item in items:
        account = known.get(item.account)
        if account is None or item.who == WORKER or item.kind not in _STATES or item.do == NOT_KEPT:
            continue
        last = _working_day_before(item.deadline)
        if item.overdue or last <= _working_day_after(at.date()):
            yield _dated(item, account, last, closes, at)


def _dated(item: DueItem, account: Account, last: date, closes: time, at: datetime) -> Need:
    day = f"{item.deadline:%a %d %b}".upper()
    backup = account.row["backup"] or "NONE, name one"
    return Need(
        what=item.account,
        state=f"{_STATES[item.kind]} {day}",
        error="",
        since=at,
        portal=account.title,
        portal_words="",
        worker=f"{item.what[:1].upper()}{item.what[1:]}. It leaves this to a person.",
        do=item.do[:1].upper() + item.do[1:],
        who=f"{item.who}, backup: {backup}" if account.row["owner"] else item.who,
        costs_from=max(at, datetime.combine(last, closes, at.tzinfo)),
        age=f"{plural(abs(item.days_left), 'day')} {'over' if item.overdue else 'left'}",
        kind=Kind.DEADLINE,
    )


def _working_day_before(day: date) -> date:
    day -= DAY
    while not is_business_day(day):
        day -= DAY
    return day


def _working_day_after(day: date) -> date:
    day += DAY
    while not is_business_day(day):
        day += DAY
    return day
