"""What falls due when, and who acts: every deadline of every account, from the inventory alone.

A date is a local date: of the account's `time_zone` where one is kept, else of this machine. What an account's row
says in a form that can't be read is an item too, so that a deadline is never lost to a mistyped date.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from bots.inventory import Inventory
from bots.outlook.account import Account, Calendar, read_accounts
from bots.settings import Settings

BEFORE_EXPIRY = 7  # days; the worker changes a password so long before it expires
BEFORE_IDLE = 7  # days; the worker signs in so long before an account is disabled as unused
CONFIRMED_FOR = 180  # days
FEW_CODES = 2

WORKER = "worker"
NOBODY = "NOBODY, name an owner"
NOT_KEPT = "the worker will not keep this alive: disable or re-approve"


class DueKind(StrEnum):
    """What falls due; the order is that of items of one account on one day."""

    GUARD = "guard"
    PASSWORD = "password"  # noqa: S105 - the name of a deadline
    IDLE = "idle"
    MFA = "mfa"
    CODES = "backup codes"
    CONTACT = "contact"
    ANSWERS = "security answers"
    PERMISSION = "permission"
    REVIEW = "review"
    RETIRE = "retire"
    UNREADABLE = "unreadable"


ORDER = {kind: number for number, kind in enumerate(DueKind)}


@dataclass(frozen=True, slots=True)
class DueItem:
    """One deadline of one account.

    `on` is the day on which somebody acts: for a person the deadline itself, for the worker some days before it.
    `what` is the state in plain words, on that day for the worker and today for a person. `days_left` counts from
    today to `on` and is negative when that has passed.
    """

    on: date
    deadline: date
    days_left: int
    account: str
    portal: str
    kind: DueKind
    what: str
    who: str
    do: str

    @property
    def overdue(self) -> bool:
        """Whether the day has passed."""
        return self.days_left < 0

    def as_dict(self) -> dict[str, Any]:
        """All there is to say, by name; dates as YYYY-MM-DD."""
        return {
            "date": self.on.isoformat(),
            "deadline": self.deadline.isoformat(),
            "days_left": self.days_left,
            "overdue": self.overdue,
            "account": self.account,
            "portal": self.portal,
            "kind": str(self.kind),
            "what": self.what,
            "who": self.who,
            "do": self.do,
        }


@dataclass(frozen=True, slots=True)
class Clocks:
    """Days until an account's password expires, and until the portal disables it as unused; none where not known."""

    expires_in: int | None
    idle_in: int | None


def due_items(inventory: Inventory, settings: Settings, days: int) -> list[DueItem]:
    """Everything overdue, or due within `days`, in the order of dates. Contacts nothing, opens no secret."""
    accounts = read_accounts(inventory, settings, Calendar(days))
    return _in_order(item for account in accounts for item in _items(account))


def survey(
    inventory: Inventory, settings: Settings, days: int, at: datetime
) -> tuple[list[DueItem], dict[str, Clocks]]:
    """The same as of `at`, and the clocks of every account by its name."""
    items: list[DueItem] = []
    clocks = {}
    for account in read_accounts(inventory, settings, Calendar(days, at)):
        items.extend(_items(account))
        clocks[account.name] = Clocks(_days_to(account, _expires(account)), _days_to(account, _disabled(account)))
    return _in_order(items), clocks


def _in_order(items: Iterable[DueItem]) -> list[DueItem]:
    return sorted(items, key=lambda item: (item.on, item.account, ORDER[item.kind]))


def _days_to(account: Account, day: date | None) -> int | None:
    return (day - account.today).days if day else None


def _expires(account: Account) -> date | None:
    """When the password expires, as `_password` counts it."""
    told, begun = account.day("password_expires_on"), account.day("password_set_on")
    if told and not (begun and begun > told):
        return told
    days = account.policy.password_max_age_days
    return _after(begun or account.day("created_on") or account.today, days) if days else None


def _disabled(account: Account) -> date | None:
    """When the portal disables the account as unused, as `_idle` counts it."""
    limit = account.number("idle_limit_days") or account.policy.inactivity_days
    return _after(account.last_good or account.day("created_on") or account.today, limit) if limit else None


def account_of(inventory: Inventory, settings: Settings, name: str) -> Account:
    """One account, as of today."""
    return next(read_accounts(inventory, settings, Calendar(0), name))


def due_now(inventory: Inventory, settings: Settings, name: str) -> set[DueKind]:
    """What the worker does for an account today."""
    account = account_of(inventory, settings, name)
    return {item.kind for item in _items(account) if item.who == WORKER and item.on <= account.today}


def _items(account: Account) -> Iterator[DueItem]:
    """What is due for one account. Each looks at the date before it finds words: most of 10,000 have nothing due."""
    yield from _guard(account)
    yield from _password(account)
    yield from _idle(account)
    yield from _mfa(account)
    yield from _confirmations(account)
    yield from _reviews(account)
    yield from _unreadable(account)


def _item(account: Account, kind: DueKind, deadline: date, what: str, do: str) -> DueItem:
    """An item that a person acts on."""
    return DueItem(
        on=deadline,
        deadline=deadline,
        days_left=(deadline - account.today).days,
        account=account.name,
        portal=account.portal,
        kind=kind,
        what=what,
        who=account.owner or NOBODY,
        do=do,
    )


def _of_worker(account: Account, kind: DueKind, deadline: date, on: date, what: str, do: str) -> DueItem:
    days_left = (on - account.today).days
    return DueItem(on, deadline, days_left, account.name, account.portal, kind, what, WORKER, do)


def _after(begun: date, days: int) -> date:
    """So many days later; the last day there is when that lies beyond."""
    return begun + timedelta(days) if days < (date.max - begun).days else date.max


def _ahead(account: Account, deadline: date, days: int) -> date:
    """So many days before a deadline, but not in the past."""
    return deadline - timedelta(days) if (deadline - account.today).days > days else account.today


def _guard(account: Account) -> Iterator[DueItem]:
    if account.stopped:
        do = f"{account.way_back} See: pk why {account.name}".strip()
        yield _item(account, DueKind.GUARD, account.today, account.stopped, do)


def _password(account: Account) -> Iterator[DueItem]:
    """When the password expires. A date that the portal told wins over the policy, until a newer password is stored."""
    told, begun = account.day("password_expires_on"), account.day("password_set_on")
    if told and not (begun and begun > told):
        source = account.text("password_expires_source") or "the inventory"
        yield from _expiry(account, begun, told, f", {source} says")
    elif account.policy.password_max_age_days:
        since = begun or account.day("created_on") or account.today
        note = "" if begun else " or more: counted from when the account was added"
        yield from _expiry(account, since, _after(since, account.policy.password_max_age_days), note)


def _expiry(account: Account, begun: date | None, expires: date, note: str) -> Iterator[DueItem]:
    ahead = _ahead(account, expires, BEFORE_EXPIRY)
    if ahead > account.horizon:
        return
    by_worker = account.may_change_password and expires >= account.today
    shown = ahead if by_worker else account.today
    age = f"password day {(shown - begun).days} of {(expires - begun).days}" if begun else "password expires"
    if by_worker:
        yield _of_worker(account, DueKind.PASSWORD, expires, ahead, age + note, "changes it")
    elif expires <= account.horizon:
        by_hand = f"change it on the portal, then: pk vault set {account.name}"
        do = f"{NOT_KEPT}, or {by_hand}" if account.not_kept else by_hand
        yield _item(account, DueKind.PASSWORD, expires, age + note + _because(account), do)


def _idle(account: Account) -> Iterator[DueItem]:
    """When the portal disables the account as unused, counted from the last good sign-in."""
    limit = account.number("idle_limit_days") or account.policy.inactivity_days
    if not limit:
        return
    seen = account.last_good
    begun = seen or account.day("created_on") or account.today
    deadline = _after(begun, limit)
    ahead = _ahead(account, deadline, BEFORE_IDLE)
    if ahead > account.horizon:
        return
    note = "" if seen else " or more: no sign-in seen, counted from when the account was added"
    if account.may_keep_alive and deadline >= account.today:
        words = f"idle day {(ahead - begun).days} of {limit}{note}"
        yield _of_worker(account, DueKind.IDLE, deadline, ahead, words, "signs in")
    elif deadline <= account.horizon:
        words = f"idle day {(account.today - begun).days} of {limit}{note}{_because(account)}"
        by_hand = f"sign in by hand to see how it stands, and: pk why {account.name}"
        yield _item(account, DueKind.IDLE, deadline, words, NOT_KEPT if account.not_kept else by_hand)


def _because(account: Account) -> str:
    return f"; {account.not_kept}" if account.not_kept else ""


def _mfa(account: Account) -> Iterator[DueItem]:
    retires = account.day("mfa_retires_on")
    if retires and retires <= account.horizon:
        method = account.text("mfa_kind") or "its method"
        words = f"second step ends: {method} is withdrawn by the portal"
        yield _item(account, DueKind.MFA, retires, words, "register another method on the portal")
    elif (closed := account.policy.no_new_texts_since) and account.has_texts:
        words = f"codes come by text message, for which the portal takes no new telephone since {closed}"
        yield _item(account, DueKind.MFA, account.today, words, "register an authenticator app on the portal")
    left = account.number("backup_codes_left")
    if left is not None and left <= FEW_CODES:
        words = f"{left} backup code{'' if left == 1 else 's'} left"
        yield _item(account, DueKind.CODES, account.today, words, "make new ones on the portal and store them")


def _confirmations(account: Account) -> Iterator[DueItem]:
    """What recovery would need: registered contact data and security answers, looked at twice a year."""
    if account.text("registered_email") or account.text("registered_phone") or account.day("contact_confirmed_on"):
        yield from _confirmation(account, DueKind.CONTACT, "contact_confirmed_on", "registered e-mail and phone")
    if account.number("security_answers_stored") or account.day("security_answers_confirmed_on"):
        yield from _confirmation(account, DueKind.ANSWERS, "security_answers_confirmed_on", "security answers")


def _confirmation(account: Account, kind: DueKind, column: str, what: str) -> Iterator[DueItem]:
    confirmed = account.day(column)
    begun = confirmed or account.day("created_on") or account.today
    deadline = _after(begun, CONFIRMED_FOR)
    if deadline <= account.horizon:
        state = "confirmed" if confirmed else "never confirmed, added"
        words = f"{what} {state} {(account.today - begun).days} days ago"
        yield _item(account, kind, deadline, words, "compare with what the portal shows")


REVIEWS = (
    (DueKind.PERMISSION, "automation_review_on", "permission to automate: review", "pk account permit {name}"),
    (DueKind.REVIEW, "next_review_on", "account review", "decide: keep, change or disable"),
    (DueKind.RETIRE, "retire_on", "to be retired", "disable the user on the portal"),
)


def _reviews(account: Account) -> Iterator[DueItem]:
    for kind, column, words, do in REVIEWS:
        on = account.day(column)
        if on and on <= account.horizon:
            yield _item(account, kind, on, words, do.format(name=account.name))


def _unreadable(account: Account) -> Iterator[DueItem]:
    for column, expected in account.unreadable:
        words = f"{column} can't be read: expected {expected}"
        yield _item(account, DueKind.UNREADABLE, account.today, words, "correct it in the inventory")
