"""One account as the due list sees it: its dates, and whether the worker may keep it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from bots import guard, now
from bots.incidents import Kind as IncidentKind
from bots.incidents import open_ones
from bots.inventory import Automation, Inventory, Kind
from bots.settings import Settings, is_loopback
from bots.ways_back import way_back
from flows.errors import AccountHeld
from flows.parties import CodeWay
from payers.model import Policy, Portal
from payers.registry import portals

DATES = (
    "password_expires_on",
    "password_set_on",
    "mfa_retires_on",
    "contact_confirmed_on",
    "security_answers_confirmed_on",
    "automation_review_on",
    "next_review_on",
    "retire_on",
    "created_on",
)
_OTHERS = (
    "name portal address time_zone kind owner administrator_1 automation last_good_sign_in_at idle_limit_days mfa_kind "
    "backup_codes_left password_expires_source rotation_allowed registered_email registered_phone "
    "security_answers_stored unlock_path help_phone help_hours help_zone have_ready usual_days code_ways"
)
_ACCOUNTS = f"SELECT {', '.join((*_OTHERS.split(), *DATES))} FROM accounts WHERE name = ifnull(?, name) ORDER BY name"
_COUNTED = """SELECT DISTINCT account FROM ledger l WHERE verdict IN ('open', 'refused', 'unknown') AND id > ifnull(
    (SELECT max(id) FROM ledger g WHERE g.account = l.account AND g.kind IN ('signed_in', 'unfreeze')), 0)"""
_ASKED = (Automation.PERMITTED, Automation.REGISTERED)


class Calendar:
    """Local dates of one moment: what day it is in a zone, and the last day to look at."""

    def __init__(self, days: int, at: datetime | None = None) -> None:
        """`days` is how far to look ahead, from `at` (none: now)."""
        self._at, self._ahead = at or now.utc(), days
        self._days: dict[ZoneInfo | None, tuple[date, date]] = {}

    def days(self, zone: ZoneInfo | None) -> tuple[date, date]:
        """Today in `zone`, none being the machine's, and the last day."""
        if zone not in self._days:
            today = self._at.astimezone(zone).date()
            farthest = (date.max - today).days
            self._days[zone] = today, today + timedelta(min(self._ahead, farthest))
        return self._days[zone]


@dataclass(frozen=True)
class Account:
    """One account: `row` as the inventory keeps it, its `dates` read, how it is frozen or why it is held.

    `horizon` is the last day that is looked at.
    """

    row: Mapping[str, Any]
    site: Portal | None
    zone: ZoneInfo | None
    today: date
    horizon: date
    dates: Mapping[str, date]
    unreadable: tuple[tuple[str, str], ...]
    frozen: Mapping[str, Any] | None
    held: str
    address: str

    @property
    def name(self) -> str:
        """The nickname."""
        return str(self.row["name"])

    @property
    def portal(self) -> str:
        """The portal's name."""
        return str(self.row["portal"])

    @property
    def owner(self) -> str:
        """Who answers for it; empty when nobody does."""
        return self.text("owner")

    @property
    def policy(self) -> Policy:
        """The portal's published clocks; none for a portal that this version does not know."""
        return self.site.policy if self.site else NO_POLICY

    def text(self, column: str) -> str:
        """A column's text; empty when it is not kept."""
        return str(self.row[column] or "").strip()

    def number(self, column: str) -> int | None:
        """A column's number, when it is kept."""
        found: int | None = self.row[column]
        return found

    def day(self, column: str) -> date | None:
        """A column's date, when it is kept and can be read."""
        return self.dates.get(column)

    @property
    def has_texts(self) -> bool:
        """Whether codes come to it by text message."""
        return CodeWay.SMS in map(str.strip, self.text("code_ways").split(","))

    @cached_property
    def last_good(self) -> date | None:
        """The local date of the last good sign-in."""
        return self._local(self.row["last_good_sign_in_at"])

    @property
    def stopped(self) -> str:
        """Why the guard lets nobody submit; empty when it does."""
        return f"FROZEN since {self._local(self.frozen['opened_at'])}" if self.frozen else self.held

    @property
    def way_back(self) -> str:
        """How a frozen account comes back, as far as that is known."""
        return way_back(self.row, self.policy, self.frozen["error"]) if self.frozen else ""

    @cached_property
    def not_kept(self) -> str:
        """Why the worker may not keep this account alive, whoever would ask it to; empty when it may."""
        return next(_against_keeping(self), "")

    def _local(self, stamp: str | None) -> date | None:
        return datetime.fromisoformat(stamp).astimezone(self.zone).date() if stamp else None

    @property
    def may_keep_alive(self) -> bool:
        """Whether the worker will sign in before the account is disabled as unused."""
        return not self.not_kept and not self.stopped

    @property
    def may_change_password(self) -> bool:
        """Whether the worker will change the password before it expires."""
        offered = getattr(self.site, "password_reset", None) is not None
        return offered and self.number("rotation_allowed") != 0 and self.may_keep_alive


NO_POLICY = Policy()


def _against_keeping(account: Account) -> Iterator[str]:
    """A login is kept alive only while a person answers for it: otherwise nobody would notice that it is unused."""
    kind = account.text("kind")
    if kind not in (Kind.WORKER, Kind.BREAK_GLASS):
        yield f"it is a {kind}'s login" if kind == Kind.PERSON else f"it is {kind}"
    if kind == Kind.BREAK_GLASS and not account.text("administrator_1"):
        yield "break-glass without a named administrator"
    if not account.owner:
        yield "it has no owner"
    for column, words in (("next_review_on", "review"), ("automation_review_on", "permission review")):
        if (on := account.day(column)) and on < account.today:
            yield f"{words} overdue since {on}"
    if (on := account.day("retire_on")) and on <= account.today:
        yield f"to be retired since {on}"
    if account.row["automation"] not in _ASKED and not is_loopback(account.address):
        yield f"automation {account.row['automation']}"


def read_accounts(
    inventory: Inventory, settings: Settings, calendar: Calendar, name: str | None = None
) -> Iterator[Account]:
    """Every account, or the one of that name; the ledger is read where it holds anything against one."""
    sites, zones = portals(), _Zones()
    held, frozen = _held(inventory, sites), _frozen(inventory)
    for row in inventory.rows(_ACCOUNTS, (name,)):
        name, site, zone = row["name"], sites.get(row["portal"]), zones.find(row["time_zone"])
        (today, horizon), (dates, unreadable) = calendar.days(zone), _dates(row)
        if row["time_zone"] and zone is None:
            unreadable.append(("time_zone", "a time zone such as America/New_York"))
        yield Account(
            row=row,
            site=site,
            zone=zone,
            today=today,
            horizon=horizon,
            dates=dates,
            unreadable=tuple(unreadable),
            frozen=frozen.get(name),
            held=held.get(name, ""),
            address=row["address"] or settings.portal_addresses.get(row["portal"]) or (site.address if site else ""),
        )


class _Zones:
    """Time zones by name; `None` for a name there is no zone of."""

    def __init__(self) -> None:
        self._known: dict[str, ZoneInfo | None] = {}

    def find(self, name: str | None) -> ZoneInfo | None:
        if not name:
            return None
        if name not in self._known:
            try:
                self._known[name] = ZoneInfo(name)
            except (ValueError, OSError, KeyError):
                self._known[name] = None
        return self._known[name]


def _dates(row: Mapping[str, Any]) -> tuple[dict[str, date], list[tuple[str, str]]]:
    """The dates that can be read, and the columns that can't."""
    dates: dict[str, date] = {}
    unreadable = []
    for column in DATES:
        if text := row[column]:
            try:
                dates[column] = date.fromisoformat(text)
            except ValueError:
                unreadable.append((column, "YYYY-MM-DD"))
    return dates, unreadable


def _frozen(inventory: Inventory) -> dict[str, dict[str, Any]]:
    """The freeze of each account that is frozen."""
    return {str(row["account"]): row for row in open_ones(inventory, IncidentKind.FREEZE)}


def _held(inventory: Inventory, sites: Mapping[str, Portal]) -> dict[str, str]:
    """Why the guard would let nobody submit, freezes apart; only accounts with anything counted are looked at."""
    counted = inventory.rows(f"SELECT name, portal FROM accounts WHERE name IN ({_COUNTED})")
    said = ((row["name"], _said(inventory, row["name"], sites.get(row["portal"]))) for row in counted)
    return {name: words for name, words in said if words}


def _said(inventory: Inventory, name: str, site: Portal | None) -> str:
    standing = guard.standing(inventory, name, site.policy if site else NO_POLICY)
    try:
        guard.check(standing, name, "", automatic=False)
    except AccountHeld:
        return "HELD: " + ("too many codes refused" if standing.left else f"no try left of {standing.allowance}")
    return ""
