"""Accounts that people use too: one possible failure, no work in their hours, and never a session against theirs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from office import Office

from bots import guard, now, sharing
from bots.desk import Verdict
from bots.inventory import Inventory, stamp
from bots.inventory.accounts import checked_account
from bots.inventory.hours import DEFAULT, OwnerHours
from bots.report import gather, render_html, render_text
from flows.errors import AccountBusy, AccountHeld, InputError
from payers.model import Policy

MONDAY_NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)  # 12:00 in New York


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def change(office: Office, **columns: str) -> None:
    with office.inventory.write() as db:
        db.table("accounts").update("a", columns)


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(now, "utc", lambda: moment)


def note(office: Office, kind: str, minutes_ago: float) -> None:
    when = stamp(now.utc() - timedelta(minutes=minutes_ago))
    with office.inventory.write() as db:
        db.table("notices").insert({"at": when, "account": "a", "kind": kind, "words": ""})


def check_free(office: Office, *, automatic: bool = False) -> None:
    sharing.check_free(Inventory(office.inventory.path), "a", automatic=automatic)  # as another process sees it


@pytest.mark.parametrize(("kind", "granted"), [("worker", 2), ("break-glass", 2), ("person", 1), ("shared", 1)])
def test_a_login_of_people_bears_one_possible_failure(office: Office, kind: str, granted: int) -> None:
    change(office, kind=kind)
    for number in range(granted):
        office.attempt(f"{number}", Verdict.UNKNOWN)
    with pytest.raises(AccountHeld, match="kept for a person"):
        office.grant("another")
    assert guard.standing(office.inventory, "a", Policy(lockout_threshold=6)).allowance == (5 if granted == 2 else 1)


@pytest.mark.parametrize("kind", ["person", "shared"])
def test_the_service_leaves_it_alone_in_the_owners_hours(
    office: Office, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(office, kind=kind, time_zone="America/New_York")
    at(monkeypatch, MONDAY_NOON)
    with pytest.raises(AccountHeld, match="until Mon 19:00 EST"):
        check_free(office, automatic=True)
    assert sharing.resting(office.inventory, MONDAY_NOON) == {"a"}
    check_free(office)  # a person at the terminal decides for themselves
    for free in (MONDAY_NOON + timedelta(hours=7), MONDAY_NOON + timedelta(days=5)):
        at(monkeypatch, free)
        check_free(office, automatic=True)
        assert sharing.resting(office.inventory, free) == frozenset()


def test_a_login_of_its_own_works_at_any_hour(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    change(office, kind="worker", time_zone="America/New_York", owner_hours=DEFAULT)
    at(monkeypatch, MONDAY_NOON)
    check_free(office, automatic=True)
    assert sharing.resting(office.inventory, now.utc()) == frozenset()


def test_owners_may_have_hours_of_their_own(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    change(office, kind="person", time_zone="America/New_York", owner_hours="13:00-15:00 mon,wed-fri")
    at(monkeypatch, MONDAY_NOON)
    check_free(office, automatic=True)
    at(monkeypatch, MONDAY_NOON + timedelta(hours=1))
    with pytest.raises(AccountHeld, match="15:00 EST"):
        check_free(office, automatic=True)


def test_hours_that_can_not_be_read_are_the_usual_ones(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    change(office, kind="person", time_zone="America/New_York", owner_hours="whenever")
    at(monkeypatch, MONDAY_NOON)
    with pytest.raises(AccountHeld, match="19:00 EST"):
        check_free(office, automatic=True)


@pytest.mark.parametrize(
    "text", ["", "9-5 mon", "09:00-17:00", "17:00-09:00 mon", "09:00-17:00 fri-mon", "25:00-26:00 mon"]
)
def test_wrong_hours_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        OwnerHours.read(text)
    if text:
        with pytest.raises(InputError, match="owner_hours"):
            checked_account({"name": "a", "portal": "p", "user_id": "u", "owner_hours": text}, ["p"])


def test_hours_are_those_of_the_clock_on_the_wall() -> None:
    hours, zone = OwnerHours.read(DEFAULT), ZoneInfo("America/New_York")
    summer = datetime(2026, 7, 6, 11, 30, tzinfo=UTC)  # 07:30 in July, 06:30 in winter
    assert hours.until(summer, zone)
    assert not hours.until(summer + timedelta(days=140), zone)


def test_a_session_that_ended_early_twice_is_in_use_elsewhere_for_half_an_hour(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, MONDAY_NOON)
    change(office, time_zone="America/New_York")
    note(office, sharing.ENDED, 25)
    check_free(office)
    note(office, sharing.ENDED, 1)
    with pytest.raises(AccountBusy, match="before Mon 12:29 EST"):
        check_free(office)
    assert sharing.resting(office.inventory, MONDAY_NOON) == {"a"}
    at(monkeypatch, MONDAY_NOON + timedelta(minutes=30))
    check_free(office)
    assert sharing.resting(office.inventory, now.utc()) == frozenset()


def test_two_ends_far_apart_are_no_sign(office: Office) -> None:
    note(office, sharing.ENDED, 32)
    note(office, sharing.ENDED, 1)
    check_free(office)
    assert sharing.resting(office.inventory, now.utc()) == frozenset()


@pytest.mark.parametrize(
    ("kind", "sign"), [("person", sharing.ENDED), ("shared", sharing.ENDED), ("worker", sharing.BUSY)]
)
def test_one_sign_is_enough_where_somebody_is_known_to_sign_in(office: Office, kind: str, sign: str) -> None:
    change(office, kind=kind)
    note(office, sign, 1)
    with pytest.raises(AccountBusy):
        check_free(office)


def test_the_report_names_them_until_they_are_replaced(office: Office) -> None:
    change(office, kind="shared", owner="Ann")
    found = gather(office.inventory, ["a"], datetime.now(UTC), service_running=True)
    words = "Used by people too: a (a shared login, owner Ann)"
    assert words in render_text(found)
    assert words in render_html(found)
    change(office, kind="worker")
    assert "Used by people" not in render_text(gather(office.inventory, ["a"], datetime.now(UTC), service_running=True))


def test_a_row_that_waits_for_the_owners_hours_is_no_gap(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    change(office, kind="person", time_zone="America/New_York")
    due = stamp(MONDAY_NOON - timedelta(hours=3))
    with office.inventory.write() as db:
        row = {"schedule": "s", "account": "a", "flow": "login", "due_at": due, "written_at": due, "state": "due"}
        db.table("due").insert(row)
    at(monkeypatch, MONDAY_NOON)
    assert gather(office.inventory, ["a"], MONDAY_NOON, service_running=True).gaps == ()
    evening = MONDAY_NOON + timedelta(hours=9)
    assert gather(office.inventory, ["a"], evening, service_running=True).gaps != ()


def test_an_older_inventory_gets_the_new_column(tmp_path: Path) -> None:
    path = tmp_path / "inventory.db"
    old = Inventory(path)
    with old.write() as db:
        db.execute("ALTER TABLE accounts DROP COLUMN owner_hours")
        db.execute("DROP INDEX notices_at")
        db.execute("DELETE FROM _sqlite_migrations WHERE name LIKE 'm002%'")
    old.close()
    names = [row["name"] for row in Inventory(path).rows("SELECT name FROM pragma_table_info('accounts')")]
    assert "owner_hours" in names
