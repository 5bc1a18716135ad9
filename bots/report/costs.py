"""When something left undone begins to cost, and what: by what an account did lately, and the office's hours."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from bots.delivery import Plan
from bots.era.banking_days import is_business_day
from bots.inventory import Inventory, stamp
from bots.report.model import Need, WorkList
from bots.report.standings import upper

LOOK_UPS = ("eligibility", "claim_status")
ERAS = "era_download"
POSTING = time(12)  # payments are posted by noon
WEEK = timedelta(days=7)
DAY = timedelta(days=1)
_TITLES = {"eligibility": "eligibility", "claim_status": "claim"}

_ASKED = """SELECT account, flow, sum(asked) AS asked, count(DISTINCT substr(started_at, 1, 10)) AS days FROM runs
    WHERE account IN (SELECT value FROM json_each(?)) AND started_at > ? GROUP BY account, flow HAVING sum(asked) > 0"""
_PAID = """SELECT f.account, p.amount FROM era_payments p JOIN era_files f USING (sha256)
    WHERE f.account IN (SELECT value FROM json_each(?)) AND f.received_at > ? AND p.state = 'passed'"""


@dataclass
class Use:
    """What came through an account in a week: look-ups a day by flow, and the payments of its ERAs."""

    look_ups: dict[str, int] = field(default_factory=dict)
    payments: list[Decimal] = field(default_factory=list)

    @property
    def flows(self) -> tuple[str, ...]:
        """The lists that wait for it."""
        return (*self.look_ups, *((ERAS,) if self.payments else ()))

    def words(self) -> str:
        """What waits while it is stopped."""
        parts = [f"about {count} {_TITLES.get(flow, flow)} look-ups a day" for flow, count in self.look_ups.items()]
        if self.payments:
            parts.append(f"its ERAs (last 7 days {len(self.payments)}, ${sum(self.payments, Decimal()):,.2f})")
        return f"{upper(' and '.join(parts))} wait for it" if parts else ""


def uses(inventory: Inventory, names: Collection[str], at: datetime) -> dict[str, Use]:
    """What came through each of the accounts in the last seven days; those without anything are left out."""
    found: dict[str, Use] = {}
    values = (json.dumps(sorted(names)), stamp((at - WEEK).astimezone(UTC)))
    for row in inventory.rows(_ASKED, values):
        if row["flow"] in LOOK_UPS:
            each = max(1, round(row["asked"] / row["days"]))
            found.setdefault(row["account"], Use()).look_ups[row["flow"]] = each
    for row in inventory.rows(_PAID, values):
        found.setdefault(row["account"], Use()).payments.append(Decimal(row["amount"] or 0))
    return found


def priced(need: Need, use: Use, plan: Plan, lists: Sequence[WorkList], at: datetime) -> Need:
    """The need with what it costs and from when, as far as whoever found it has not said so."""
    flows = need.flows or use.flows
    known = {"flows": flows, "cost": need.cost or use.words(), "age": need.age or _age(need, at)}
    return need.model_copy(update={**known, "costs_from": need.costs_from or _from(flows, plan, lists, at)})


def _from(flows: Sequence[str], plan: Plan, lists: Sequence[WorkList], at: datetime) -> datetime:
    """The moment the first of the lists is wanted: when it has to be ready, else by the hours of the office."""
    wanted = [entry.ready_by for entry in lists if entry.flow in flows and entry.ready_by and entry.ready_by >= at]
    hours = [plan.office.opens if flow in LOOK_UPS else POSTING for flow in flows if flow in (*LOOK_UPS, ERAS)]
    return min([*wanted, *(_next(at, hour) for hour in hours)], default=_next(at, plan.office.closes))


def closing(plan: Plan, at: datetime) -> datetime:
    """The end of the office's day, of the next working day if it is past."""
    return _next(at, plan.office.closes)


def _next(at: datetime, hour: time) -> datetime:
    """That hour of the day, if it is a working day; else of the next one. Passed today means now."""
    if is_business_day(at.date()):
        return max(at, at.replace(hour=hour.hour, minute=hour.minute, second=0, microsecond=0))
    day = at + DAY
    while not is_business_day(day.date()):
        day += DAY
    return day.replace(hour=hour.hour, minute=hour.minute, second=0, microsecond=0)


def _age(need: Need, at: datetime) -> str:
    """For how long it is open, and whether anybody took it."""
    if need.since > at - DAY:
        return f"new, since {need.since:%H:%M}" if need.since < at else "new"
    days = f"day {(at.date() - need.since.date()).days + 1}"
    return f"{days}, {need.taken_by}" if need.taken_by else f"{days}, nobody took it"


def by_when(need: Need, at: datetime) -> str:
    """From when it costs, as the first words of its line."""
    moment = need.costs_from or at
    if moment <= at:
        return "now"
    return f"by {moment:%H:%M}" if moment.date() == at.date() else f"by {moment:%a %H:%M}"
