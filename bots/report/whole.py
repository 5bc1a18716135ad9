"""Is this report whole: how the planned runs ended, and the facts by which one believes it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from bots.delivery import Plan, waiting
from bots.delivery.outbox import refused_lately
from bots.inventory import Inventory, stamp
from bots.inventory.audit import verify
from bots.report.model import Planned
from bots.report.standings import Account
from bots.settings import Settings, is_loopback

LATE = timedelta(minutes=15)
WAITING = timedelta(hours=1)
SHOWN = 3

_DUE = """d.id IN (SELECT id FROM due WHERE written_at > ?1 UNION SELECT id FROM due WHERE ended_at > ?1
      UNION SELECT id FROM due WHERE state = 'due' UNION SELECT id FROM due WHERE state = 'running')
    AND d.state <> 'seen' AND d.written_at <= ?2 AND d.due_at <= ?2"""
_ENDS = f"""SELECT d.schedule, count(*) AS n, CASE d.state
      WHEN 'done' THEN iif(julianday(ifnull(r.started_at, d.due_at)) - julianday(d.due_at)
        > {LATE / timedelta(days=1)}, 'late', 'on_time')
      WHEN 'failed' THEN iif(r.error IN ('AccountHeld', 'AccountFrozen'), 'suspended', 'without_success')
      WHEN 'coalesced' THEN 'made_up_for'
      WHEN 'running' THEN 'under_way'
      WHEN 'due' THEN iif(d.account IN (SELECT value FROM json_each(?4)), 'suspended',
        iif(d.due_at > ?3, 'under_way', 'unexplained'))
      ELSE iif(d.cause IS NULL, 'unexplained', 'not_run') END AS ended
    FROM due d LEFT JOIN runs r ON r.id = d.run_id WHERE {_DUE} GROUP BY 1, 3 ORDER BY 1"""
_NOT_RUN = f"""FROM due d WHERE {_DUE} AND d.state NOT IN ('done', 'coalesced', 'running', 'due')"""
_BACKUPS = (
    "SELECT max(iif(kind = 'backup', at, NULL)) AS made, max(iif(kind <> 'backup', at, NULL)) AS tried FROM backups"
)
_SIGNED = "SELECT DISTINCT account FROM sign_offs"


def adherence(inventory: Inventory, since: str, at: datetime, rest: Collection[str]) -> tuple[Planned, ...]:
    """How the planned runs of each schedule row ended; all of them together come first.

    `rest` are the accounts that are left alone now. A run is late from a quarter of an hour on.
    """
    values = (since, _stamp(at), _stamp(at - WAITING), json.dumps(sorted(rest)))
    rows: dict[str, dict[str, int]] = {}
    for row in inventory.rows(_ENDS, values):
        rows.setdefault(row["schedule"], {})[row["ended"]] = row["n"]
    lines = [Planned(schedule=name, total=sum(ends.values()), **ends) for name, ends in rows.items()]
    counted = [name for name in Planned.model_fields if name != "schedule"]
    return (Planned(**{name: sum(getattr(line, name) for line in lines) for name in counted}), *lines)


def not_run(inventory: Inventory, since: str, at: datetime, limit: int) -> tuple[list[dict[str, Any]], int]:
    """What was planned and ended without success, the newest `limit` of it, and how much there is of it."""
    values = (since, _stamp(at))
    count = inventory.rows(f"SELECT count(*) AS n {_NOT_RUN}", values)[0]["n"]
    columns = "d.schedule, d.account, d.due_at, d.state, d.cause"
    rows = inventory.rows(f"SELECT {columns} {_NOT_RUN} ORDER BY d.due_at DESC, d.id DESC LIMIT {limit}", values)
    return rows[::-1], count


def planned_words(planned: Planned) -> str:
    """How the planned runs ended, leaving out what did not occur; that nothing is unexplained is always said."""
    if not planned.total:
        return "no run was planned"
    counts = (
        (planned.on_time, "on time"),
        (planned.late, "late"),
        (planned.without_success, "without success"),
        (planned.not_run, "not run"),
        (planned.suspended, "suspended"),
        (planned.made_up_for, "made up for by a later one"),
        (planned.under_way, "under way"),
    )
    told = [f"{count} {word}" for count, word in counts if count]
    runs = "1 run" if planned.total == 1 else f"{planned.total} runs"
    return f"{runs} planned: {', '.join([*told, f'{planned.unexplained} unexplained'])}"


def facts(inventory: Inventory, settings: Settings, accounts: Collection[Account], at: datetime) -> tuple[str, ...]:
    """Backup, disk, purge, version, sign-off, mail: each one short phrase, left out where nothing is known of it."""
    found = (
        _backup(inventory, at),
        _clock(inventory, at),
        _disk(settings),
        _purge(inventory),
        f"worker {_version()}",
        _not_signed_off(inventory, accounts, settings),
        _mail(inventory, at),
    )
    return tuple(words for words in found if words)


def _backup(inventory: Inventory, at: datetime) -> str:
    """When the last backup was made, and when a restore was last tried; nothing where backups are not kept track of."""
    if not inventory.has_table("backups"):
        return ""
    row = inventory.rows(_BACKUPS)[0]
    made, tried = (datetime.fromisoformat(text).astimezone(at.tzinfo) if text else None for text in row.values())
    if made is None:
        return "NO BACKUP"
    age = (at - made).days
    old = f" ({age} days old)" if age > 1 else ""
    tested = f", restore tested {tried:%d %b}" if tried else ", restore NEVER tested"
    return f"backup {made:%a %H:%M}{old}{tested}"


def _clock(inventory: Inventory, at: datetime) -> str:
    """Whether this machine's clock can be right: nothing in the trail may be later than now."""
    row = inventory.rows("SELECT max(at) AS at FROM audit")[0]
    ahead = datetime.fromisoformat(row["at"]) - at if row["at"] else timedelta()
    return f"CLOCK WRONG by {ahead.total_seconds() / 60:.0f} min or more" if ahead > timedelta(minutes=5) else ""


def _disk(settings: Settings) -> str:
    try:
        disk = shutil.disk_usage(settings.home)
    except OSError:
        return ""
    free = 100 * disk.free // disk.total
    return f"disk {free} % free" if free >= 10 else f"DISK NEARLY FULL: {free} % free"


def _purge(inventory: Inventory) -> str:
    """What hindered the last purge of the service; nothing when it went well."""
    row = inventory.row("SELECT trouble FROM purges ORDER BY day DESC LIMIT 1")
    return f"NOT PURGED: {row['trouble']} (pk purge)" if row and row["trouble"] else ""


def _version() -> str:
    try:
        return version("portalkeeper")
    except PackageNotFoundError:
        return "from a checkout"


def _not_signed_off(inventory: Inventory, accounts: Collection[Account], settings: Settings) -> str:
    """Accounts on real portals that may sign in and that nobody has watched yet; nothing where that is not kept."""
    if not inventory.has_table("sign_offs"):
        return ""
    signed = {row["account"] for row in inventory.rows(_SIGNED)}
    asked = [account for account in accounts if account.row["automation"] in ("permitted", "registered")]
    names = [account.name for account in asked if account.name not in signed and not _practice(account, settings)]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"not signed off: {', '.join(names[:SHOWN])}{more}" if names else ""


def _practice(account: Account, settings: Settings) -> bool:
    own = account.row["address"] or settings.portal_addresses.get(account.row["portal"])
    return is_loopback(own or (account.portal.address if account.portal else "unknown"))


def _mail(inventory: Inventory, at: datetime) -> str:
    """What could not be delivered yet, and why."""
    refused = refused_lately(inventory, _stamp(at - timedelta(days=2)))
    tried = [letter for letter in waiting(inventory) if letter.tries]
    words = [f"MAIL REFUSED: {refused[-1]['said']}"] if refused else []
    return " · ".join(words + ([f"NOT DELIVERED YET: {len(tried)} ({tried[0].said})"] if tried else []))


def audit_words(inventory: Inventory) -> str:
    """The audit trail's state and its head, for `pk audit verify --head`."""
    found = verify(inventory)
    if found.problem:
        return f"AUDIT TRAIL NOT WHOLE: {found.problem}"
    return f"audit verified, {found.head.count:,} entries, head {found.head.count}:{found.head.hash[:16]}"


def next_report(plan: Plan, at: datetime) -> str:
    """When the next report comes, and what it means when it does not; as far as the office has said."""
    told = plan.report
    if told.at is None:
        return ""
    moment = at.replace(hour=told.at.hour, minute=told.at.minute, second=0, microsecond=0)
    moment += timedelta(days=moment <= at)
    whom = f": {told.call}" if told.call else ""
    none_by = f" None by {told.none_by:%H:%M} = service down{whom}." if told.none_by else ""
    return f"Next report {moment:%a %H:%M}.{none_by}"


def _stamp(at: datetime) -> str:
    return stamp(at.astimezone(UTC))
