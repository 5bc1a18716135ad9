"""The words of alerts: a short form that fits a text message, a long one for mail. Nicknames and counts only.

Never patient data, user ids, codes, portal text, or a link to a portal's sign-in page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bots.delivery import Plan, Route
from bots.incidents import Kind, incident_name
from bots.inventory import Inventory, stamp
from bots.report.words import plain

HOUR = timedelta(hours=1)
_REFUSED = """SELECT l.account, min(ifnull(l.closed_at, l.opened_at)) AS at, a.portal FROM ledger l
    LEFT JOIN accounts a ON a.name = l.account WHERE l.kind = 'password' AND l.verdict = 'refused'
    AND l.closed_at > ? AND l.closed_at <= ? GROUP BY l.account ORDER BY 2"""
_WAITING = """SELECT flow, planned, answered, ready_by FROM worklists WHERE ready_at IS NULL AND ready_by > ?
    ORDER BY ready_by LIMIT 1"""


@dataclass(frozen=True)
class Told:
    """One message in its two forms."""

    subject: str
    short: str
    long: str


def alert(inventory: Inventory, incident: dict[str, Any], plan: Plan, at: datetime, route: Route) -> Told:
    """What the first person is told of an urgent incident."""
    name, clock = incident_name(incident), f"{plan.local(at):%H:%M %Z}"
    happened, done, cost, steps = _parts(inventory, incident, plan, at)
    said = _refusals(inventory, incident, plan, names=False) if incident["kind"] == Kind.BRAKE else happened
    short = f"Portalkeeper URGENT {name} {clock}. {said} {done} {cost} Take it: pk incident take {name}"
    escalation = plan.local(at + timedelta(minutes=30))
    backup = f"; {route.backup} from {escalation:%H:%M} if nobody takes it." if route.backup else ""
    who = f"{route.primary}{backup}"
    rows = [
        ("WHAT HAPPENED", happened),
        ("ALREADY DONE", done),
        ("WHAT IT COSTS", cost),
        ("DO THIS", "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))),
        ("WHO", who),
        ("TAKE IT", f"pk incident take {name}"),
        ("NEXT MESSAGE", f"only on change, or at {plan.quiet.end:%H:%M}."),
    ]
    return Told(f"URGENT {name}: {_title(incident)}", " ".join(short.split()), _laid_out(rows))


def _laid_out(rows: Sequence[tuple[str, str]]) -> str:
    lines = []
    for label, words in rows:
        first, *rest = words.splitlines() or [""]
        lines += [f"{label:16}{first}", *(f"{'':16}{line}" for line in rest)]
    return "\n".join(lines) + "\n"


def _title(incident: dict[str, Any]) -> str:
    match incident["kind"]:
        case Kind.BRAKE:
            return "all sign-ins are stopped"
        case Kind.UNSAVED_ERA:
            return f"{incident['account']}: a remittance is not on disk"
        case Kind.FOREIGN_SIGN_IN:
            return f"{incident['account']}: somebody else signed in"
        case Kind.FOREIGN_CHANGE:
            return f"{incident['account']}: somebody else changed the account"
    return f"{incident['account'] or incident['portal'] or incident['payer']}: {plain(incident['error']).state}"


def _parts(
    inventory: Inventory, incident: dict[str, Any], plan: Plan, at: datetime
) -> tuple[str, str, str, Sequence[str]]:
    """What happened, what is done already, what it costs, and the steps."""
    name = incident_name(incident)
    match incident["kind"]:
        case Kind.BRAKE:
            return (
                _refusals(inventory, incident, plan),
                "ALL sign-ins stopped; no account gets a second try. Accounts that are signed in go on working.",
                _list_at_risk(inventory, at, plan),
                (
                    "Do not sign in by hand with stored passwords.",
                    "Was the vault or the inventory restored or imported? See: pk incident show " + name,
                    'When it is right: pk start --because "..." (begins with one account per portal)',
                ),
            )
        case Kind.UNSAVED_ERA:
            return (
                f"A remittance of {incident['account']} was downloaded and can't be written to disk.",
                "It is held in memory, and tried again every few seconds.",
                "It is lost if the worker is stopped: the portal may not give it twice.",
                ("Do not stop the worker or the machine.", "Free space on the disk; the rest happens by itself."),
            )
        case Kind.FOREIGN_SIGN_IN | Kind.FOREIGN_CHANGE as kind:
            did = "signed in to" if kind == Kind.FOREIGN_SIGN_IN else "changed"
            return (
                f"Somebody {did} {incident['account']}: {incident['message']}.",
                "Nothing is stopped: the worker goes on with this account.",
                "It may be a break-in; if patient data was seen, the HIPAA clock runs from now.",
                (
                    f"Ask whether anybody did that by hand. Somebody did: pk incident close {name} --because ...",
                    "Nobody? Tell the security officer, and change the password on the portal.",
                    f"Then: pk vault set {incident['account']}",
                ),
            )
    return (
        f"{incident['account']} is LOCKED, and the worker's own tries do not explain it.",
        "The account is frozen; the worker submits nothing with it.",
        "Somebody else may be trying passwords of this account.",
        (
            f"See what the worker did: pk why {incident['account']}",
            "Ask whether anybody signed in by hand. Nobody? Tell the security officer, and: pk stop --because ...",
        ),
    )


def _refusals(inventory: Inventory, incident: dict[str, Any], plan: Plan, *, names: bool = True) -> str:
    opened = datetime.fromisoformat(incident["opened_at"])
    rows = inventory.rows(_REFUSED, (stamp(opened.astimezone(UTC) - HOUR), stamp(opened + timedelta(minutes=1))))
    if not rows:
        return f"{incident['message'].rstrip('?.')}."
    clocks = [f"{plan.local(datetime.fromisoformat(row['at'])):%H:%M} {row['account']}" for row in rows]
    portals = len({row["portal"] for row in rows})
    more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
    accounts = f"{len(rows)} account{'s' if len(rows) > 1 else ''}"
    told = f"{accounts} refused on {portals} portal{'s' if portals > 1 else ''}"
    return f"{told}: {', '.join(clocks[:5])}{more}." if names else f"{told} since {clocks[0][:5]}."


def _list_at_risk(inventory: Inventory, at: datetime, plan: Plan) -> str:
    """The next list that may not be ready, where one is under way."""
    row = inventory.row(_WAITING, (stamp(at),)) if inventory.has_table("worklists") else None
    if row is None:
        return "Lists that need a sign-in may not be ready in the morning."
    by = plan.local(datetime.fromisoformat(row["ready_by"]))
    title = row["flow"].replace("_", " ")
    return f"Today's {title} ({row['planned'] - row['answered']} rows, due {by:%H:%M}) may not be ready."


def escalated(told: Told, incident: dict[str, Any], route: Route) -> Told:
    """The same for the backup, since nobody took it."""
    words = f"{route.primary} was told half an hour ago and has not taken it."
    return Told(told.subject, f"{told.short} ({words})", f"{'NOBODY TOOK IT':16}{words}\n{told.long}")


def cleared(incidents: Sequence[dict[str, Any]], plan: Plan) -> Told:
    """That what somebody was told of is over."""
    lines = []
    for incident in incidents:
        closed = plan.local(datetime.fromisoformat(incident["closed_at"]))
        lines.append(f"{incident_name(incident)} {_title(incident)}: over since {closed:%a %H:%M}, {_closer(incident)}")
    names = ", ".join(incident_name(incident) for incident in incidents)
    short = f"Portalkeeper CLEARED: {'; '.join(lines)}"
    return Told(f"CLEARED {names}", short, "\n".join([*lines, "Nobody has to do anything.", ""]))


def _closer(incident: dict[str, Any]) -> str:
    return "by itself" if incident["closed_by"] in ("worker", "vault") else f"by {incident['closed_by']}"


def digest(incidents: Sequence[dict[str, Any]], plan: Plan) -> Told:
    """What waited for the end of the quiet hours, or came up by day: one message for all of it."""
    lines = []
    for incident in incidents:
        opened = plan.local(datetime.fromisoformat(incident["opened_at"]))
        lines.append(f"{incident_name(incident)} {_title(incident)}, since {opened:%a %H:%M}")
    subject = lines[0] if len(lines) == 1 else f"{len(lines)} things need a person: {lines[0].partition(',')[0]}, ..."
    short = f"Portalkeeper: {'; '.join(lines)}. See: pk today"
    return Told(f"Portals: {subject}", short, "\n".join([*lines, "What to do: pk today", ""]))
