"""The morning: makes the report, keeps it, puts it into the outbox; and all day sees to it that people are told."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from bots import now, report
from bots.alerts import look
from bots.announced import ANNOUNCED
from bots.change_notices import ChangeNotices
from bots.clock.maintenance import FILE as MAINTENANCE
from bots.clock.maintenance import load_maintenance
from bots.clock.rows import NEW_MONTH
from bots.clock.schedules import read_schedules
from bots.delivery import FILE, Plan, Way, deliver, load_plan, post
from bots.delivery.carriers import carriers_of
from bots.disk import private_folder, write_durably
from bots.era import findings
from bots.era.drop import note_pick_ups
from bots.inventory import Inventory, stamp
from bots.purging import purge_daily
from bots.report import Report, gather, last_report
from bots.report.ahead import DAYS
from bots.report.changes import drop_old, kept
from bots.report.model import Ahead
from bots.restored import remember
from bots.settings import Settings
from bots.vault import Vault
from flows.errors import InputError

KIND = "report"
LOOK_SECONDS = 30.0
LATE_ERAS = timedelta(hours=1)
ANNOUNCED_FOR = timedelta(days=7)
_ANNOUNCED = """SELECT DISTINCT a.portal FROM notices n JOIN accounts a ON a.name = n.account
    WHERE n.kind = ? AND n.at > ? ORDER BY a.portal"""

log = structlog.get_logger("portalkeeper")


@dataclass(frozen=True)
class Sent:
    """A report that was made: its page, and how many letters wait in the outbox for it."""

    report: Report
    page: Path
    letters: int


def make_report(
    settings: Settings, inventory: Inventory, vault: Vault, *, service_running: bool, plan: Plan | None = None
) -> Report:
    """The report as of now, on the office's clock. Raises `InputError` where alerts.toml is wrong."""
    plan = plan or load_plan(settings.config / FILE)
    at = plan.local(now.utc())
    remember(inventory, settings.last_seen)
    note_pick_ups(inventory)
    return gather(
        inventory,
        vault.names(),
        at,
        service_running=service_running,
        settings=settings,
        plan=plan,
        before=last_report(settings.report_folder, at),
        coming=[
            *_maintenance(settings, at),
            *_announced(settings, inventory, at),
            *_new_month(settings, inventory, at),
        ],
        take_up=True,
    )


def _maintenance(settings: Settings, at: datetime) -> list[Ahead]:
    """The declared maintenance of the next days; times are those of the zone it was declared in."""
    found = []
    for declared in load_maintenance(settings.config / MAINTENANCE):
        for times in declared.coming(at, DAYS):
            begin, end = (moment.astimezone(ZoneInfo(declared.zone)) for moment in times)
            hours = f"{begin:%H:%M}-{end:%H:%M}" if begin.date() == end.date() else f"{begin:%H:%M}-{end:%a %H:%M}"
            words = f"{declared.portal} maintenance {hours} {end:%Z}: runs wait for its end"
            found.append(Ahead(on=max(begin.date(), at.date()), words=words, who="nobody"))
    return found


def _announced(settings: Settings, inventory: Inventory, at: datetime) -> list[Ahead]:
    """Portals that announce maintenance of which nothing is declared: a proposal, for only a person reads the hours."""
    declared = {one.portal for one in load_maintenance(settings.config / MAINTENANCE) if one.coming(at, DAYS)}
    seen = inventory.rows(_ANNOUNCED, (ANNOUNCED, stamp((at - ANNOUNCED_FOR).astimezone(UTC))))
    return [
        Ahead(
            on=at.date(),
            words=f"{row['portal']} announces maintenance: read when, and declare it in config/{MAINTENANCE}",
            who="whoever runs the worker",
        )
        for row in seen
        if row["portal"] not in declared
    ]


def _new_month(settings: Settings, inventory: Inventory, at: datetime) -> list[Ahead]:
    """When lists ask again because a month has begun."""
    found = []
    for row in read_schedules(settings.schedules, inventory).rows:
        due = row.timing.first_after(at.astimezone(UTC)) if row.select == NEW_MONTH else None
        if due and due.at - at <= timedelta(days=DAYS):
            begin = due.at.astimezone(row.timing.local)
            words = f"new month: Medicaid's patients are asked again at {begin:%H:%M %Z} ({row.name})"
            found.append(Ahead(on=begin.date(), words=words, who="worker"))
    return found


def keep(settings: Settings, found: Report, out: Path | None = None) -> Path:
    """Write the report's page and its JSON; the page's path."""
    folder = private_folder(settings.report_folder)
    name = f"{found.at:%Y-%m-%d-%H%M}"
    target = out or folder / f"{name}.html"
    write_durably(target, report.render_html(found).encode())
    write_durably(folder / f"{name}.json", kept(found))
    drop_old(folder)
    return target


def send_report(settings: Settings, inventory: Inventory, vault: Vault, *, service_running: bool) -> Sent:
    """Make the report, keep it, and put it into the outbox: from then on it is not lost (`bots.delivery`).

    What the service does for `flow: report`, and `pk report --send`. Sends nothing by itself.
    """
    plan = load_plan(settings.config / FILE)
    found = make_report(settings, inventory, vault, service_running=service_running, plan=plan)
    page = keep(settings, found)
    subject, html = report.subject(found), page.read_text()
    letters: list[tuple[Way, str, str, str]] = [
        ("mail", plan.contacts[name].mail, report.render_first_screen(found), html) for name in plan.report.to
    ]
    if plan.report.folder:
        letters.append(("folder", str(plan.report.folder), page.name, html))
    if plan.report.webhook:
        letters.append(("webhook", plan.report.webhook, summary(found), ""))
    with inventory.write() as db:
        for way, target, body, attached in letters:
            post(db, KIND, way, target, subject, body, attached)
    return Sent(found, page, len(letters))


def summary(found: Report) -> str:
    """The report for a webhook: its first screen as data, without the long tables."""
    long = {"accounts", "states", "not_run", "portals", "used_by_people", "ahead", "changes"}
    return found.model_copy(update={"subject": report.subject(found)}).model_dump_json(exclude=long)


async def watch(settings: Settings, inventory: Inventory, stop: asyncio.Event) -> None:
    """Tell of what can't wait and send what lies in the outbox, every half minute until `stop`.

    Every quarter hour it looks for letters about changed accounts, every hour for remittances that are late, and once a
    day it purges. alerts.toml is read anew each time;
    while it is wrong nobody is told of anything new, and the log says so once.
    """
    looked: datetime | None = None
    trouble = ""
    notices = ChangeNotices(settings, inventory)
    while not stop.is_set():
        try:
            if looked is None or now.utc() - looked >= LATE_ERAS:
                looked = now.utc()
                await asyncio.to_thread(purge_daily, settings, inventory)
                await asyncio.to_thread(findings.look, settings, inventory)
            await notices.look()
            plan = await asyncio.to_thread(load_plan, settings.config / FILE)
            await asyncio.to_thread(look, inventory, plan)
            await deliver(inventory, carriers_of(settings, plan))
            trouble = ""
        except InputError as error:
            if str(error) != trouble:
                log.warning("alerts and reports wait", why=str(error))
            trouble = str(error)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), LOOK_SECONDS)
