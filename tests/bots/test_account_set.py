"""account set: what people keep of an account is changed by command, checked, and in the audit trail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from test_people import Desk

from bots.cli.office import office
from bots.inventory import OWN_COLUMNS
from bots.inventory.audit import verify
from bots.inventory.changing import FIXED, checked_changes
from flows.errors import InputError

TODAY = date(2026, 11, 23)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    yield Desk(tmp_path / "home", monkeypatch)
    office.__dict__.clear()


def row(desk: Desk) -> dict[str, Any]:
    found = desk.inventory.row("SELECT * FROM accounts WHERE name = 'a'")
    assert found
    return found


def entries(desk: Desk) -> list[dict[str, Any]]:
    return desk.inventory.rows("SELECT * FROM audit WHERE action = 'account set' ORDER BY id")


def test_columns_are_changed_and_the_trail_says_who_and_from_what(desk: Desk) -> None:
    desk.register()
    told = desk.run("bo", "account", "set", "a", "--owner", "Ann", "--sponsor", "Cy", "--confirmed-on", "2026-11-01")
    assert told.exit_code == 0, told.output
    desk.run("bo", "account", "set", "a", "--owner", "Dee", "--set", "lookups_per_day=40", "--because", "Ann has left")
    kept = row(desk)
    assert (kept["owner"], kept["sponsor"], kept["lookups_per_day"]) == ("Dee", "Cy", 40)
    assert kept["contact_confirmed_on"] == "2026-11-01"
    first, second = entries(desk)
    assert first["who"] == "Bo Sample"
    assert first["details"] == "owner: none -> Ann; sponsor: none -> Cy; contact_confirmed_on: none -> 2026-11-01"
    assert (second["details"], second["because"]) == (
        "owner: Ann -> Dee; lookups_per_day: none -> 40",
        "Ann has left",
    )
    assert verify(desk.inventory).problem == ""


def test_what_is_the_same_is_no_change_and_nothing_at_all_is_an_error(desk: Desk) -> None:
    desk.run("root", "account", "set", "a", "--owner", "Ann")
    same = desk.run("root", "account", "set", "a", "--owner", "Ann")
    assert "as it was" in same.output
    assert len(entries(desk)) == 1
    assert isinstance(desk.run("root", "account", "set", "a").exception, InputError)


def test_an_empty_value_clears(desk: Desk) -> None:
    desk.run("root", "account", "set", "a", "--backup", "Ann", "--set", "tags=x=y")
    assert row(desk)["tags"] == "x=y"
    facts = json.loads(desk.run("root", "account", "set", "a", "--set", "backup=", "--json").output)
    assert facts == {"account": "a", "changed": {"backup": None}}
    assert row(desk)["backup"] is None


WRONG = {
    "nothing_like_it": ("x", "no column of an account"),
    "automation": ("permitted", "written by the worker and its own commands only"),
    "user_id": ("other", "another login is another account"),
    "next_review_on": ("1/2/2027", "expected a date, YYYY-MM-DD"),
    "contact_confirmed_on": ("2026-11-24", "lies in the future"),
    "idle_limit_days": ("ninety", "expected a whole number"),
    "time_zone": ("Eastern", "expected a time zone such as"),
    "owner_hours": ("9 to 5", "expected hours and days such as"),
    "kind": ("robot", "expected one of worker, person, shared"),
}


@pytest.mark.parametrize(("column", "value", "words"), [(name, *rest) for name, rest in WRONG.items()], ids=WRONG)
def test_what_can_not_be_is_named_with_its_column(column: str, value: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as told:
        checked_changes({"owner": "Ann", column: value}, TODAY)
    assert str(told.value).startswith(column)


def test_nothing_is_written_when_one_value_is_wrong(desk: Desk) -> None:
    wrong = desk.run("root", "account", "set", "a", "--owner", "Ann", "--confirmed-on", "soon")
    assert isinstance(wrong.exception, InputError)
    assert row(desk)["owner"] in (None, "")
    assert entries(desk) == []


def test_every_column_that_import_can_bring_can_be_set(desk: Desk) -> None:
    special = {
        "kind": "shared",
        "time_zone": "America/New_York",
        "owner_hours": "08:00-16:00 mon-thu",
        "code_ways": "email",
    }
    values = {
        column.name: special.get(column.name)
        or ("1" if column.type == "INTEGER" else "2026-01-31" if column.name.endswith("_on") else "words")
        for column in OWN_COLUMNS
        if column.name not in FIXED
    }
    pairs = [word for name, value in values.items() for word in ("--set", f"{name}={value}")]
    assert desk.run("root", "account", "set", "a", *pairs).exit_code == 0
    kept = row(desk)
    assert {name: str(kept[name]) for name in values} == values
