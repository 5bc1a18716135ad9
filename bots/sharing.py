"""Accounts that people use too. Nobody's session is ended by us, and nobody is disturbed at work.

Two kinds of login, a *person*'s and a *shared* one, are never the worker's own: one possible failure is all it may
cause, it changes no password, and the service leaves them alone in their owner's hours. Any account may turn out to be
in use elsewhere: then nothing signs in with it for half an hour, whichever process asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from bots import now
from bots.inventory import Inventory, Kind, stamp
from bots.inventory.hours import DEFAULT, OwnerHours
from flows.errors import AccountBusy, AccountHeld, InputError

OF_PEOPLE = (Kind.PERSON, Kind.SHARED)
BUDGET = 1  # possible failures that the worker may cause on such a login
ELSEWHERE = timedelta(minutes=30)
ENDED, BUSY = "session ended early", "signed in elsewhere"  # kinds of notices

_ROW = "SELECT name, kind, owner_hours, time_zone FROM accounts WHERE "


def of_people(row: Mapping[str, Any]) -> bool:
    """Whether people sign in with this account too."""
    return row.get("kind") in OF_PEOPLE


def whose(row: Mapping[str, Any]) -> str:
    """What kind of login it is, in words."""
    return "a person's login" if row["kind"] == Kind.PERSON else "a shared login"


def check_own(row: Mapping[str, Any]) -> None:
    """Raise `InputError` where people use the account too: its password is theirs to change."""
    if of_people(row):
        raise InputError(
            f"account {row['name']} is {whose(row)}: whoever uses it changes the password on the portal, then: "
            f"pk vault set {row['name']}"
        )


def check_free(inventory: Inventory, account: str, *, automatic: bool) -> None:
    """Raise `AccountBusy` while the account is in use elsewhere, `AccountHeld` for the service in the owner's hours."""
    at = now.utc()
    for row in inventory.rows(f"{_ROW} name = ?", (account,)):
        if until := _elsewhere_until(inventory, row, at):
            raise AccountBusy(
                f"account {account} is in use elsewhere: nothing signs in with it before {_when(until, row)}. "
                "Find out who uses it."
            )
        if automatic and (until := _hours_until(row, at)):
            raise AccountHeld(
                f"account {account} is {whose(row)}: the service leaves it alone in the owner's hours, "
                f"until {_when(until, row)}"
            )


def resting(inventory: Inventory, at: datetime) -> frozenset[str]:
    """The accounts that the service leaves alone now."""
    rows = inventory.rows(
        f"{_ROW} kind IN (?,?) OR name IN (SELECT account FROM notices WHERE at > ? AND kind IN (?,?))",
        (*OF_PEOPLE, stamp(at - ELSEWHERE), ENDED, BUSY),
    )
    return frozenset(row["name"] for row in rows if _hours_until(row, at) or _elsewhere_until(inventory, row, at))


def _elsewhere_until(inventory: Inventory, row: Mapping[str, Any], at: datetime) -> datetime | None:
    """Until when it is left alone: somebody was signed in, or our session ended early, twice with an own account."""
    rows = inventory.rows(
        "SELECT kind, at FROM notices WHERE account = ? AND at > ? AND kind IN (?,?) ORDER BY at DESC",
        (row["name"], stamp(at - 2 * ELSEWHERE), ENDED, BUSY),
    )
    signs = [datetime.fromisoformat(sign["at"]) for sign in rows if sign["kind"] == BUSY][:1]
    ended = [datetime.fromisoformat(sign["at"]) for sign in rows if sign["kind"] == ENDED]
    if of_people(row) or (len(ended) > 1 and ended[0] - ended[1] <= ELSEWHERE):
        signs += ended[:1]
    until = max(signs, default=at - ELSEWHERE) + ELSEWHERE
    return until if until > at else None


def _hours_until(row: Mapping[str, Any], at: datetime) -> datetime | None:
    """When the owner's hours end, where people use the account and it is their time."""
    if not of_people(row):
        return None
    try:
        hours = OwnerHours.read(row["owner_hours"] or DEFAULT)
    except ValueError:
        hours = OwnerHours.read(DEFAULT)
    return hours.until(at, _zone(row))


def _zone(row: Mapping[str, Any]) -> ZoneInfo | None:
    return ZoneInfo(row["time_zone"]) if row["time_zone"] in available_timezones() else None


def _when(until: datetime, row: Mapping[str, Any]) -> str:
    return f"{until.astimezone(_zone(row)):%a %H:%M %Z}"
