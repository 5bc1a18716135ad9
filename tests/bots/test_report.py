"""The report tells who is needed and what is fine, in plain words, and never a user id."""

from __future__ import annotations

import json
from datetime import UTC, timedelta
from html.parser import HTMLParser

import pytest
from reporting import AT, FINE, NEEDLE, REFUSED, World, world

from bots import report
from bots.desk import Failure
from bots.incidents import Kind, open_incident
from bots.inventory import stamp
from bots.report import PLAIN, Report, gather, plain, render_html, render_text, to_json
from flows.errors import PortalUnavailable, error_classes

__all__ = ["world"]

TREE = {name for name, cls in error_classes().items() if cls.__module__ == "flows.errors"}


def everything(world: World) -> World:
    """One of everything that the report can tell."""
    world.refused(owner="billing lead", backup="on-call operator")
    world.account("west-locked", portal="west", help_phone="800-555-0100", owner="Ann")
    world.run("west-locked", hours=60)
    world.submission("west-locked", "refused")
    world.run("west-locked", error="AccountLocked", phrase="new-words", screen="Locked")
    world.freeze("west-locked", "AccountLocked", phrase="new-words")
    world.account("east-unsure")
    world.submission("east-unsure", "unknown", hours=9)
    world.submission("east-unsure", "open", hours=3)
    world.account("east-empty", vault=False)
    world.account("east-jo")
    world.freeze("east-jo", "ActionRequired", by="jo", words=f"frozen by jo: {NEEDLE}-east-jo left on Friday")
    for name in ("east-changed", "east-changed-2"):
        world.account(name)
        world.run(name, error="ScreenNotRecognised", screen="Home")
    world.account("east-down")
    world.run("east-down", error="PortalUnavailable")
    world.due("east-down", "failed", cause=f"no connection for {NEEDLE}-east-down")
    world.account("east-new")
    world.fine()
    world.run(FINE, flow="eligibility", questions=50, asked=50, answered=48, sign_in="password")
    world.due(FINE, "coalesced", hours=3)
    world.due(FINE, "missed", hours=200, cause="left out: every due time from A to B")
    with world.inventory.write() as db:
        db.execute("INSERT INTO organizations VALUES ('Example Valley Medical Group', '123456789')")
        db.execute("UPDATE due SET written_at = ? WHERE state = 'missed'", (stamp(AT.astimezone(UTC)),))
    return world


def renderings(found: Report) -> dict[str, str]:
    return {"text": render_text(found), "html": render_html(found), "json": to_json(found)}


# --- words


def test_every_class_of_the_error_tree_has_plain_words() -> None:
    assert set(PLAIN) == TREE
    for name, words in PLAIN.items():
        assert words.state == words.state.upper() and words.state != name.upper()
        assert not {"ERROR", "EXCEPTION", "TIMEOUT"} & set(words.state.split())
        assert words.do.format(account="a")


def test_classes_outside_the_tree_have_the_words_of_their_ancestor() -> None:
    class Stranger(PortalUnavailable):
        pass

    assert plain(Stranger.__name__).state == "PORTAL DOWN"
    assert plain("NeverHeardOf") == PLAIN["PortalkeeperError"]


@pytest.mark.parametrize("form", ["text", "html"])
def test_the_words_are_those_of_operations(world: World, form: str) -> None:
    shown = renderings(everything(world).gather())[form].lower()
    body = shown.split("</style>")[-1]
    for word in ("exception", "timeout", "traceback", "none of"):
        assert word not in body
    assert " error " not in body


# --- who is needed


def test_a_refused_password_is_told_with_all_a_person_needs(world: World) -> None:
    world.refused(owner="billing lead", backup="on-call operator")
    found = world.gather()
    assert found.verdict == "1 NEEDS A PERSON, first by 17:00."
    [need] = found.needs
    assert (need.what, need.state, need.error) == (
        "east-main",
        "PASSWORD REFUSED, account frozen",
        "InvalidCredentials",
    )
    assert need.portal_words == REFUSED
    assert need.worker.startswith("1 submission counted, then stopped. Limit 3 assumed")
    assert "pk vault set east-main" in need.do and "Do not try it by hand" in need.do
    assert need.who == "billing lead, backup on-call operator"
    assert need.since == AT - timedelta(hours=2)
    assert need.incident == "INC-0001"
    text = render_text(found)
    assert "new, since 03:40" in text and "INC-0001" in text and f'"{REFUSED}"' in " ".join(text.split())


def test_a_locked_account_is_told_with_its_way_back_and_no_claim_of_innocence(world: World) -> None:
    everything(world)
    found = world.gather()
    need = next(need for need in found.needs if need.what == "west-locked")
    assert need.state == "LOCKED, account frozen"
    assert need.portal_words == "unlisted text"
    assert need.do.startswith("The help desk: call it. Call 800-555-0100. Have ready: the TIN. When that is settled")
    assert "The portal locks after 5." in need.worker
    assert need.who == "Ann, backup NONE, name one"
    assert found.locks == "1 found LOCKED since yesterday."


def test_everything_that_needs_a_person_is_told_once(world: World) -> None:
    found = everything(world).gather()
    assert {(need.what, need.state) for need in found.needs} == {
        ("east-main", "PASSWORD REFUSED, account frozen"),
        ("west-locked", "LOCKED, account frozen"),
        ("east-unsure", "HELD"),
        ("east-empty", "NO PASSWORD"),
        ("east-jo", "FROZEN BY A PERSON"),
        ("East Portal, login", "CHANGED PAGE"),
    }
    assert found.verdict == "6 NEED A PERSON, first by 17:00."
    assert len(found.needs) == 6
    changed = next(need for need in found.needs if need.state == "CHANGED PAGE")
    assert "east-changed, east-changed-2" in changed.worker


def test_a_held_account_is_told_with_its_count(world: World) -> None:
    world.account("east-unsure")
    world.submission("east-unsure", "unknown", hours=9)
    assert world.gather().needs == ()
    world.submission("east-unsure", "open", hours=3)
    [need] = world.gather().needs
    assert need.worker.startswith("2 submissions counted without a good sign-in")
    assert "pk account unfreeze east-unsure" in need.do
    assert need.since == AT - timedelta(hours=3)


@pytest.mark.parametrize("error", sorted(TREE))
def test_a_last_run_without_success_is_shown_until_a_good_one_came(world: World, error: str) -> None:
    name = world.account("one")
    world.run(name, hours=5, error=error, screen="Somewhere")
    [line] = world.gather().accounts
    by_guard = error in ("AccountHeld", "AccountFrozen")
    assert line.state == ("never signed in" if by_guard else PLAIN[error].state)
    assert bool(world.gather().needs) == (PLAIN[error].acts is not report.Acts.WORKER and not by_guard)
    world.run(name, hours=1)
    [line] = world.gather().accounts
    assert (line.state, world.gather().needs) == ("fine", ())
    assert (line.last_failure is None) == by_guard


def test_a_good_sign_in_by_hand_ends_a_failure_too(world: World) -> None:
    world.run(world.account("one"), error="PasswordExpired")
    assert len(world.gather().needs) == 1
    by_hand = stamp((AT - timedelta(hours=1)).astimezone(UTC))
    with world.inventory.write() as db:
        db.execute("UPDATE accounts SET last_good_sign_in_at = ?, last_good_sign_in_by = 'jo'", (by_hand,))
    assert world.gather().needs == ()


def test_what_the_guard_says_does_not_cover_what_the_portal_said(world: World) -> None:
    world.refused()
    world.run("east-main", hours=1, error="AccountFrozen", phrase="refused")
    [line] = world.gather().accounts
    assert line.last_failure and line.last_failure.error == "InvalidCredentials"
    assert line.last_failure.at == AT - timedelta(hours=2)


# --- accounts, counts, gaps


def test_an_account_line_says_how_it_stands(world: World) -> None:
    everything(world)
    lines = {line.name: line for line in world.gather().accounts}
    refused, fine, fresh = lines["east-main"], lines[FINE], lines["east-new"]
    assert (refused.state, refused.frozen, refused.left, refused.allowed) == ("PASSWORD REFUSED", True, 1, 2)
    assert refused.last_failure and refused.last_failure.portal_words == REFUSED
    assert (fine.state, fine.frozen, fine.last_good_sign_in) == ("fine", False, AT - timedelta(hours=2))
    assert (fresh.state, fresh.last_good_sign_in, fresh.last_failure) == ("never signed in", None, None)
    assert (lines["west-locked"].left, lines["west-locked"].allowed) == (3, 4)
    assert lines["east-down"].state == "PORTAL DOWN"


def test_what_was_run_is_counted_over_a_day(world: World) -> None:
    everything(world)
    world.run(FINE, hours=25)
    found = world.gather()
    flows = {line.flow: line for line in found.flows}
    assert (flows["eligibility"].runs, flows["eligibility"].questions, flows["eligibility"].answered) == (1, 50, 48)
    assert (flows["login"].runs, flows["login"].ended_well) == (6, 1)
    assert (found.by_password, found.by_kept_session) == (2, 1)
    planned = found.planned
    ends = (planned.on_time, planned.without_success, planned.made_up_for, planned.not_run, planned.unexplained)
    assert (ends, planned.total) == ((1, 1, 1, 1, 0), 4)
    assert {(entry.account, entry.state) for entry in found.not_run} == {("east-down", "failed"), (FINE, "missed")}


def test_a_report_that_may_not_tell_all_says_so(world: World) -> None:
    world.fine()
    assert world.gather().gaps == ()
    assert "IS THIS REPORT WHOLE?  1 run planned: 1 on time, 0 unexplained" in world.text()
    world.due(FINE, "due", hours=1.5)
    world.run(FINE, hours=3, ended_at=None, sign_in=None)
    world.account("gone", portal="unheard-of")
    world.service_running = False
    gaps = world.gather().gaps
    assert len(gaps) == 4
    for gap, words in zip(gaps, ("not running", "wait for over an hour", "cut off", "gone"), strict=True):
        assert words in gap
    assert "IS THIS REPORT WHOLE?  NO:" in world.text()


def test_rows_that_only_mark_a_first_sight_are_no_planned_runs(world: World) -> None:
    world.account(FINE)
    world.due(FINE, "seen")
    assert world.gather().planned.total == 0


def test_an_empty_inventory_is_told(world: World) -> None:
    for shown in renderings(world.gather()).values():
        assert "NO ACCOUNTS YET." in shown


def test_times_are_shown_in_the_zone_of_the_report(world: World) -> None:
    world.fine()
    assert "as of 05:40 EST" in world.text() and "Tue 24 Nov 03:40" in world.text()
    abroad = render_text(world.gather(AT.astimezone(UTC)))
    assert "as of 10:40 UTC" in abroad and "Tue 24 Nov 08:40" in abroad


# --- never


@pytest.mark.parametrize("form", ["text", "html", "json"])
def test_no_user_id_is_ever_shown(world: World, form: str) -> None:
    shown = renderings(everything(world).gather())[form]
    assert NEEDLE.lower() not in shown.lower()
    assert "east-jo" in shown and "(user id)" in shown
    assert "No patient data in here." in shown or form == "json"


def test_the_nickname_stays_where_it_equals_the_user_id(world: World) -> None:
    world.refused("east-main", user_id="east-main")
    assert "pk vault set east-main" in world.text()


def test_json_holds_what_the_page_shows(world: World) -> None:
    everything(world)
    found = json.loads(to_json(world.gather()))
    assert found["verdict"] == "6 NEED A PERSON, first by 17:00."
    assert found["subject"].startswith("Portals Tue 24 Nov: 6 need a person (first by 17:00)")
    assert found["at"] == "2026-11-24T05:40:00-05:00"
    assert {line["name"] for line in found["accounts"]} >= {FINE, "east-main"}


class Page(HTMLParser):
    """What a page would fetch, and whether its tags close."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        linked = [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action")]
        self.fetched += [value for value in linked if not value.startswith("#")]
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_one_file_and_fetches_nothing(world: World) -> None:
    html = render_html(everything(world).gather())
    page = Page(html)
    assert (page.fetched, page.open) == ([], [])
    assert "url(" not in html and "@import" not in html and "<script" not in html


def test_what_stands_in_the_inventory_is_text_on_the_page(world: World) -> None:
    world.refused(owner="<script>alert(1)</script>")
    assert "<script>alert" not in render_html(world.gather())
    assert "&lt;script&gt;" in render_html(world.gather())


@pytest.mark.parametrize(
    ("kind", "state", "do"),
    [(Kind.UNSAVED_ERA, "ERA NOT ON DISK", "Free space"), (Kind.LOST_ERA, "ERA LOST", "pk era fetch east-main")],
)
def test_a_remittance_that_is_not_on_disk_needs_a_person(world: World, kind: Kind, state: str, do: str) -> None:
    world.account("east-main")
    failure = Failure(error="WorkerLost", message="the file of payment T1 is not there")
    with world.inventory.write() as db:
        open_incident(db, kind, failure, by="worker", account="east-main")
    [need] = gather(world.inventory, world.vault, AT, service_running=True).needs
    assert (need.what, need.state) == ("east-main", state)
    assert (do in need.do, "T1" in need.worker) == (True, True)
