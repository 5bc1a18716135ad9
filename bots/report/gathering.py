"""Gathers a report from the inventory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bots import sharing
from bots.delivery import Plan
from bots.incidents import Kind, open_ones
from bots.inventory import Inventory, stamp
from bots.inventory.accounts import organizations
from bots.outlook import Clocks, DueItem, survey
from bots.report import ahead, changes, costs, history, needs, no_routes, office, taken_up, whole
from bots.report.eras import era_needs
from bots.report.model import AccountLine, Ahead, FlowLine, Need, NotRun, Report, WorkList
from bots.report.standings import Account, line_of, masked, need_of, put_aside, read_accounts
from bots.settings import Settings
from payers import registry

PERIOD = timedelta(days=1)
OVERDUE = timedelta(hours=1)
ACCOUNTS_SHOWN = 400  # in trouble first; the others are counted
NOT_RUN_SHOWN = 100

_FLOWS = """SELECT flow, count(*) AS runs, sum(ended_at IS NOT NULL AND error IS NULL) AS ended_well,
    sum(questions) AS questions, sum(answered) AS answered FROM runs WHERE started_at > ? AND started_at <= ?
    GROUP BY flow ORDER BY flow"""
_SIGN_INS = "SELECT sign_in, count(*) AS n FROM runs WHERE started_at > ? AND started_at <= ? GROUP BY sign_in"
_LOCKED = (
    "SELECT count(DISTINCT account) AS n FROM runs WHERE error = 'AccountLocked' AND started_at > ? AND started_at <= ?"
)
_CUT_OFF = "SELECT count(*) AS n FROM runs WHERE ended_at IS NULL AND started_at > ? AND started_at <= ?"


@dataclass(frozen=True)
class Source:
    """Where a report is read from, and as of when; `since` and `until` are stamps of the period it is about."""

    inventory: Inventory
    settings: Settings
    plan: Plan
    at: datetime
    since: str
    until: str
    accounts: Sequence[Account]
    incidents: Sequence[dict[str, Any]]
    items: Sequence[DueItem]
    clocks: dict[str, Clocks]
    mask: Callable[[str], str]

    def zone(self, text: str | None) -> datetime | None:
        """A stamp of the inventory in the zone of the report."""
        return datetime.fromisoformat(text).astimezone(self.at.tzinfo) if text else None


def gather(
    inventory: Inventory,
    vault_names: Collection[str],
    at: datetime,
    *,
    service_running: bool,
    settings: Settings | None = None,
    plan: Plan | None = None,
    before: dict[str, Any] | None = None,
    coming: Sequence[Ahead] = (),
    take_up: bool = False,
) -> Report:
    """The report as of `at`, over the day before it, with every time shown in the zone of `at`.

    `vault_names` are the accounts that the vault has an entry for, `before` the last report (`changes.last_report`),
    `coming` what else falls into the next days. With `take_up` each need that has no incident gets one.
    Contacts nothing, opens no secret.
    """
    source = _source(inventory, vault_names, at, settings or Settings(home=inventory.path.parent), plan or Plan())
    report = _gathered(source, service_running, coming, take_up=take_up)
    found = changes.compare(before, report)
    told = datetime.fromisoformat(before["at"]).astimezone(at.tzinfo) if before else None
    return report.model_copy(update={"changes": found, "compared_with": told})


def _source(inventory: Inventory, vault_names: Collection[str], at: datetime, settings: Settings, plan: Plan) -> Source:
    until = stamp(at.astimezone(UTC))
    accounts = read_accounts(inventory, vault_names, until)
    items, clocks = survey(inventory, settings, ahead.DAYS, at.astimezone(UTC))
    return Source(
        inventory=inventory,
        settings=settings,
        plan=plan,
        at=at,
        since=stamp((at - PERIOD).astimezone(UTC)),
        until=until,
        accounts=accounts,
        incidents=[row for row in open_ones(inventory) if not put_aside(row, until)],
        items=items,
        clocks=clocks,
        mask=masked(accounts),
    )


def _gathered(source: Source, service_running: bool, coming: Sequence[Ahead], *, take_up: bool) -> Report:
    inventory, at, since, until = source.inventory, source.at, source.since, source.until
    lists = office.work_lists(inventory, since, until, source.zone)
    own = _own_needs(source)
    if take_up:
        taken_up.take_up(inventory, own, {account.name for account in source.accounts})
    everything = _needs(source, lists, own)
    open_needs = tuple(need for need in everything if not need.taken_by)
    planned, *schedules = whole.adherence(inventory, since, at, _suspended(source))
    missing, count = whole.not_run(inventory, since, at, NOT_RUN_SHOWN)
    lines, sign_ins = _account_lines(source), _sign_ins(inventory, since, until)
    return Report(
        at=at,
        since=at - PERIOD,
        organizations=tuple(dict.fromkeys(entry.name for entry in organizations(inventory))),
        verdict=_verdict(open_needs, source),
        locks=_locks(inventory, since, until),
        needs=open_needs,
        handled=tuple(need for need in everything if need.taken_by),
        put_aside=sum(put_aside(row, until) for row in open_ones(inventory)),
        lists=lists,
        remittances=office.remittances(inventory, since, until),
        accounts_in_all=len(lines),
        accounts_fine=sum(line.fine for line in lines),
        accounts_frozen=sum(line.frozen for line in lines),
        accounts=_shown(source, lines),
        states={line.name: line.state for line in lines},
        ahead=ahead.ahead(source.items, source.incidents, everything, coming, source.zone, at),
        by_itself=ahead.by_itself(inventory, since, until, source.zone, source.mask),
        flows=tuple(FlowLine(**row) for row in inventory.rows(_FLOWS, (since, until))),
        portals=history.portal_lines(inventory, at, _title),
        drifts=history.drifts(inventory, at, source.zone, _title),
        by_password=sign_ins.get("password", 0),
        by_kept_session=sign_ins.get("stored", 0),
        planned=planned,
        schedules=tuple(schedules),
        not_run=tuple(_not_run(row, source) for row in missing),
        not_run_in_all=count,
        used_by_people=_used_by_people(source.accounts),
        sign_ins_not_shown=_sign_ins_not_shown(source.accounts),
        gaps=tuple(_gaps(source, planned.unexplained, service_running)),
        facts=whole.facts(inventory, source.settings, source.accounts, at),
        audit=whole.audit_words(inventory),
        next_report=whole.next_report(source.plan, at),
    )


def _suspended(source: Source) -> set[str]:
    """The accounts whose runs wait on purpose: people work with them, they are frozen, or their portal is paused."""
    paused = {row["portal"] for row in source.incidents if row["kind"] == Kind.PAUSE and not row["flow"]}
    stopped = {
        account.name for account in source.accounts if account.standing.freeze or account.row["portal"] in paused
    }
    return stopped | sharing.resting(source.inventory, source.at.astimezone(UTC))


def _own_needs(source: Source) -> list[Need]:
    """What the report itself keeps incidents for: accounts that are held, empty or failing, deadlines, lists."""
    zone, at = source.zone, source.at
    of_accounts = [need for account in source.accounts if (need := need_of(account, zone, at)) and need.kind]
    found = [
        *of_accounts,
        *needs.failing(source.accounts, zone, at),
        *needs.dates(source.items, source.accounts, source.plan.office.closes, at),
        *needs.mailbox(source.inventory, zone, at),
        *no_routes.no_routes(source.inventory, source.settings, costs.closing(source.plan, at), zone, at),
    ]
    return taken_up.unsettled(source.inventory, found, zone)


def _needs(source: Source, lists: Sequence[WorkList], own: Sequence[Need]) -> list[Need]:
    """Everything that needs a person, taken or not, by when it begins to cost."""
    zone, at = source.zone, source.at
    frozen = [
        need
        for account in source.accounts
        if account.standing.freeze
        and not put_aside(account.standing.freeze, source.until)
        and (need := need_of(account, zone, at))
    ]
    stopped = {need.what for need in (*frozen, *own) if need.kind != Kind.DEADLINE}
    shown = [need for need in own if need.kind != Kind.DEADLINE or need.what not in stopped]
    found = [
        *frozen,
        *taken_up.with_incidents(source.inventory, shown, zone, source.until),
        *needs.repairs(source.inventory, source.accounts, zone, at, source.until),
        *needs.stops(source.incidents, zone, at),
        *needs.holds(source.inventory, zone, at, source.until),
        *needs.files(source.incidents, zone, at),
        *needs.foreign(source.incidents, source.accounts, zone, at),
        *era_needs(source.inventory, zone, at, source.until),
    ]
    used = costs.uses(source.inventory, {need.what for need in found}, at)
    priced = [costs.priced(need, used.get(need.what, costs.Use()), source.plan, lists, at) for need in found]
    masked_ones = [need.model_copy(update={"worker": source.mask(need.worker)}) for need in priced]
    return sorted(masked_ones, key=lambda need: (need.costs_from or at, need.since, need.what))


def _title(portal: str) -> str:
    found = registry.portals().get(portal)
    return found.title if found else portal


def _account_lines(source: Source) -> list[AccountLine]:
    """Every account, in trouble first."""
    lines = [line_of(account, source.zone) for account in source.accounts]
    return sorted(lines, key=lambda line: (line.fine, line.name))


def _shown(source: Source, lines: Sequence[AccountLine]) -> tuple[AccountLine, ...]:
    """The accounts that are shown, with their last days and what they run into."""
    names = {line.name for line in lines[:ACCOUNTS_SHOWN]}
    days = history.days_of(source.inventory, names, source.at)
    found = []
    for line in lines[:ACCOUNTS_SHOWN]:
        clocks = source.clocks[line.name]
        more = {"days": days.get(line.name, ()), "expires_in": clocks.expires_in, "idle_in": clocks.idle_in}
        found.append(line.model_copy(update=more))
    return tuple(found)


def _verdict(found: Sequence[Need], source: Source) -> str:
    if not source.accounts:
        return "NO ACCOUNTS YET."
    if not found:
        return "NOTHING NEEDS A PERSON."
    many = "1 NEEDS A PERSON" if len(found) == 1 else f"{len(found)} NEED A PERSON"
    return f"{many}, first {costs.by_when(found[0], source.at)}."


def _locks(inventory: Inventory, since: str, until: str) -> str:
    """Whether anything was locked in the period: never claimed when a lock was seen."""
    row = inventory.row(_LOCKED, (since, until))
    seen = row["n"] if row else 0
    return f"{seen} found LOCKED since yesterday." if seen else "The worker locked nothing."


def _sign_ins(inventory: Inventory, since: str, until: str) -> dict[str, int]:
    return {row["sign_in"]: row["n"] for row in inventory.rows(_SIGN_INS, (since, until))}


def _not_run(row: dict[str, Any], source: Source) -> NotRun:
    return NotRun(**{**row, "due_at": source.zone(row["due_at"]), "cause": source.mask(row["cause"] or "")})


def _used_by_people(accounts: Sequence[Account]) -> tuple[str, ...]:
    return tuple(
        f"{account.name} ({sharing.whose(account.row)}, owner {account.row['owner'] or 'NONE, name one'})"
        for account in accounts
        if sharing.of_people(account.row)
    )


def _sign_ins_not_shown(accounts: Sequence[Account]) -> tuple[str, ...]:
    """The portals in use that show nobody's last sign-in, so that one that was not ours can't be seen there."""
    found = {account.title for account in accounts if account.portal and not account.portal.shows_last_sign_in}
    return tuple(sorted(found))


def _gaps(source: Source, unexplained: int, service_running: bool) -> list[str]:
    """Why this report may not tell all; empty when it does."""
    late = stamp((source.at - OVERDUE).astimezone(UTC))
    gaps = []
    if not service_running and source.inventory.row("SELECT 1 FROM due LIMIT 1"):
        gaps.append("the service is not running, so that nothing is run by schedule (portalkeeper serve)")
    if unexplained:
        gaps.append(f"{unexplained} planned runs wait for over an hour")
    if cut_off := source.inventory.rows(_CUT_OFF, (source.since, late))[0]["n"]:
        gaps.append(f"{cut_off} runs were cut off; what they did is not known")
    if unknown := [account.name for account in source.accounts if account.portal is None]:
        gaps.append(f"this version knows no portal for: {', '.join(unknown[:20])}")
    return gaps
