"""A watched run stops before each step, and a list runs by its row, on the sandbox."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import pytest
from house import House
from test_no_lockouts import write_batch

from bots.cli import watching
from bots.cli.office import office
from bots.desk import SignIn
from bots.runner import Runner
from flows.errors import InputError


async def test_whoever_watches_stops_it_before_anything_is_typed_or_lets_it_go_on(house: House) -> None:
    name, user = house.account()
    steps: list[str] = []
    goes_on = False

    async def pace(step: str) -> None:
        steps.append(step)
        if not goes_on:
            raise InputError(f"stopped by whoever watched, before: {step}")

    runner = Runner(house.settings, house.inventory, house.vault, house.key, source="command", by="Ann", pace=pace)
    try:
        stopped = await runner.run(name, "login")
        assert stopped.failure and stopped.failure.error == "InputError" and len(steps) == 1
        assert house.world.account("availity", user)["password_submissions"] == 0
        goes_on = True
        assert (await runner.run(name, "login")).sign_in is SignIn.PASSWORD
    finally:
        await runner.stop()
    assert len(steps) > 2  # credentials and code, each told before


@pytest.mark.parametrize(("line", "signed"), [("y\n", 1), ("n\n", 0), ("", 0)])
def test_a_sign_off_is_recorded_only_when_the_person_says_yes(
    house: House, monkeypatch: pytest.MonkeyPatch, line: str, signed: int
) -> None:
    name, _ = house.account()
    monkeypatch.setenv("PORTALKEEPER_HOME", str(house.home))
    monkeypatch.setattr(sys, "stdin", io.StringIO(line))
    office.__dict__.clear()
    try:
        watching.ask_for_sign_off(name, "login", "signed in")
    except InputError:
        assert not signed
    finally:
        office.inventory.close()
        office.__dict__.clear()
    assert len(house.inventory.rows("SELECT * FROM sign_offs")) == signed


@pytest.mark.slow
def test_a_row_by_hand_asks_its_list_and_is_written_down(house: House, tmp_path: Path) -> None:
    name, user = house.account()
    write_batch(house.home / "lists.csv", house, name, 2)
    (house.home / "schedules.yaml").write_text(
        'tonight: {flow: eligibility, list: lists.csv, cron: "0 2 * * *", zone: UTC, ready_by: "06:30"}\n'
    )
    ran = house.pk("run", "tonight", "--json")
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == [{"account": "lists.csv", "state": "done", "cause": None}]
    [found] = house.inventory.rows("SELECT * FROM worklists")
    assert (found["planned"], found["answered"], json.loads(found["words"])["active"]) == (2, 2, 2)
    [due] = house.inventory.rows("SELECT * FROM due")
    assert (due["state"], due["account"], due["schedule"]) == ("done", "", "tonight") and due["by"]
    answers = list(csv.DictReader((house.home / found["answers"]).open()))
    assert [row["outcome"] for row in answers] == ["answered", "answered"]
    assert house.world.account("availity", user)["lookups"] == 2
