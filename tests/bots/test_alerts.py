"""Alerts are quiet by default: only what can't wait breaks the night, once, until somebody takes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from reporting import NEEDLE, World, world

from bots import now
from bots.alerts import look
from bots.delivery import Plan
from bots.delivery.config import Contact, Mail, Office, Route
from bots.desk import Failure
from bots.incidents import Kind, open_incident
from bots.inventory import stamp

__all__ = ["world"]

PLAN = Plan(
    office=Office(zone="America/New_York"),
    mail=Mail(host="localhost", sender="portals@example.org"),
    contacts={
        "on-call": Contact(mail="on-call@example.org", text="5550100@sms.example.org"),
        "lead": Contact(mail="lead@example.org"),
        "texas": Contact(mail="texas@example.org"),
    },
    routes=(
        Route(level="urgent", primary="on-call", backup="lead"),
        Route(level="morning", primary="lead"),
        Route(level="morning", portal="west", primary="texas"),
    ),
)


class Night:
    """A clock of the office that a test moves, and the letters that went out."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world, self._patch = world, monkeypatch
        self.at("2026-11-24T02:00")

    def at(self, text: str) -> None:
        self.moment = datetime.fromisoformat(f"{text}:00-05:00").astimezone(UTC)
        self._patch.setattr(now, "utc", lambda: self.moment)

    def open(self, kind: Kind, *, by: str = "worker", error: str = "AccountHeld", **where: str) -> int:
        with self.world.inventory.write() as db:
            return int(open_incident(db, kind, Failure(error=error, message="why?"), by=by, **where) or 0)

    def change(self, incident: int, **columns: str) -> None:
        with self.world.inventory.write() as db:
            db.table("incidents").update(incident, columns)

    def close(self, incident: int, by: str = "worker") -> None:
        self.change(incident, closed_at=stamp(now.utc()), closed_by=by, because="over")

    def look(self) -> list[tuple[str, str]]:
        """Whom a look tells, and with what subject."""
        last = self.world.inventory.rows("SELECT ifnull(max(id), 0) AS id FROM outbox")[0]["id"]
        count = look(self.world.inventory, PLAN)
        rows = self.world.inventory.rows("SELECT target, subject FROM outbox WHERE id > ? ORDER BY id", (last,))
        assert count == len(rows)
        return [(row["target"], row["subject"]) for row in rows]


@pytest.fixture
def night(world: World, monkeypatch: pytest.MonkeyPatch) -> Night:
    return Night(world, monkeypatch)


def brake(night: Night) -> int:
    for number, clock in enumerate(("01:52", "01:58", "02:00")):
        night.world.account(f"acct-{number}", portal=("east", "west", "east")[number])
        night.world.submission(f"acct-{number}", "refused")
        at = stamp(datetime.fromisoformat(f"2026-11-24T{clock}:00-05:00").astimezone(UTC))
        with night.world.inventory.write() as db:
            db.execute("UPDATE ledger SET opened_at = ?, closed_at = ? WHERE account = ?", (at, at, f"acct-{number}"))
    return night.open(Kind.BRAKE)


def test_a_night_with_the_usual_troubles_sends_nothing_before_half_past_five(night: Night) -> None:
    night.world.refused("east-main")
    outage = night.open(Kind.PAUSE, error="PortalUnavailable", portal="west")
    night.change(outage, until=stamp(now.utc() + timedelta(minutes=15)))
    night.open(Kind.PAUSE, by="jo", portal="medi-cal")  # the maintenance window
    with night.world.inventory.write() as db:
        for screen in ("Home", "Result", "SignIn"):
            db.execute(
                "INSERT INTO notices (at, account, kind, words) VALUES (?, 'east-main', 'drift', ?)",
                (stamp(now.utc()), f"{screen}: user"),
            )
    told = []
    for minute in range(0, 210, 5):
        night.at(f"2026-11-24T{2 + minute // 60:02}:{minute % 60:02}")
        told += night.look()
    assert told == []
    night.at("2026-11-24T05:29")
    assert night.look() == []
    night.at("2026-11-24T05:30")
    assert night.look() == [("lead@example.org", "Portals: INC-0001 east-main: PASSWORD REFUSED, since Tue 03:40")]
    night.at("2026-11-24T05:45")
    assert night.look() == []


def test_the_brake_breaks_the_night_in_the_words_of_the_mock(night: Night) -> None:
    incident = brake(night)
    with night.world.inventory.write() as db:
        due = stamp(datetime.fromisoformat("2026-11-24T06:30:00-05:00").astimezone(UTC))
        counts = {"planned": 418, "answered": 0, "no_answer": 0, "held": 0, "not_asked": 0}
        texts = {"schedule": "nightly", "day": "2026-11-24", "file": "p.csv", "flow": "eligibility", "words": "{}"}
        more = {"chosen": "", "answers": "", "started_at": stamp(now.utc()), "ready_by": due}
        db.table("worklists").insert({**texts, **counts, **more})
    name = f"INC-{incident:04}"
    assert night.look() == [
        ("on-call@example.org", f"URGENT {name}: all sign-ins are stopped"),
        ("5550100@sms.example.org", f"URGENT {name}: all sign-ins are stopped"),
    ]
    long, short = (row["body"] for row in night.world.inventory.rows("SELECT body FROM outbox ORDER BY id"))
    assert short.startswith(f"Portalkeeper URGENT {name} 02:00 EST. 3 accounts refused on 2 portals since 01:52.")
    assert "Today's eligibility (418 rows, due 06:30) may not be ready." in short
    assert short.endswith(f"Take it: pk incident take {name}")
    assert len(short) <= 459  # three text messages
    assert "01:52 acct-0, 01:58 acct-1, 02:00 acct-2" in long
    for label in ("WHAT HAPPENED", "ALREADY DONE", "WHAT IT COSTS", "DO THIS", "WHO", "NEXT MESSAGE"):
        assert f"\n{label:16}" in f"\n{long}"
    assert "on-call; lead from 02:30 if nobody takes it." in long
    for form in (long, short):
        assert NEEDLE.lower() not in form.lower() and "http" not in form


def test_nobody_took_it_the_backup_is_told_once(night: Night) -> None:
    brake(night)
    night.look()
    night.at("2026-11-24T02:29")
    assert night.look() == []
    night.at("2026-11-24T02:30")
    [(target, _)] = night.look()
    assert target == "lead@example.org"
    assert "NOBODY TOOK IT" in night.world.inventory.rows("SELECT body FROM outbox ORDER BY id DESC LIMIT 1")[0]["body"]
    night.at("2026-11-24T04:00")
    assert night.look() == []


def test_who_took_it_is_left_in_peace(night: Night) -> None:
    incident = brake(night)
    night.look()
    night.change(incident, taken_by="on-call operator", taken_at=stamp(now.utc()))
    night.at("2026-11-24T03:00")
    assert night.look() == []


def test_that_it_is_over_is_told_to_whom_it_was_told_but_not_at_night(night: Night) -> None:
    incident = brake(night)
    night.look()
    night.at("2026-11-24T02:40")
    night.look()  # the backup
    night.close(incident, by="Ann Example")
    night.at("2026-11-24T05:00")
    assert night.look() == []
    night.at("2026-11-24T05:31")
    told = night.look()
    subject = f"CLEARED INC-{incident:04}"
    assert told == [
        ("on-call@example.org", subject),
        ("5550100@sms.example.org", subject),
        ("lead@example.org", subject),
    ]
    assert night.look() == []


def test_what_came_and_went_in_the_night_is_not_told(night: Night) -> None:
    incident = night.open(Kind.REPAIR, error="ScreenNotRecognised", portal="east", flow="login")
    night.look()
    night.close(incident)
    night.at("2026-11-24T08:00")
    assert night.look() == []


def test_the_same_trouble_that_comes_back_soon_is_told_once(night: Night) -> None:
    first = night.open(Kind.UNSAVED_ERA, account="east-main")
    assert len(night.look()) == 2
    night.close(first)
    night.at("2026-11-24T03:00")
    night.open(Kind.UNSAVED_ERA, account="east-main")
    assert night.look() == []
    night.open(Kind.UNSAVED_ERA, account="east-other")
    assert len(night.look()) == 2


def test_a_brake_that_a_person_pulled_wakes_nobody(night: Night) -> None:
    night.open(Kind.BRAKE, by="Ann Example")
    assert night.look() == []
    night.at("2026-11-24T09:00")
    assert night.look() == []


@pytest.mark.parametrize(
    ("kind", "failures", "urgent"), [("worker", 1, True), ("worker", 3, False), ("person", 1, False)]
)
def test_a_lock_is_urgent_when_the_ledger_does_not_explain_it(
    night: Night, kind: str, failures: int, urgent: bool
) -> None:
    night.world.account("east-main", kind=kind)
    for _ in range(failures):
        night.world.submission("east-main", "refused", kind="by_hand")
    night.open(Kind.FREEZE, error="AccountLocked", account="east-main")
    told = night.look()
    assert bool(told) is urgent
    if urgent:
        assert told[0][1] == "URGENT INC-0001: east-main: LOCKED"


def test_by_day_several_things_are_one_message_a_route(night: Night) -> None:
    night.at("2026-11-24T10:00")
    for name, portal in (("east-1", "east"), ("east-2", "east"), ("west-1", "west")):
        night.world.account(name, portal=portal)
        night.open(Kind.FREEZE, error="InvalidCredentials", account=name)
    assert night.look() == [
        ("lead@example.org", "Portals: 2 things need a person: INC-0001 east-1: PASSWORD REFUSED, ..."),
        ("texas@example.org", "Portals: INC-0003 west-1: PASSWORD REFUSED, since Tue 10:00"),
    ]


def test_without_routes_nobody_is_told_and_nothing_breaks(night: Night) -> None:
    brake(night)
    assert look(night.world.inventory, Plan()) == 0


def test_quiet_hours_pass_midnight_on_the_clock_of_the_office() -> None:
    for clock, quiet in (("19:59", False), ("20:00", True), ("23:59", True), ("05:29", True), ("05:30", False)):
        assert PLAN.quiet_at(datetime.fromisoformat(f"2026-11-24T{clock}:00-05:00").astimezone(UTC)) is quiet
