"""The way back: what the office knows wins over what is published, and it stands wherever a next step stands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from test_people import Desk

from bots import freezes, guard
from bots.cli.office import office
from bots.desk import Failure
from bots.ways_back import STATES, way_back, ways_back
from flows.errors import error_classes
from payers.model import AccountState, Policy, WayBack
from payers.registry import portals

HELP_DESK = WayBack(
    who="the help desk", how="unlock it", phone="1", hours="Mon 8-9 ET", have_ready="the TIN", source="a page"
)
POLICY = Policy(ways_back={AccountState.LOCKED: HELP_DESK})
NOTHING: dict[str, str | None] = dict.fromkeys(
    ("unlock_path", "help_phone", "help_hours", "help_zone", "have_ready", "usual_days")
)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    yield Desk(tmp_path / "home", monkeypatch)
    office.__dict__.clear()


def test_what_is_published_is_told_whole() -> None:
    words = way_back(NOTHING, POLICY, "AccountLocked")
    assert words == "The help desk: unlock it. Call 1 (Mon 8-9 ET). Have ready: the TIN."


def test_nothing_is_guessed_for_a_state_that_is_not_published() -> None:
    assert way_back(NOTHING, POLICY, "AccountDisabled") == ""
    assert way_back(NOTHING, POLICY, "CaptchaShown") == ""
    assert set(ways_back(NOTHING, POLICY)) == {"locked"}


def test_what_the_office_knows_wins() -> None:
    own = {
        **NOTHING,
        "unlock_path": "ask Cy",
        "help_phone": "2",
        "help_hours": "9-5",
        "help_zone": "PT",
        "usual_days": "2",
    }
    words = way_back(own, POLICY, "AccountLocked")
    assert words == "ask Cy. Call 2 (9-5 PT). Have ready: the TIN. Usually takes: 2."


def test_every_published_way_back_has_its_source() -> None:
    published = [way for portal in portals().values() for way in portal.policy.ways_back.values()]
    assert published
    assert all(way.source and way.who and way.how for way in published)
    assert set(STATES) <= set(error_classes())


@pytest.mark.parametrize(
    ("error", "words"), [("AccountLocked", "Forgot your password?"), ("CodeRejected", "a backup code")]
)
def test_it_stands_wherever_a_next_step_stands(desk: Desk, error: str, words: str) -> None:
    with desk.inventory.write() as db:
        db.table("accounts").update("a", {"address": "http://availity.localhost:1"})
    freezes.freeze(desk.inventory, "a", Failure(error=error, message="x"), by="worker")
    for command in (("check", "a"), ("why", "a"), ("due",), ("report",), ("account", "show", "a")):
        assert words in " ".join(desk.run("root", *command).output.split()), command
    after = guard.standing(desk.inventory, "a", portals()["availity"].policy)
    with pytest.raises(guard.AccountFrozen, match="pk account unfreeze") as told:
        guard.check(after, "a", "any", automatic=False)
    assert words in str(told.value)


def test_a_refused_password_that_nobody_knows_has_a_way_back_too(desk: Desk) -> None:
    freezes.freeze(desk.inventory, "a", Failure(error="InvalidCredentials", message="x"), by="worker")
    told = " ".join(desk.run("root", "why", "a").output.split())
    assert "pk vault set a" in told
    assert "Nobody knows it? By the worker: pk password recover a. The user: Forgot your password?" in told
