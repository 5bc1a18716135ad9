"""A change that was not ours is seen by the portal's letter about it; one of ours never is, nor a letter of others."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import dovecot
import pytest
from dovecot import PASSWORD, USER, Dovecot
from reporting import AT, World, world

from bots import change_notices, morning, now
from bots.alerts import level_of, look
from bots.change_notices import BACK, EVERY, SETTLING, ChangeNotices
from bots.clock import Due, Schedule
from bots.clock.office_days import OfficeDays
from bots.codes.change_letters import Place
from bots.codes.imap import ImapMailbox, Login
from bots.codes.inbox import Maildir
from bots.codes.turns import LETTERS, Turn
from bots.delivery import Contact, Level, Plan, Route
from bots.incidents import Kind, open_ones
from bots.inventory import stamp
from bots.inventory.audit import record_audit
from bots.keeping import Keeper
from bots.report import render_first_screen, render_html
from bots.runner import Runner
from bots.sealing import create_key
from bots.settings import Settings
from bots.vault import Vault
from flows.errors import CodeNotReceived, InputError
from payers import registry
from payers.model import ChangeNotice, Letter

__all__ = ["world"]

SERVER = "mx.practice.example"
TO = "portals+one@practice.example"
NEEDLE = "Needle.User77"
RESET = Letter(domains=frozenset({"example.com"}), subject="Reset your password", link="/reset")
HAPPENED = AT.astimezone(UTC) - timedelta(hours=3)
MINUTE = timedelta(minutes=1)


def letter(
    text: str = f"The password of {NEEDLE} was changed.", *, domain: str = "example.com", **headers: str
) -> bytes:
    made = EmailMessage()
    made["Authentication-Results"] = f"{SERVER}; dkim=pass header.d={domain}"
    standing = {
        "From": f"Portal <noreply@{domain}>",
        "To": TO,
        "Subject": "Security notice",
        "Date": format_datetime(HAPPENED),
        "Message-ID": f"<1@{domain}>",
    }
    for name, value in {**standing, **{key.replace("_", "-"): value for key, value in headers.items()}}.items():
        made[name] = value
    made.set_content(text)
    return made.as_bytes()


class Office:
    """An account with an address, a Maildir, and a clock that tests set."""

    def __init__(self, world: World, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world, self.inventory, self._patch = world, world.inventory, monkeypatch
        self.settings = Settings(home=home, mail_server=SERVER)
        home.mkdir()
        create_key(self.settings.key_file)
        for name in ("new", "cur", "tmp"):
            (self.settings.mail_folder / name).mkdir(parents=True)
        self.notices = ChangeNotices(self.settings, self.inventory)
        world.account("one", registered_email=TO.title())
        world.submission("one", "accepted", hours=60)
        self.at(AT)

    def at(self, at: datetime) -> None:
        self._patch.setattr(now, "utc", lambda: at.astimezone(UTC))

    def deliver(self, data: bytes, name: str = "letter-1", place: str = "new") -> Path:
        path = self.settings.mail_folder / place / name
        path.write_bytes(data)
        return path

    def look(self, notices: ChangeNotices | None = None) -> list[dict[str, Any]]:
        asyncio.run((notices or self.notices).look(at_once=True))
        return open_ones(self.inventory, Kind.FOREIGN_CHANGE)

    def run(self, flow: str, *, before: timedelta, lasted: timedelta | None = MINUTE, error: str | None = None) -> None:
        """A run that began so long before the letter was sent."""
        begun = HAPPENED - before
        ended = stamp(begun + lasted) if lasted else None
        self.world.run("one", flow=flow, error=error, started_at=stamp(begun), ended_at=ended)

    def recorded(self, action: str, after: timedelta) -> None:
        with self.inventory.write() as db:
            record_audit(db, at=stamp(HAPPENED + after), who="jo", action=action, account="one")


@pytest.fixture
def office(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    portals = {name: replace(portal, reset_letter=RESET) for name, portal in registry.portals().items()}
    monkeypatch.setattr(registry, "portals", lambda: portals)
    return Office(world, tmp_path / "home", monkeypatch)


def test_a_change_that_nobody_made_is_one_urgent_alert_and_a_need(office: Office) -> None:
    path = office.deliver(letter())
    before = path.stat().st_mtime_ns, path.read_bytes()
    [found] = office.look()
    assert level_of(office.inventory, found) is Level.URGENT
    plan = Plan(
        contacts={"lead": Contact(mail="lead@practice.example")}, routes=(Route(level=Level.URGENT, primary="lead"),)
    )
    assert [look(office.inventory, plan) for _ in range(2)] == [1, 0]
    [sent] = office.inventory.rows("SELECT subject, body FROM outbox")
    assert sent["subject"] == "URGENT INC-0001: one: somebody else changed the account"
    told = " ".join(sent["body"].split())
    assert "a letter of the portal tells of a changed password, sent on Tue 24 Nov at 07:40 UTC" in told
    report = office.world.gather()
    [need] = [need for need in report.needs if need.incident]
    assert (need.state, need.who, need.costs_from) == ("CHANGE NOT OURS", "the security officer", AT)
    assert "1 now one CHANGE NOT OURS" in " ".join(render_first_screen(report).split())
    everything = told + render_html(report) + str(office.inventory.rows("SELECT * FROM change_letters"))
    assert NEEDLE not in everything and TO not in everything.lower() and "<1@" not in everything
    assert (path.stat().st_mtime_ns, path.read_bytes()) == before  # it lies there as it was


def test_one_letter_opens_one_incident_whoever_looks(office: Office) -> None:
    path = office.deliver(letter())
    office.look()
    path.rename(path.parent.parent / "cur" / "letter-1:2,S")  # a mail program has shown it
    office.deliver(letter(), "a copy")
    assert len(office.look()) == 1
    assert len(office.look(ChangeNotices(office.settings, office.inventory))) == 1  # after a restart
    with office.inventory.write() as db:
        db.execute("UPDATE incidents SET closed_at = ?, closed_by = 'jo'", (stamp(now.utc()),))
    assert office.look(ChangeNotices(office.settings, office.inventory)) == []  # settled
    office.deliver(letter(Message_ID="<2@example.com>"), "another")
    assert len(office.look()) == 1


# --- what explains a letter


@pytest.mark.parametrize(
    ("run", "explained"),
    [
        ({"flow": "password_reset", "before": 2 * MINUTE}, True),
        ({"flow": "password_recovery", "before": 2 * MINUTE}, True),
        ({"flow": "password_reset", "before": 2 * MINUTE, "lasted": None}, True),  # under way, or cut off
        ({"flow": "password_reset", "before": 2 * MINUTE, "error": "WorkerLost"}, True),  # it may have been
        ({"flow": "password_reset", "before": 50 * MINUTE}, True),  # the portal's mail is slow
        ({"flow": "password_reset", "before": -9 * MINUTE}, True),  # two clocks
        ({"flow": "password_reset", "before": -11 * MINUTE}, False),
        ({"flow": "password_reset", "before": 90 * MINUTE}, False),
        ({"flow": "password_reset", "before": 2 * MINUTE, "error": "InvalidCredentials"}, False),
        ({"flow": "password_reset", "before": 2 * MINUTE, "error": "NewPasswordRefused"}, False),
        ({"flow": "login", "before": 2 * MINUTE}, False),
        ({"flow": "assist", "before": 20 * MINUTE, "lasted": 30 * MINUTE}, True),  # a person at the browser
    ],
)
def test_what_the_worker_changed_is_known(office: Office, run: dict[str, Any], explained: bool) -> None:
    office.run(**run)
    office.deliver(letter())
    assert (office.look() == []) == explained


@pytest.mark.parametrize(
    ("action", "after", "explained"),
    [
        ("vault set", 30 * MINUTE, True),
        ("vault set", -30 * MINUTE, True),  # stored first
        ("vault set", timedelta(hours=2, minutes=30), False),  # as they do after a break-in
        ("vault set", timedelta(hours=-2), False),
        ("account set", 5 * MINUTE, True),
        ("codes backup", 5 * MINUTE, True),
        ("account signed-in", timedelta(hours=2, minutes=50), True),
        ("account signed-in", timedelta(days=-1), False),
        ("account unfreeze", 5 * MINUTE, False),
    ],
)
def test_what_a_person_recorded_is_known(office: Office, action: str, after: timedelta, explained: bool) -> None:
    office.recorded(action, after)
    office.deliver(letter())
    assert (office.look() == []) == explained


def test_the_worker_changes_no_profile(office: Office) -> None:
    office.run("password_reset", before=2 * MINUTE)
    office.deliver(letter("Your e-mail address was changed."))
    [found] = office.look()
    assert "tells of a changed profile" in found["message"]


def test_a_person_has_some_minutes_to_store_a_new_password(office: Office) -> None:
    office.deliver(letter())
    office.at(HAPPENED + SETTLING / 2)
    assert office.look() == []
    office.recorded("vault set", SETTLING * 0.8)
    office.at(HAPPENED + SETTLING * 2)
    assert office.look() == []
    office.deliver(letter(Message_ID="<2@example.com>", Date=format_datetime(HAPPENED + timedelta(hours=4))), "2")
    office.at(HAPPENED + timedelta(hours=4) + SETTLING / 2)
    assert office.look() == []
    office.at(HAPPENED + timedelta(hours=4) + SETTLING * 2)
    assert len(office.look()) == 1


def test_letters_from_before_the_worker_began_say_nothing(office: Office) -> None:
    office.deliver(letter(Date=format_datetime(AT - timedelta(hours=61))))
    assert office.look() == []
    office.deliver(letter(Date=format_datetime(AT - timedelta(hours=59)), Message_ID="<2@example.com>"), "2")
    assert len(office.look()) == 1


@pytest.mark.parametrize("kind", ["person", "shared", "break-glass"])
def test_accounts_of_people_are_left_out(office: Office, kind: str) -> None:
    with office.inventory.write() as db:
        db.execute("UPDATE accounts SET kind = ?", (kind,))
    office.deliver(letter())
    assert office.look() == []


# --- which letter


FOREIGN = {
    "another sender": letter(From="Portal <noreply@stranger.example>"),
    "another signer": letter(domain="stranger.example"),
    "a name that ends alike": letter(domain="notexample.com"),
    "not signed": letter().replace(b"dkim=pass", b"dkim=fail"),
    "another server's word": letter().replace(SERVER.encode(), b"mx.stranger.example"),
    "another account": letter(To="portals+two@practice.example"),
    "a link was asked for": letter(Subject="Reset your password"),
    "an invitation": letter("Has your password changed? Once your password has been changed, sign in again."),
    "advice": letter("If your password was changed by somebody else, call us."),
    "news": letter(
        "Our password policy has been updated. Provider profile pages were changed. Your remittance is here."
    ),
    "a charset of somebody's invention": letter().replace(b'charset="utf-8"', b'charset="made-up"'),
    "no letter at all": b"\x00\xff",
}


@pytest.mark.parametrize("foreign", FOREIGN)
def test_a_letter_of_others_or_about_something_else_opens_nothing(office: Office, foreign: str) -> None:
    office.deliver(FOREIGN[foreign])
    assert office.look() == []
    office.deliver(letter(Message_ID="<2@example.com>"), "2")
    assert len(office.look()) == 1  # and stands in no other letter's way


@pytest.mark.parametrize(
    ("text", "subject", "about"),
    [
        ("Hello.", "Your password has been changed", "password"),
        ("Hello.\nYour password\nwas successfully changed.", "x", "password"),
        ("Hello.", "Password changed", "password"),
        ("You recently changed your password. If this was not you, call us.", "x", "password"),
        ("Your security questions have been changed.", "x", "profile"),
        ("A new authenticator was added to your account.", "x", "profile"),
        ("Your profile has been updated.", "x", "profile"),
        ("Your e-mail address for sign-in was changed.", "x", "profile"),
        ("Your mobile number was updated just now.", "x", "profile"),
    ],
)
def test_usual_words_are_understood(office: Office, text: str, subject: str, about: str) -> None:
    office.deliver(letter(text, Subject=subject))
    [found] = office.look()
    assert f"tells of a changed {about}," in found["message"]


def test_html_is_read_as_it_is_shown_and_a_portal_has_its_own_words(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = EmailMessage()
    made.set_content("<style>password was changed</style><p>Your pass&shy;phrase is <b>new</b></p>", subtype="html")
    head = letter().split(b"Content-Type")[0]
    office.deliver(head + made.as_bytes())
    assert office.look() == []
    own = ChangeNotice(password=("pass\u00adphrase is new",), profile=())
    portals = {name: replace(portal, change_notice=own) for name, portal in registry.portals().items()}
    monkeypatch.setattr(registry, "portals", lambda: portals)
    assert len(office.look(ChangeNotices(office.settings, office.inventory))) == 1


@pytest.mark.parametrize("date", ["yesterday", format_datetime(AT + timedelta(days=400))])
def test_a_letter_without_a_date_or_a_name_is_taken_as_of_when_it_was_seen(office: Office, date: str) -> None:
    office.deliver(b"".join(line for line in letter(Date=date).splitlines(True) if b"Message-ID" not in line))
    assert office.look() == []
    office.at(AT + EVERY)
    [found] = office.look()
    assert "sent on Tue 24 Nov at 10:40 UTC" in found["message"]


# --- a mailbox that can't be read


def test_trouble_with_the_mailbox_is_a_quiet_need_and_ends_by_itself(office: Office) -> None:
    folder = office.settings.mail_folder
    folder.rename(folder.with_name("away"))
    assert office.look() == [] and office.world.gather().needs == ()
    office.at(AT + timedelta(hours=1))
    assert office.look() == []
    [need] = office.world.gather(AT + timedelta(hours=1), take_up=True).needs
    assert (need.what, need.state, need.do) == ("the mailbox of codes and letters", "NOT READ", "See: pk codes check")
    [incident] = open_ones(office.inventory)
    assert level_of(office.inventory, incident) is None
    folder.with_name("away").rename(folder)
    office.deliver(letter())
    assert len(office.look()) == 1  # what came meanwhile is not lost
    assert "NOT READ" not in office.world.gather(AT + timedelta(hours=1), take_up=True).model_dump_json()


class Down:
    """A mailbox that fails as it is told to."""

    name = "down"

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.looks = 0

    async def recent(self, *given: object) -> list[tuple[str, bytes]]:
        self.looks += 1
        raise self.error


@pytest.mark.parametrize("error", [CodeNotReceived("down"), InputError("no secret"), RuntimeError("anything")])
async def test_the_service_goes_on_without_the_mailbox(
    office: Office, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    down = Down(error)
    monkeypatch.setattr(change_notices, "mailbox_of", lambda settings, key: down)
    monkeypatch.setattr(morning, "LOOK_SECONDS", 0.01)
    rounds = []
    monkeypatch.setattr(morning, "look", lambda inventory, plan: rounds.append(plan))
    stop = asyncio.Event()
    watching = asyncio.create_task(morning.watch(office.settings, office.inventory, stop))
    while len(rounds) < 3:
        assert not watching.done()
        await asyncio.sleep(0.01)
    stop.set()
    await watching
    assert down.looks == 1  # every quarter hour, not every round


def test_nobody_contacts_the_mailbox_without_need(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    down = Down(AssertionError("contacted"))
    notices = ChangeNotices(office.settings, office.inventory, down)
    office.look(notices)
    asyncio.run(notices.look())
    assert down.looks == 1  # not yet time
    office.at(AT + EVERY)
    asyncio.run(notices.look())
    assert down.looks == 2
    for statement in ("UPDATE accounts SET registered_email = NULL", "DELETE FROM accounts"):
        with office.inventory.write() as db:
            db.execute(statement)
        office.look(notices)
    assert down.looks == 2 and office.inventory.rows("SELECT * FROM mailbox_looks") == []
    unbelieving = office.settings.model_copy(update={"mail_server": ""})
    monkeypatch.setattr(office.inventory, "rows", lambda *given: pytest.fail("the inventory was asked"))
    assert ChangeNotices(unbelieving, office.inventory)._watched() == ()


async def test_a_flow_that_waits_for_its_letter_is_not_disturbed(office: Office) -> None:
    down = Down(CodeNotReceived("down"))
    notices = ChangeNotices(office.settings, office.inventory, down)
    turn = await Turn.taken(office.settings.lease_folder / f"{LETTERS}-east.turn", 1)
    await notices.look()
    assert down.looks == 0
    turn.leave()
    await notices.look()  # at once, not a quarter hour later
    assert down.looks == 1
    await Turn.taken(office.settings.lease_folder / f"{LETTERS}-east.turn", 0)  # and is not kept from it


def test_the_service_looks_before_it_makes_the_report(office: Office) -> None:
    schedule = Schedule.model_validate({"name": "morning", "flow": "report", "cron": "40 5 * * *", "zone": "UTC"})
    due = Due(1, "morning", "", "report", AT.astimezone(UTC))
    vault = cast(Vault, SimpleNamespace(names=lambda: {"one"}))
    keeper = Keeper(cast(Runner, None), office.inventory, vault, office.settings)
    office.deliver(letter())
    asyncio.run(keeper.by_hand(schedule, due.due_at, OfficeDays(), by="jo", yes=False, fresh=False))
    assert open_ones(office.inventory) == []  # a report by hand contacts nobody
    asyncio.run(keeper.work(due, schedule))
    newest = max(office.settings.report_folder.glob("*.json"))
    assert "CHANGE NOT OURS" in newest.read_text()


# --- the mailbox itself


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with dovecot.dovecot() as server:
        yield server


async def test_letters_on_a_mail_server_are_found_and_stay_unread(server: Dovecot) -> None:
    login = Login("localhost", server.port, USER, lambda: PASSWORD, authority=server.authority)
    box: Place = ImapMailbox(login)
    for each in (letter(), letter(domain="stranger.example")):
        await asyncio.to_thread(server.deliver, each)
    [(name, data)] = await box.recent(timedelta(days=1), {"example.com", "example.net"}, set())
    assert b"Needle.User77 was changed" in data
    assert await box.recent(timedelta(days=1), {"example.com"}, {name}) == []
    with login.opened() as opened:
        assert opened.client.uid("SEARCH", "UNSEEN")[1][0].split() == [b"1", b"2"]


async def test_letters_in_a_maildir_are_found_by_their_age(tmp_path: Path) -> None:
    import os

    for place in ("new", "cur"):
        (tmp_path / place).mkdir()
    for name in ("new/1", "cur/2:2,S", "new/3"):
        (tmp_path / name).write_bytes(name.encode())
    long_ago = (datetime.now(UTC) - BACK - timedelta(hours=1)).timestamp()
    os.utime(tmp_path / "new" / "3", (long_ago, long_ago))
    box: Place = Maildir(tmp_path)
    assert sorted(await box.recent(BACK, set(), set())) == [("1", b"new/1"), ("2", b"cur/2:2,S")]
    assert await box.recent(BACK, set(), {"1", "2"}) == []
