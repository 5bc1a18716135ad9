"""Gathers a report from the inventory."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta

from bots import sharing
from bots.holds import open_holds
from bots.incidents import Kind, incident_name, open_ones
from bots.inventory import Inventory, stamp
from bots.inventory.accounts import organizations
from bots.inventory.audit import verify
from bots.report.eras import era_needs
from bots.report.model import AccountLine, FlowLine, Need, NotRun, Planned, Report
from bots.report.standings import Account, Zone, line_of, masked, need_of, read_accounts
from bots.report.words import Acts, plain
from payers.registry import listed_payers

PERIOD = timedelta(days=1)
OVERDUE = timedelta(hours=1)

_FLOWS = """SELECT flow, count(*) AS runs, sum(ended_at IS NOT NULL AND error IS NULL) AS ended_well,
    sum(questions) AS questions, sum(answered) AS answered FROM runs WHERE started_at > ? AND started_at <= ?
    GROUP BY flow ORDER BY flow"""
_SIGN_INS = "SELECT sign_in, count(*) AS n FROM runs WHERE started_at > ? AND started_at <= ? GROUP BY sign_in"
_LOCKED = (
    "SELECT count(DISTINCT account) AS n FROM runs WHERE error = 'AccountLocked' AND started_at > ? AND started_at <= ?"
)
_CUT_OFF = "SELECT count(*) AS n FROM runs WHERE ended_at IS NULL AND started_at > ? AND started_at <= ?"
_DUE = """FROM due WHERE state <> 'seen' AND (ended_at > ?1 OR written_at > ?1 OR state IN ('due', 'running'))
    AND written_at <= ?2 AND due_at <= ?2"""


def gather(inventory: Inventory, vault_names: Collection[str], at: datetime, *, service_running: bool) -> Report:
    """The report as of `at`, over the day before it, with every time shown in the zone of `at`.

    `vault_names` are the accounts that the vault has an entry for. Contacts nothing, opens no secret.
    """
    since, until = stamp((at - PERIOD).astimezone(UTC)), stamp(at.astimezone(UTC))
    accounts = read_accounts(inventory, vault_names, until)
    zone = _in_zone_of(at)
    mask = masked(accounts)
    needs = [need for account in accounts if (need := need_of(account, zone, at))]
    needs = sorted(
        [
            *needs,
            *_repairs(accounts, zone, at),
            *_stops(inventory, zone, at),
            *_holds(inventory, zone, at),
            *_files(inventory, zone, at),
            *era_needs(inventory, zone, at),
        ],
        key=lambda need: (need.since, need.what),
    )
    return Report(
        at=at,
        since=at - PERIOD,
        organizations=tuple(dict.fromkeys(entry.name for entry in organizations(inventory))),
        verdict=_verdict(len(needs), accounts),
        locks=_locks(inventory, since, until),
        needs=tuple(_masked_need(need, mask) for need in needs),
        accounts=tuple(sorted((line_of(account, zone) for account in accounts), key=_trouble_first)),
        flows=tuple(FlowLine(**row) for row in inventory.rows(_FLOWS, (since, until))),
        **_sign_ins(inventory, since, until),
        planned=_planned(inventory, since, until),
        not_run=_not_run(inventory, since, until, zone, mask),
        used_by_people=tuple(
            f"{account.name} ({sharing.whose(account.row)}, owner {account.row['owner'] or 'NONE, name one'})"
            for account in accounts
            if sharing.of_people(account.row)
        ),
        gaps=tuple(_gaps(inventory, accounts, since, at, service_running)),
        audit=_audit(inventory),
    )


def _in_zone_of(at: datetime) -> Zone:
    return lambda text: datetime.fromisoformat(text).astimezone(at.tzinfo) if text else None


def _trouble_first(line: AccountLine) -> tuple[bool, str]:
    return line.fine, line.name


def _verdict(needs: int, accounts: list[Account]) -> str:
    if not accounts:
        return "NO ACCOUNTS YET."
    return {0: "NOTHING NEEDS A PERSON.", 1: "1 NEEDS A PERSON."}.get(needs, f"{needs} NEED A PERSON.")


def _locks(inventory: Inventory, since: str, until: str) -> str:
    """Whether anything was locked in the period: never claimed when a lock was seen."""
    row = inventory.row(_LOCKED, (since, until))
    seen = row["n"] if row else 0
    return f"{seen} found LOCKED since yesterday." if seen else "The worker locked nothing."


def _repairs(accounts: list[Account], zone: Zone, at: datetime) -> list[Need]:
    """One need per portal and flow whose page has changed, however many accounts met it."""
    met: dict[tuple[str, str], list[Account]] = {}
    for account in accounts:
        run = account.open_failure
        if run and plain(run["error"]).acts is Acts.REPAIR:
            met.setdefault((account.title, run["flow"]), []).append(account)
    return [_repair(title, flow, found, zone, at) for (title, flow), found in met.items()]


def _repair(title: str, flow: str, found: list[Account], zone: Zone, at: datetime) -> Need:
    runs = [run for account in found if (run := account.open_failure)]
    first = min(runs, key=lambda run: str(run["ended_at"]))
    screens = sorted({run["screen"] for run in runs if run["screen"]})
    return Need(
        what=f"{title}, {flow}",
        state=plain(first["error"]).state,
        error=first["error"],
        since=zone(first["ended_at"]) or at,
        portal=title,
        portal_words="",
        worker=f"Met it with {', '.join(account.name for account in found)}; read nothing it was not sure of"
        + (f" (screen {', '.join(screens)})." if screens else "."),
        do=plain(first["error"]).do,
        who="whoever maintains the portal modules",
    )


def _stops(inventory: Inventory, zone: Zone, at: datetime) -> list[Need]:
    """The brake, and pauses that a person has to end; what is put aside comes back on its date."""
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
            who=row["taken_by"] or "whoever runs the worker",
        )
        for row in open_ones(inventory)
        if row["kind"] in (Kind.BRAKE, Kind.PAUSE)
        and not row["until"]
        and (row["snoozed_until"] or "") < stamp(at.astimezone(UTC))
    ]


def _holds(inventory: Inventory, zone: Zone, at: datetime) -> list[Need]:
    """Answers that wait for a person; what is put aside comes back on its date."""
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
            who=row["taken_by"] or "whoever runs the worker",
        )
        for row in open_holds(inventory)
        if (row["snoozed_until"] or "") < stamp(at.astimezone(UTC))
    ]


def _files(inventory: Inventory, zone: Zone, at: datetime) -> list[Need]:
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
            who=row["taken_by"] or "whoever posts payments",
        )
        for row in open_ones(inventory)
        if row["kind"] in (Kind.UNSAVED_ERA, Kind.LOST_ERA) and (row["snoozed_until"] or "") < stamp(at.astimezone(UTC))
    ]


def _masked_need(need: Need, mask: Callable[[str], str]) -> Need:
    return need.model_copy(update={"worker": mask(need.worker)})


def _sign_ins(inventory: Inventory, since: str, until: str) -> dict[str, int]:
    found = {row["sign_in"]: row["n"] for row in inventory.rows(_SIGN_INS, (since, until))}
    return {"by_password": found.get("password", 0), "by_kept_session": found.get("stored", 0)}


def _planned(inventory: Inventory, since: str, until: str) -> Planned:
    rows = inventory.rows(f"SELECT state, count(*) AS n {_DUE} GROUP BY state", (since, until))
    return Planned(**{row["state"]: row["n"] for row in rows})


def _not_run(
    inventory: Inventory,
    since: str,
    until: str,
    zone: Zone,
    mask: Callable[[str], str],
) -> tuple[NotRun, ...]:
    rows = inventory.rows(
        f"SELECT schedule, account, due_at, state, cause {_DUE} AND state IN ('failed', 'missed') ORDER BY due_at, id",
        (since, until),
    )
    return tuple(NotRun(**{**row, "due_at": zone(row["due_at"]), "cause": mask(row["cause"] or "")}) for row in rows)


def _gaps(inventory: Inventory, accounts: list[Account], since: str, at: datetime, service_running: bool) -> list[str]:
    """Why this report may not tell all; empty when it does."""
    late = stamp((at - OVERDUE).astimezone(UTC))
    gaps = []
    if not service_running and _count(inventory, "SELECT count(*) AS n FROM due"):
        gaps.append("the service is not running, so that nothing is run by schedule (portalkeeper serve)")
    rest = sharing.resting(inventory, at)
    late_rows = inventory.rows("SELECT account FROM due WHERE state = 'due' AND due_at <= ?", (late,))
    if waiting := sum(row["account"] not in rest for row in late_rows):
        gaps.append(f"{waiting} planned runs wait for over an hour")
    if cut_off := _count(inventory, _CUT_OFF, since, late):
        gaps.append(f"{cut_off} runs were cut off; what they did is not known")
    if unknown := [account.name for account in accounts if account.portal is None]:
        gaps.append(f"this version knows no portal for: {', '.join(unknown)}")
    return gaps


def _audit(inventory: Inventory) -> str:
    """The audit trail's state and its head, for `pk audit verify --head`."""
    found = verify(inventory)
    if found.problem:
        return f"AUDIT TRAIL NOT WHOLE: {found.problem}"
    return f"audit verified, {found.head.count} entries, head {found.head.count}:{found.head.hash[:16]}"


def _count(inventory: Inventory, sql: str, *values: str) -> int:
    row = inventory.row(sql, values)
    return int(row["n"]) if row else 0
