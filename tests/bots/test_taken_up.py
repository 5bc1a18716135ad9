"""What needs a person and stops nothing can be taken, put aside and closed as a freeze can."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from reporting import AT, World, world
from typer.testing import CliRunner

from bots import now
from bots.cli.app import app
from bots.cli.office import office
from bots.desk import Failure
from bots.incidents import Kind, find_incident, open_incident, open_ones
from bots.inventory import stamp
from bots.report import Report, render_first_screen
from bots.report.taken_up import MOST
from flows.errors import InputError

__all__ = ["world"]

DAY = timedelta(days=1)


def held(world: World) -> str:
    name = world.account("one")
    world.submission(name, "unknown", hours=9)
    world.submission(name, "open", hours=3)
    return "HELD"


def empty(world: World) -> str:
    world.account("one", vault=False)
    return "NO PASSWORD"


def no_code(world: World) -> str:
    world.run(world.account("one"), error="CodeNotReceived")
    return "NO CODE CAME"


def down_again_and_again(world: World) -> str:
    name = world.account("one")
    for hours in (30, 6, 5):
        world.run(name, hours=hours, error="PortalUnavailable", flow="eligibility")
    return "PORTAL DOWN"


def expiring(world: World) -> str:
    world.run(world.account("one", kind="person", owner="Ann", password_expires_on="2026-11-25"))
    return "PASSWORD EXPIRES WED 25 NOV"


TROUBLES = [held, empty, no_code, down_again_and_again, expiring]


def look(world: World, monkeypatch: pytest.MonkeyPatch, at: datetime = AT) -> Report:
    monkeypatch.setattr(now, "utc", lambda: at.astimezone(UTC))
    return world.gather(at, take_up=True)


def change(world: World, **columns: Any) -> None:
    with world.inventory.write() as db:
        db.table("incidents").update(1, columns)


@pytest.mark.parametrize("trouble", TROUBLES)
def test_each_need_has_an_incident_of_its_own_that_stays_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch, trouble: Any
) -> None:
    state = trouble(world)
    assert world.gather().needs[0].incident == "" and open_ones(world.inventory) == []  # looking alone writes nothing
    for number in range(3):
        [need] = look(world, monkeypatch, AT + number * timedelta(minutes=20)).needs
        assert (need.state, need.incident) == (state, "INC-0001")
    assert len(open_ones(world.inventory)) == 1


@pytest.mark.parametrize("trouble", TROUBLES)
def test_one_that_somebody_took_is_being_handled(world: World, monkeypatch: pytest.MonkeyPatch, trouble: Any) -> None:
    state = trouble(world)
    look(world, monkeypatch)
    change(world, taken_by="Jo", ticket="5-88123")
    found = look(world, monkeypatch)
    assert (found.needs, [need.state for need in found.handled]) == ((), [state])
    text = " ".join(render_first_screen(found).split())
    assert "NOTHING NEEDS A PERSON. 1 being handled." in text
    assert f"BEING HANDLED one {state}; ticket 5-88123 INC-0001 Jo," in text


@pytest.mark.parametrize("trouble", [held, empty, no_code])
def test_one_that_was_put_aside_comes_back_on_its_date(
    world: World, monkeypatch: pytest.MonkeyPatch, trouble: Any
) -> None:
    trouble(world)
    look(world, monkeypatch)
    change(world, snoozed_until=stamp((AT + DAY).astimezone(UTC)))
    found = look(world, monkeypatch)
    assert (found.needs, found.put_aside) == ((), 1)
    [need] = look(world, monkeypatch, AT + 2 * DAY).needs
    assert (need.incident, need.age) == ("INC-0001", "day 3, nobody took it")


def test_it_closes_by_itself_when_the_facts_change(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    empty(world)
    look(world, monkeypatch)
    change(world, snoozed_until="2030-01-01", taken_by="Jo")
    world.vault.add("one")
    assert look(world, monkeypatch).put_aside == 0
    row = find_incident(world.inventory, "INC-0001")
    assert (row["closed_by"], row["because"]) == ("worker", "it needs nobody any more")
    world.vault.clear()
    [need] = look(world, monkeypatch).needs
    assert (need.incident, need.taken_by) == ("INC-0002", "")


def test_another_failure_is_another_incident(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    no_code(world)
    look(world, monkeypatch)
    change(world, snoozed_until="2030-01-01")
    world.run("one", hours=1, error="CodesExhausted")
    [need] = look(world, monkeypatch).needs
    assert (need.state, need.incident) == ("NO CODE LEFT", "INC-0002")
    assert [row["id"] for row in open_ones(world.inventory)] == [2]


def test_a_failure_that_a_person_closed_is_told_again_only_when_it_was_met_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_code(world)
    look(world, monkeypatch)
    change(world, closed_at=stamp(AT.astimezone(UTC)), closed_by="jo", because="the phone was off")
    assert look(world, monkeypatch).needs == ()
    world.run("one", hours=-1, error="CodeNotReceived")
    [need] = look(world, monkeypatch, AT + timedelta(hours=2)).needs
    assert need.incident == "INC-0002"


@pytest.mark.parametrize(
    ("hours", "good", "needed"),
    [
        ((30, 6, 5), None, True),
        ((30, 5), None, False),  # twice
        ((20, 6, 5), None, False),  # for less than a day
        ((30, 6, 5), 4, False),  # it went well since
        ((50, 40, 30, 6, 5), 29, False),  # in between: twice since
    ],
)
def test_what_the_worker_tries_again_needs_a_person_once_it_goes_on_for_a_day(
    world: World, hours: tuple[float, ...], good: float | None, needed: bool
) -> None:
    name = world.account("one")
    for each in sorted((*hours, *([good] if good else [])), reverse=True):
        world.run(name, hours=each, error=None if each == good else "PayerUnavailable", flow="eligibility")
    assert bool(world.gather().needs) == needed


def test_accounts_that_fail_alike_on_one_portal_are_one_need(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        for hours in (30, 6, 5):
            world.run(world.account(f"a-{number}") if hours == 30 else f"a-{number}", hours=hours, error="PortalError")
    [need] = look(world, monkeypatch).needs
    assert (need.what, need.state) == ("East Portal", "PORTAL TROUBLE")
    assert "Tried 21 times since Sun 22 Nov 23:40" in need.worker and "a-4 and 2 more" in need.worker
    assert [row["portal"] for row in open_ones(world.inventory)] == ["east"]


def test_a_vault_that_is_not_there_opens_no_ten_thousand_incidents(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(MOST + 50):
        world.account(f"a-{number}", vault=False)
    assert len(look(world, monkeypatch).needs) == MOST + 50
    assert len(open_ones(world.inventory)) == MOST


def test_two_reports_at_once_open_one_incident(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    empty(world)
    write = world.inventory.write

    def another_comes_first() -> Any:
        monkeypatch.setattr(world.inventory, "write", write)
        look(world, monkeypatch)
        return write()

    monkeypatch.setattr(world.inventory, "write", another_comes_first)
    [need] = look(world, monkeypatch).needs
    assert (need.incident, len(open_ones(world.inventory))) == ("INC-0001", 1)


def test_a_changed_page_is_no_need_once_it_was_said_to_be_mended_until_it_is_met_again(world: World) -> None:
    world.run(world.account("one"), error="ScreenNotRecognised", screen="Home")
    failure = Failure(error="ScreenNotRecognised", message="why")
    with world.inventory.write() as db:
        open_incident(db, Kind.REPAIR, failure, by="worker", portal="east", flow="login")
    assert [need.incident for need in world.gather().needs] == ["INC-0001"]
    change(world, closed_at=stamp((AT - timedelta(hours=1)).astimezone(UTC)), closed_by="jo", because="mended")
    assert world.gather().needs == ()
    world.run("one", hours=0.5, error="ScreenNotRecognised", screen="Home")
    assert [need.state for need in world.gather().needs] == ["CHANGED PAGE"]


def test_a_date_is_taken_even_while_the_account_is_stopped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    expiring(world)
    look(world, monkeypatch)
    change(world, taken_by="Ann")
    world.freeze("one", "AccountLocked")
    assert [need.state for need in look(world, monkeypatch).needs] == ["LOCKED, account frozen"]
    assert find_incident(world.inventory, "INC-0001")["closed_at"] is None


def test_the_sign_ins_point_to_what_keeps_each_account_from_working(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    held(world)
    world.refused("two", owner="Ann")
    world.account("three", vault=False)
    world.account("four")
    world.fine()
    text = " ".join(render_first_screen(look(world, monkeypatch)).split())
    assert "Sign-ins 1 of 5 accounts fine, 1 frozen -> 2, 2 not working -> 1, 3, 1 never signed in" in text
    with world.inventory.write() as db:
        db.execute("UPDATE incidents SET taken_by = 'Jo' WHERE account = 'three'")
    text = " ".join(render_first_screen(look(world, monkeypatch)).split())
    assert "1 of 5 accounts fine, 1 frozen -> 2, 1 not working -> 1, 1 never signed in, 1 being handled" in text


# --- by command


def test_an_account_without_a_password_is_taken_put_aside_and_not_closed_by_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTALKEEPER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SUDO_USER", "jo")
    monkeypatch.setattr(now, "use_sandbox_clock", lambda path: None)

    def pk(*arguments: str) -> Any:
        office.__dict__.clear()
        return CliRunner().invoke(app, list(arguments))

    pk("init")
    pk("account", "add", "a", "--portal", "availity", "--user-id", "u")
    first, blank, *screen = pk("today").output.splitlines()
    assert (first[:17], "1 needs a person" in first, blank) == ("Subject: Portals ", True, "")
    assert screen[0].startswith("PORTALS") and "INC-0001" in " ".join(screen)
    with pytest.raises(InputError, match="pk vault set a"):
        raise pk("incident", "close", "INC-0001", "--because", "seems fine").exception
    assert pk("incident", "take", "INC-0001", "--ticket", "5-88123").exit_code == 0
    assert "NO PASSWORD; ticket 5-88123  INC-0001" in pk("today").output
    assert pk("incident", "snooze", "INC-0001", "--until", "2099-01-01").exit_code == 0
    assert "1 put aside" in pk("today").output
    office.__dict__.clear()
