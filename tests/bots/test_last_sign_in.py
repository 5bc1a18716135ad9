"""A sign-in that was not ours is seen where a portal shows when somebody last signed in; one of ours never is."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

import pytest
from reporting import AT, World, world

from bots import last_sign_in, now
from bots.alerts import level_of
from bots.delivery import Level
from bots.incidents import Kind, open_ones
from bots.inventory import stamp
from bots.report import render_first_screen, render_html, render_text
from payers.kit import read_age

__all__ = ["world"]

HOUR = 3600


@pytest.fixture
def one(world: World) -> World:
    """An account that has signed in by password 60, 26 and 2 hours ago."""
    world.account("one")
    for hours in (60, 26, 2):
        world.submission("one", "accepted", hours=hours)
    return world


def compare(world: World, words: str, *, hours: float = 0) -> list[dict[str, Any]]:
    """What is open after the portal showed that, so many hours after the report's time."""
    at = AT.astimezone(UTC) + timedelta(hours=hours)
    with pytest.MonkeyPatch.context() as patch, world.inventory.write() as db:
        patch.setattr(now, "utc", lambda: at)
        last_sign_in.compare(db, "one", words, "run-1", at)
    return open_ones(world.inventory, Kind.FOREIGN_SIGN_IN)


@pytest.mark.parametrize(
    ("words", "foreign"),
    [
        (f"{2 * HOUR} {HOUR}", False),  # the last one of ours
        (f"{3 * HOUR} {HOUR}", False),  # as exactly as hours are
        (f"{26 * HOUR} {HOUR}", False),  # the one before
        (f"{12 * HOUR} {HOUR}", True),  # between two of ours
        (f"{HOUR // 2} 60", True),  # later than all of ours
        ("0 60", True),
        (f"{110 * 60} 60", False),  # two hours, within the tolerance of two clocks
        (f"{100 * 60} 60", True),
        (f"{86_400} 86400", False),  # a day ago, give or take a day: says nothing
        (f"{100 * HOUR} {HOUR}", False),  # before we knew the account
        (f"{60 * HOUR} {HOUR}", False),
    ],
)
def test_a_sign_in_that_nobody_we_know_of_made_opens_an_incident(one: World, words: str, foreign: bool) -> None:
    assert bool(compare(one, words)) == foreign


def test_it_is_told_once_and_again_only_for_another_one(one: World) -> None:
    [found] = compare(one, f"{HOUR // 2} 60")
    assert compare(one, f"{HOUR} {HOUR}", hours=0.5) == [found]
    with one.inventory.write() as db:
        db.table("incidents").update(found["id"], {"closed_at": stamp(AT.astimezone(UTC)), "closed_by": "jo"})
    assert compare(one, f"{2 * HOUR} {HOUR}", hours=1) == []  # settled, and shown still
    assert len(compare(one, f"{HOUR} 60", hours=9)) == 1


def test_a_sign_in_by_hand_that_a_person_recorded_is_known(one: World) -> None:
    with one.inventory.write() as db:
        recorded = stamp((AT - timedelta(hours=1)).astimezone(UTC))
        db.execute(
            "INSERT INTO ledger (account, kind, opened_at, verdict, submissions, by) VALUES ('one','signed_in',?,?,0,'jo')",
            (recorded, "accepted"),
        )
    assert compare(one, f"{12 * HOUR} {HOUR}") == []  # recorded half a day later
    assert len(compare(one, "0 60")) == 1  # after what was recorded


@pytest.mark.parametrize("kind", ["person", "shared"])
def test_accounts_that_people_use_are_left_out(one: World, kind: str) -> None:
    with one.inventory.write() as db:
        db.execute("UPDATE accounts SET kind = ?", (kind,))
    assert compare(one, "0 60") == []


def test_a_first_sign_in_knows_of_nothing_before_it(world: World) -> None:
    world.account("one")
    assert compare(world, "0 60") == []
    world.submission("one", "accepted", hours=0)
    assert compare(world, f"{5 * HOUR} {HOUR}") == []


def test_it_is_urgent_and_in_the_report_until_somebody_has_settled_it(one: World) -> None:
    [found] = compare(one, f"{12 * HOUR} {HOUR}")
    assert level_of(one.inventory, found) is Level.URGENT
    with one.inventory.write() as db:
        db.execute("UPDATE incidents SET opened_at = ?", (stamp((AT - timedelta(hours=1)).astimezone(UTC)),))
    report = one.gather()
    [need] = report.needs
    assert (need.state, need.incident, need.costs_from) == ("SIGN-IN NOT OURS", "INC-0001", AT)
    text = " ".join(render_first_screen(report).split())
    assert "1 now one SIGN-IN NOT OURS" in text
    assert "The portal shows a sign-in on Mon 23 Nov about 22:40 UTC" in text


def test_the_report_says_which_portals_show_none(one: World) -> None:
    words = "not shown by East Portal."
    assert words in " ".join(render_text(one.gather()).split()) and words in render_html(one.gather())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Last sign in: 1 hour ago", (HOUR, HOUR)),
        ("last sign in: an hour ago", (HOUR, HOUR)),
        ("Last sign in: 2 days ago", (2 * 86_400, 86_400)),
        ("Last sign in: a minute ago", (60, 60)),
        ("Last sign in: a few seconds ago", (0, 60)),
        ("Last sign in: 30 seconds ago", (0, 60)),
        ("Last sign in: yesterday", None),
        ("Last sign in: 11/24/2026", None),
        ("", None),
    ],
)
def test_ages_are_read_as_exactly_as_they_are_said(text: str, expected: tuple[int, int] | None) -> None:
    assert read_age(text) == expected
