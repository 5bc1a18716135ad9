"""The due list: each deadline known ahead, said in plain words, with whoever acts; and quick at 10,000 accounts."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bots import freezes, now, settings
from bots.desk import Failure
from bots.inventory import Inventory
from bots.outlook import DueItem, due_items
from bots.outlook.due import NOBODY, NOT_KEPT, WORKER
from flows.errors import InputError
from payers.model import Policy, Portal
from tests.flows.command_process import run_command

AT = datetime(2026, 11, 24, 17, tzinfo=UTC)
TODAY = date(2026, 11, 24)
POLICY = Policy(password_max_age_days=60, inactivity_days=90, lockout_threshold=3)


async def no_flow(session: object) -> None:
    raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Changing(Portal):
    """A portal on which the worker can change a password."""

    password_reset: Any = no_flow


def portal(name: str, cls: type[Portal] = Portal, policy: Policy = POLICY) -> Portal:
    return cls(name=name, title=name, address="https://portal.example", version="1", policy=policy, login=no_flow)


SITES = {
    "plain": portal("plain"),
    "changing": portal("changing", Changing),
    "silent": portal("silent", policy=Policy()),
    "no new texts": portal("no new texts", policy=Policy(no_new_texts_since=date(2025, 6, 14))),
}


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(now, "utc", lambda: AT)
    monkeypatch.setattr("bots.outlook.account.portals", lambda: SITES)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


@pytest.fixture
def inventory(tmp_path: Path) -> Inventory:
    return Inventory(tmp_path / "inventory.db")


def day(offset: int) -> str:
    return (TODAY + timedelta(offset)).isoformat()


def row(**columns: Any) -> dict[str, Any]:
    """An account that the worker may keep, with nothing due; `columns` make the case."""
    known = {"name": "a", "portal": "silent", "user_id": "u", "kind": "worker", "owner": "Ann", "created_on": day(-400)}
    return {**known, "automation": "permitted", **columns}


def add(inventory: Inventory, **columns: Any) -> None:
    with inventory.write() as db:
        db.table("accounts").insert(row(**columns))


def due(inventory: Inventory, days: int = 14) -> list[DueItem]:
    return due_items(inventory, settings.Settings(home=inventory.path.parent), days)


def only(inventory: Inventory, days: int = 14) -> DueItem:
    [item] = due(inventory, days)
    return item


def test_an_account_without_clocks_has_nothing_due(inventory: Inventory) -> None:
    add(inventory)
    assert due(inventory, 100_000) == []


CHANGING = {"portal": "changing", "last_good_sign_in_at": "2026-11-24T08:00:00.000+00:00"}
PLAIN = {**CHANGING, "portal": "plain"}
CASES = {
    # what is kept of the account: date, state, who, what to do
    "the worker changes it a week before": (
        {**CHANGING, "password_set_on": day(-44)},
        (9, "password day 53 of 60"),
        WORKER,
        "changes it",
    ),
    "the worker is not too late for it": (
        {**CHANGING, "password_set_on": day(-58)},
        (0, "password day 58 of 60"),
        WORKER,
        "changes it",
    ),
    "no flow: a person changes it": (
        {**PLAIN, "password_set_on": day(-53)},
        (7, "password day 53 of 60"),
        "Ann",
        "pk vault set a",
    ),
    "rotation not allowed": (
        {**CHANGING, "password_set_on": day(-53), "rotation_allowed": 0},
        (7, "password day 53 of 60"),
        "Ann",
        "change it on the portal",
    ),
    "expired: a person looks": (
        {**CHANGING, "password_set_on": day(-63)},
        (-3, "password day 63 of 60"),
        "Ann",
        "change it",
    ),
    "the portal's word wins": (
        {**PLAIN, "password_set_on": day(-10), "password_expires_on": day(5), "password_expires_source": "portal"},
        (5, "password day 10 of 15, portal says"),
        "Ann",
        "change it",
    ),
    "the portal's word alone": (
        {"password_expires_on": day(5)},
        (5, "password expires, the inventory says"),
        "Ann",
        "change it",
    ),
    "a date of the password before": (
        {**PLAIN, "password_set_on": day(-53), "password_expires_on": day(-54)},
        (7, "password day 53 of 60"),
        "Ann",
        "change it",
    ),
    "age unknown": ({**PLAIN, "created_on": day(-50)}, (10, "password day 50 of 60 or more"), "Ann", "change it"),
    "idle, kept": (
        {"idle_limit_days": 30, "last_good_sign_in_at": "2026-11-10T08:00:00.000+00:00"},
        (9, "idle day 23 of 30"),
        WORKER,
        "signs in",
    ),
    "idle, policy": (
        {**PLAIN, "password_set_on": day(0), "last_good_sign_in_at": "2026-09-04T08:00:00.000+00:00"},
        (2, "idle day 83 of 90"),
        WORKER,
        "signs in",
    ),
    "idle, own limit wins": (
        {**PLAIN, "password_set_on": day(0), "idle_limit_days": 5},
        (0, "idle day 0 of 5"),
        WORKER,
        "signs in",
    ),
    "idle, never seen": (
        {"idle_limit_days": 30, "created_on": day(-20)},
        (3, "idle day 23 of 30 or more"),
        WORKER,
        "signs in",
    ),
    "idle, past": (
        {"idle_limit_days": 30, "last_good_sign_in_at": "2026-10-20T08:00:00.000+00:00"},
        (-5, "idle day 35 of 30"),
        "Ann",
        "sign in by hand",
    ),
    "MFA method withdrawn": (
        {"mfa_retires_on": day(13), "mfa_kind": "sms"},
        (13, "second step ends: sms"),
        "Ann",
        "register",
    ),
    "codes by text where nobody is enrolled for them": (
        {"portal": "no new texts", "code_ways": "authenticator, sms"},
        (0, "codes come by text message, for which the portal takes no new telephone since 2025-06-14"),
        "Ann",
        "register an authenticator app",
    ),
    "two backup codes": ({"backup_codes_left": 2}, (0, "2 backup codes left"), "Ann", "make new ones"),
    "no backup code": ({"backup_codes_left": 0}, (0, "0 backup codes left"), "Ann", "make new ones"),
    "contact confirmed long ago": (
        {"contact_confirmed_on": day(-181)},
        (-1, "registered e-mail and phone confirmed 181 days ago"),
        "Ann",
        "compare",
    ),
    "contact never confirmed": (
        {"registered_email": "desk", "created_on": day(-170)},
        (10, "registered e-mail and phone never confirmed, added 170 days"),
        "Ann",
        "compare",
    ),
    "answers confirmed long ago": (
        {"security_answers_confirmed_on": day(-170)},
        (10, "security answers confirmed 170 days ago"),
        "Ann",
        "compare",
    ),
    "answers never confirmed": (
        {"security_answers_stored": 1, "created_on": day(-180)},
        (0, "security answers never confirmed"),
        "Ann",
        "compare",
    ),
    "permission": (
        {"automation_review_on": day(14)},
        (14, "permission to automate: review"),
        "Ann",
        "pk account permit a",
    ),
    "review": ({"next_review_on": day(1)}, (1, "account review"), "Ann", "decide"),
    "retire": ({"retire_on": day(2)}, (2, "to be retired"), "Ann", "disable"),
    "a date nobody can read": (
        {"mfa_retires_on": "12/1/2026"},
        (0, "mfa_retires_on can't be read: expected YYYY-MM-DD"),
        "Ann",
        "correct it",
    ),
    "a zone nobody knows": ({"time_zone": "East"}, (0, "time_zone can't be read"), "Ann", "correct it"),
    "nobody owns it": ({"mfa_retires_on": day(1), "owner": None}, (1, "second step ends"), NOBODY, "register"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_due_and_who_acts(inventory: Inventory, case: tuple[dict[str, Any], tuple[int, str], str, str]) -> None:
    columns, (days, words), who, do = case
    add(inventory, **columns)
    item = only(inventory)
    assert (item.on, item.days_left, item.overdue) == (TODAY + timedelta(days), days, days < 0)
    assert item.what.startswith(words)
    assert item.who == who
    assert do in item.do
    assert due(inventory, days - 1) == [] or days == 0


SEEN = {"last_good_sign_in_at": "2026-11-20T08:00:00.000+00:00"}
QUIET = {
    "three backup codes": {"backup_codes_left": 3},
    "answers not stored": {"security_answers_stored": 0},
    "no contact kept": {"contact_checked_on": day(-900)},
    "no policy": {"password_set_on": day(-900), "last_good_sign_in_at": "2020-01-01T00:00:00.000+00:00"},
    "a day beyond what was asked": {"next_review_on": day(15)},
    "a person's deadline, though the worker would act by now": {"kind": "person", "idle_limit_days": 19, **SEEN},
    "limits beyond the calendar": {"idle_limit_days": 10**9, "contact_confirmed_on": "9999-12-31"},
}


@pytest.mark.parametrize("columns", QUIET.values(), ids=QUIET)
def test_what_is_not_due_is_not_said(inventory: Inventory, columns: dict[str, Any]) -> None:
    add(inventory, **columns)
    assert due(inventory) == []


def test_the_first_date_of_the_calendar_is_overdue_and_no_defect(inventory: Inventory) -> None:
    add(inventory, password_expires_on="0001-01-01", mfa_retires_on="0001-01-01", portal="changing")
    assert all(item.overdue for item in due(inventory))


NOT_KEPT_CASES = {
    "a person's": ({"kind": "person"}, "it is a person's login"),
    "shared": ({"kind": "shared"}, "it is shared"),
    "break-glass without administrator": ({"kind": "break-glass"}, "break-glass without a named administrator"),
    "no owner": ({"owner": ""}, "it has no owner"),
    "blank owner": ({"owner": "  "}, "it has no owner"),
    "review overdue": ({"next_review_on": day(-1)}, "review overdue since 2026-11-23"),
    "permission review overdue": ({"automation_review_on": day(-1)}, "permission review overdue since 2026-11-23"),
    "retired": ({"retire_on": day(0)}, "to be retired since 2026-11-24"),
    "not decided": ({"automation": "not decided"}, "automation not decided"),
    "forbidden": ({"automation": "forbidden"}, "automation forbidden"),
}
CLOCKS = {"portal": "changing", "password_set_on": day(-53), "last_good_sign_in_at": "2026-09-04T08:00:00.000+00:00"}


@pytest.mark.parametrize("case", NOT_KEPT_CASES.values(), ids=NOT_KEPT_CASES)
def test_the_worker_keeps_only_what_it_may(inventory: Inventory, case: tuple[dict[str, str], str]) -> None:
    columns, reason = case
    add(inventory, **{**CLOCKS, **columns})
    found = {item.kind: item for item in due(inventory)}
    for kind in ("password", "idle"):
        item = found[kind]
        assert item.who == (NOBODY if "owner" in columns else "Ann")
        assert item.do.startswith(NOT_KEPT)
        assert item.what.endswith(f"; {reason}")
        assert item.on == item.deadline


KEPT = {
    "worker": {},
    "registered": {"automation": "registered"},
    "break-glass with administrator": {"kind": "break-glass", "administrator_1": "Bo"},
    "review today": {"next_review_on": day(0)},
    "a sandbox needs no permission": {"automation": "not decided", "address": "http://portal.localhost:8101"},
}


@pytest.mark.parametrize("columns", KEPT.values(), ids=KEPT)
def test_what_it_may_keep_it_keeps(inventory: Inventory, columns: dict[str, str]) -> None:
    add(inventory, **{**CLOCKS, **columns})
    found = {item.kind: item for item in due(inventory)}
    assert found["password"].who == found["idle"].who == WORKER


def count(inventory: Inventory, kind: str, verdict: str, submissions: int = 1) -> None:
    with inventory.write() as db:
        db.table("ledger").insert(
            {"account": "a", "kind": kind, "verdict": verdict, "submissions": submissions, "opened_at": AT.isoformat()}
        )


def test_a_frozen_account_is_due_and_not_left_to_the_worker(inventory: Inventory) -> None:
    add(inventory, **CLOCKS)
    freezes.freeze(inventory, "a", Failure(error="AccountLocked", message="x"), by="worker")
    items = due(inventory)
    assert [item.what for item in items if item.kind == "guard"] == ["FROZEN since 2026-11-24"]
    assert {item.who for item in items} == {"Ann"}
    freezes.unfreeze(inventory, "a", by="Ann", because="fine")
    assert {item.who for item in due(inventory)} == {WORKER}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("password", "unknown"), ("password", "open")], "HELD: no try left of 2"),
        ([("password", "refused", 2)], "HELD: no try left of 2"),
        ([("code", "refused"), ("code", "refused")], "HELD: too many codes refused"),
        ([("password", "unknown")], ""),
        ([("password", "accepted"), ("password", "unknown"), ("password", "not_submitted", 0)], ""),
        ([("password", "unknown"), ("password", "open"), ("signed_in", "accepted", 0)], ""),
    ],
)
def test_a_budget_that_is_used_up_is_due_today(inventory: Inventory, rows: list[tuple[Any, ...]], words: str) -> None:
    add(inventory)
    for entry in rows:
        count(inventory, *entry)
    assert [item.what for item in due(inventory)] == ([words] if words else [])


def test_dates_are_local_to_the_account(inventory: Inventory, monkeypatch: pytest.MonkeyPatch) -> None:
    evening = datetime(2026, 11, 25, 3, tzinfo=UTC)  # still the 24th on the west coast
    monkeypatch.setattr(now, "utc", lambda: evening)
    add(inventory, name="here", user_id="1", backup_codes_left=1)
    add(inventory, name="west", user_id="2", backup_codes_left=1, time_zone="America/Los_Angeles")
    assert {item.account: item.on.isoformat() for item in due(inventory)} == {"here": day(1), "west": day(0)}
    monkeypatch.setenv("TZ", "America/Los_Angeles")
    time.tzset()
    assert {item.on.isoformat() for item in due(inventory)} == {day(0)}


def test_a_sign_in_counts_from_its_local_date(inventory: Inventory) -> None:
    late = {"last_good_sign_in_at": "2026-11-11T03:00:00.000+00:00", "idle_limit_days": 20}
    add(inventory, name="here", user_id="1", **late)
    add(inventory, name="west", user_id="2", time_zone="America/Los_Angeles", **late)
    assert {item.account: item.deadline.isoformat() for item in due(inventory)} == {"here": day(7), "west": day(6)}


def test_a_freeze_is_dated_where_the_account_is(inventory: Inventory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(now, "utc", lambda: datetime(2026, 11, 25, 3, tzinfo=UTC))
    add(inventory, time_zone="America/Los_Angeles")
    freezes.freeze(inventory, "a", Failure(error="AccountLocked", message="x"), by="worker")
    assert only(inventory).what == "FROZEN since 2026-11-24"


def test_overdue_comes_first_then_by_date_and_name(inventory: Inventory) -> None:
    add(inventory, name="b", user_id="1", next_review_on=day(3))
    add(inventory, name="a", user_id="2", next_review_on=day(3), backup_codes_left=0)
    add(inventory, name="c", user_id="3", next_review_on=day(-3))
    assert [(item.account, item.days_left) for item in due(inventory)] == [("c", -3), ("a", 0), ("a", 3), ("b", 3)]


def test_a_portal_that_this_version_does_not_know_keeps_its_dates(inventory: Inventory) -> None:
    add(inventory, portal="gone", next_review_on=day(3))
    assert only(inventory).portal == "gone"


def test_user_ids_are_not_shown(inventory: Inventory) -> None:
    add(inventory, user_id="needle77", backup_codes_left=0, registered_email="needle77@example.org", **CLOCKS)
    assert "needle77" not in str([item.as_dict() for item in due(inventory)])


def test_json_says_everything_by_name(inventory: Inventory) -> None:
    add(inventory, **{**CHANGING, "password_set_on": day(-44)})
    assert only(inventory).as_dict() == {
        "date": "2026-12-03",
        "deadline": "2026-12-10",
        "days_left": 9,
        "overdue": False,
        "account": "a",
        "portal": "changing",
        "kind": "password",
        "what": "password day 53 of 60",
        "who": "worker",
        "do": "changes it",
    }


# The command, as a person and as cron use it.


class Desk:
    """A data folder made by `init`, and its commands."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.env = {**os.environ, "PORTALKEEPER_HOME": str(home), "TZ": "UTC"}
        self.pk("init")
        self.inventory = Inventory(home / "inventory.db")

    def pk(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return run_command(arguments, self.env, given)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "home")


def real(offset: int) -> str:
    return (datetime.now(UTC).date() + timedelta(offset)).isoformat()


def test_the_command_ends_with_4_when_something_is_due(desk: Desk) -> None:
    add(desk.inventory, portal="uhc", next_review_on=real(20))
    nothing = desk.pk("due")
    assert (nothing.returncode, nothing.stdout) == (0, "nothing falls due within 14 days\n")
    assert (desk.pk("due", "--json").returncode, desk.pk("due", "--json").stdout) == (0, "[]\n")
    later = desk.pk("due", "--days", "20")
    assert later.returncode == 4
    head, line = later.stdout.splitlines()
    assert head.split() == ["DATE", "ACCOUNT", "WHAT", "WHO", "ACTS", "DO"]
    assert real(20) in line
    told = desk.pk("due", "--days", "20", "--json")
    assert (told.returncode, json.loads(told.stdout)[0]["date"]) == (4, real(20))
    assert desk.pk("due", "--days", "-1").returncode == 2


def test_what_is_overdue_says_so(desk: Desk) -> None:
    add(desk.inventory, portal="uhc", next_review_on=real(-1), retire_on=real(-3))
    lines = desk.pk("due").stdout.splitlines()[1:]
    assert ["OVERDUE 3 days: to be retired" in lines[0], "OVERDUE 1 day: account review" in lines[1]] == [True, True]


def columns_of(desk: Desk) -> dict[str, Any]:
    names = "password_set_on, password_expires_on, password_expires_source"
    found = desk.inventory.row(f"SELECT {names} FROM accounts")
    assert found is not None
    return found


def test_storing_a_password_starts_its_age_and_is_in_the_trail(desk: Desk) -> None:
    add(desk.inventory, portal="availity", kind="person")
    assert desk.pk("vault", "set", "a", given="first-Pass1").returncode == 0
    assert columns_of(desk)["password_set_on"] == real(0)
    assert "password day 0 of 60" in desk.pk("due", "--days", "60").stdout
    [entry] = desk.inventory.rows("SELECT action, account, details FROM audit")
    assert entry == {"action": "vault set", "account": "a", "details": "password"}
    assert "first-Pass1" not in str(desk.inventory.rows("SELECT * FROM audit"))


def test_an_expiry_that_the_portal_told_goes_with_the_password_that_worked(desk: Desk) -> None:
    add(desk.inventory, portal="availity", password_expires_on=real(9), password_expires_source="portal")
    desk.pk("vault", "set", "a", given="mistyped")
    desk.pk("vault", "set", "a", given="right-Pass1")
    assert columns_of(desk)["password_expires_on"] == real(9)  # a typing mistake corrected: as old as it was
    with desk.inventory.write() as db:
        db.table("ledger").insert(
            {
                "account": "a",
                "kind": "signed_in",
                "verdict": "accepted",
                "submissions": 0,
                "opened_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            }
        )
    desk.pk("vault", "set", "a", given="right-Pass1")
    assert columns_of(desk)["password_expires_on"] == real(9)  # the same one again
    desk.pk("vault", "set", "a", given="next-Pass2")
    assert columns_of(desk) == {
        "password_set_on": real(0),
        "password_expires_on": None,
        "password_expires_source": None,
    }


SIGNED_IN = "2026-10-20T08:00:00.000+00:00"


def fill(inventory: Inventory, number: int) -> None:
    """Accounts with every clock set; each tenth with attempts that count, each hundredth frozen."""
    zones = ("America/New_York", "America/Chicago", "America/Los_Angeles", None)
    with inventory.write() as db:
        db.table("accounts").insert_all(
            row(
                name=f"account-{index:05}",
                user_id=f"u{index}",
                portal=("availity", "plain")[index % 2],
                time_zone=zones[index % 4],
                password_set_on=day(-index % 60 - 1),
                last_good_sign_in_at=SIGNED_IN,
                idle_limit_days=60 + index % 60,
                mfa_retires_on=day(index % 400),
                backup_codes_left=index % 10,
                contact_confirmed_on=day(-(index % 180)),
                security_answers_stored=1,
                security_answers_confirmed_on=day(-(index % 180)),
                automation_review_on=day(index % 365),
                next_review_on=day(index % 90),
            )
            for index in range(number)
        )
        entry = {"kind": "password", "submissions": 1, "opened_at": SIGNED_IN}
        db.table("ledger").insert_all(
            {**entry, "account": f"account-{index:05}", "verdict": "accepted" if turn < 9 else "unknown"}
            for index in range(0, number, 10)
            for turn in range(10)
        )
        for index in range(0, number, 100):
            freezes.freeze(inventory, f"account-{index:05}", Failure(error="AccountLocked", message="x"), by="worker")


@pytest.mark.slow
def test_ten_thousand_accounts_in_a_second(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    fill(desk.inventory, 10_000)
    listed = min(seconds_of_list(desk.inventory) for _ in range(3))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    answer = desk.pk("due", "--json")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    whole = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    count = len(json.loads(answer.stdout))
    with capsys.disabled():
        print(f"\npk due, 10,000 accounts, {count} items: list {listed:.2f} s, whole command {whole:.2f} s of CPU")
    assert answer.returncode == 4
    assert listed < 1
    assert whole < 3  # with the start of Python, on a machine that may have other work


def seconds_of_list(inventory: Inventory) -> float:
    started = time.process_time()
    assert due(inventory)
    return time.process_time() - started


def test_a_data_folder_without_inventory_is_told_as_such(desk: Desk) -> None:
    desk.inventory.close()
    (desk.home / "inventory.db").unlink()
    told = desk.pk("due")
    assert told.returncode == InputError.exit_code
    assert "portalkeeper init" in told.stderr
