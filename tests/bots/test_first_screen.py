"""The first screen: the order, words and silence of operations' mock, in at most 55 lines, twelve on a good day."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from time import process_time as time_of_cpu
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from reporting import AT, World, world

from benchmarks.report import fill
from bots import now
from bots.delivery import Plan
from bots.delivery.config import ReportTo
from bots.desk import Failure
from bots.incidents import Kind, open_incident
from bots.inventory import stamp
from bots.report import gather, history, render_first_screen, render_html, render_text, subject
from bots.report.changes import kept
from bots.report.costs import by_when
from bots.report.history import percentile

__all__ = ["world"]

HEADS = (
    "PORTALS",
    "CAN THE OFFICE WORK TODAY?",
    "NEEDS A PERSON",
    "BEING HANDLED",
    "NEXT 14 DAYS",
    "DONE BY ITSELF",
    "IS THIS REPORT WHOLE?",
)
PLAN = Plan(report=ReportTo(at=time(5, 40), none_by=time(6, 15), call="on-call operator, x4410"))


def utc(hour: int, minute: int) -> str:
    return stamp(AT.replace(hour=hour, minute=minute).astimezone(UTC))


def work_list(world: World, answered: int = 411, flow: str = "eligibility", ready: str | None = None) -> None:
    row = {
        "schedule": flow,
        "day": "2026-11-24",
        "file": "today's patients",
        "flow": flow,
        "planned": 418,
        "answered": answered,
        "no_answer": 1,
        "held": 6,
        "not_asked": 0,
        "words": json.dumps({"active": 389, "inactive": 14, "not_found": 8}),
        "chosen": "",
        "answers": "answers/2026-11-24/eligibility.csv",
        "started_at": utc(4, 0),
        "ready_at": ready or utc(4, 52),
        "ready_by": utc(6, 30),
    }
    with world.inventory.write() as db:
        db.table("worklists").insert(row)


def incident(world: World, kind: Kind, *, hours: float = 2, **columns: Any) -> int:
    """An open incident; `opened` columns are changed afterwards."""
    keys = {key: columns.pop(key) for key in ("account", "portal", "flow") if key in columns}
    with world.inventory.write() as db:
        number = open_incident(db, kind, Failure(error="PortalUnavailable", message="why"), by="worker", **keys)
        opened = stamp((AT - timedelta(hours=hours)).astimezone(UTC))
        db.table("incidents").update(number, {"opened_at": opened, **columns})
    return int(number or 0)


@pytest.fixture
def day(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A day on which everything of the mock happened."""
    monkeypatch.setattr(now, "utc", lambda: AT.astimezone(UTC))
    world.refused("availity-west", owner="billing lead", backup="on-call operator")
    for hours in (30, 54):
        world.run("availity-west", hours=hours, flow="eligibility", questions=52, asked=52, answered=52)
    with world.inventory.write() as db:
        db.execute("UPDATE accounts SET last_good_sign_in_at = NULL")
    world.account("tmhp-era", kind="person", owner="Ann", password_expires_on="2026-11-27")
    world.run("tmhp-era", hours=20)
    world.account("medical-la", portal="west", owner="Jo")
    world.freeze("medical-la", "AccountLocked")
    world.fine()
    world.account("epaces-bronx", owner="Jo", backup_codes_left=2)
    world.run("epaces-bronx", hours=3)
    incident(
        world,
        Kind.PAUSE,
        hours=4.5,
        portal="west",
        closed_at=utc(1, 48),
        closed_by="worker",
        because="its time is over",
    )
    world.due("medical-la", "due", hours=2)
    work_list(world)
    with world.inventory.write() as db:
        db.execute(
            "UPDATE incidents SET taken_by = 'on-call operator', ticket = '5-88123', opened_at = ? WHERE account = ?",
            (stamp((AT - timedelta(days=2)).astimezone(UTC)), "medical-la"),
        )
    return world


def test_the_order_and_the_words_are_those_of_the_mock(day: World) -> None:
    text = render_first_screen(day.gather(plan=PLAN))
    places = [text.index(head) for head in HEADS]
    assert places == sorted(places)
    flat = " ".join(text.split())
    for words in (
        "as of 05:40 EST (since Mon 05:40)",
        "2 NEED A PERSON, first by 06:30. 1 being handled. The worker locked nothing.",
        "Eligibility, today's patients 411 of 418 answered, ready 04:52 (due 06:30) 7 NOT CHECKED -> 1",
        "389 active, 14 inactive, 8 not found list: answers/2026-11-24/eligibility.csv",
        "1 by 06:30 availity-west PASSWORD REFUSED, account frozen new, since 03:40",
        "Cost About 52 eligibility look-ups a day wait for it",
        "Who billing lead, backup on-call operator INC-0001",
        "2 by Wed 17:00 tmhp-era PASSWORD EXPIRES FRI 27 NOV 3 days left",
        "medical-la LOCKED, account frozen; ticket 5-88123 INC-0002 on-call operator, day 3",
        "Thu 26 Nov Thanksgiving Day: banks are closed, no payments nobody",
        "Tue 24 Nov epaces-bronx 2 backup codes left Jo: make new ones on the portal and store them",
        "DONE BY ITSELF west back after 01:10-01:48",
        "Next report Wed 05:40. None by 06:15 = service down: on-call operator, x4410. No patient data in here.",
    ):
        assert words in flat, words
    assert len(text.splitlines()) <= 55


def test_the_subject_carries_the_counts(day: World) -> None:
    assert subject(day.gather()) == ("Portals Tue 24 Nov: 2 need a person (first by 06:30) · 411/418 patients checked")


def test_an_all_good_day_is_twelve_lines(world: World) -> None:
    for number in range(60):
        world.fine(f"fine-{number}")
    work_list(world, 418)
    work_list(world, 418, "claim_status")
    at = AT.replace(month=9, day=22)
    with world.inventory.write() as db:
        for table, column in (("runs", "started_at"), ("runs", "ended_at"), ("due", "due_at"), ("due", "written_at")):
            db.execute(f"UPDATE {table} SET {column} = '2026-09-22T07:40:00.000+00:00'")
        db.execute("UPDATE due SET ended_at = written_at")
        db.execute(
            "UPDATE worklists SET day = '2026-09-22', started_at = '2026-09-22T07:40:00.000+00:00', words = '{}'"
        )
        db.execute("UPDATE worklists SET ready_by = NULL")
    text = render_first_screen(world.gather(at, plan=PLAN))
    assert "NOTHING NEEDS A PERSON.   The worker locked nothing." in text
    assert len(text.splitlines()) <= 12, text
    assert max(map(len, text.splitlines())) <= 112
    assert "60 of 60 accounts fine" in text and "60 runs planned: 60 on time, 0 unexplained" in text


def test_a_bad_night_still_fits_and_is_counted(world: World) -> None:
    for number in range(40):
        world.refused(f"east-{number:02}", owner="billing lead")
    found = world.gather()
    text = render_first_screen(found)
    assert len(text.splitlines()) <= 55
    assert len(found.needs) == 40 and "40 NEED A PERSON" in text
    shown = text.count("PASSWORD REFUSED, account frozen   ")
    assert f"and {40 - shown} more (pk report): " in text


def test_needs_are_sorted_by_when_they_cost_not_by_age(world: World) -> None:
    world.account("old-idle")
    world.freeze("old-idle", "AccountLocked")
    with world.inventory.write() as db:
        db.execute("UPDATE incidents SET opened_at = '2026-11-20T10:00:00.000+00:00'")
    world.refused("new-busy")
    world.run("new-busy", hours=30, flow="eligibility", questions=9, asked=9, answered=9)
    with world.inventory.write() as db:
        db.execute("UPDATE accounts SET last_good_sign_in_at = NULL")
    incident(world, Kind.UNSAVED_ERA, account="old-idle")
    found = world.gather()
    assert [need.what for need in found.needs] == ["old-idle", "new-busy", "old-idle"]
    assert [by_when(need, AT) for need in found.needs] == ["now", "by 07:30", "by 17:00"]
    assert found.needs[2].age == "day 5, nobody took it"


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-24T05:40", "by 07:30"),
        ("2026-11-24T09:00", "now"),
        ("2026-11-26T05:40", "by Fri 07:30"),  # Thanksgiving
        ("2026-11-28T05:40", "by Mon 07:30"),
    ],
)
def test_it_costs_when_the_office_opens_next(world: World, at: str, expected: str) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo("America/New_York"))
    with world.inventory.write() as db:
        open_incident(db, Kind.BRAKE, Failure(error="AccountHeld", message="why"), by="worker")
    world.account("one")
    [need] = [need for need in world.gather(moment).needs if need.state == "STOPPED"]
    assert by_when(need, moment) == expected


def test_what_was_put_aside_is_counted_and_comes_back(world: World) -> None:
    world.refused()
    world.run(world.account("east-changed"), error="ScreenNotRecognised", screen="Home")
    incident(world, Kind.REPAIR, portal="east", flow="login")
    until = stamp((AT + timedelta(days=2)).astimezone(UTC))
    with world.inventory.write() as db:
        db.execute("UPDATE incidents SET snoozed_until = ?", (until,))
    found = world.gather()
    assert (found.needs, found.put_aside) == ((), 2)
    assert "2 put aside" in render_first_screen(found)
    assert len(world.gather(AT + timedelta(days=3)).needs) == 2


def test_a_late_list_says_so(world: World) -> None:
    world.fine()
    work_list(world, 418, ready=utc(6, 45))
    assert "ready 06:45 (due 06:30) LATE" in render_first_screen(world.gather(AT.replace(hour=7)))


def test_lists_that_are_not_kept_yet_are_left_out(world: World) -> None:
    world.fine()
    with world.inventory.write() as db:
        db.execute("DROP TABLE worklists")
    assert "Eligibility" not in render_first_screen(world.gather())


def test_remittances_are_told_in_money(world: World) -> None:
    world.fine()
    with world.inventory.write() as db:
        for number, (state, taken) in enumerate([("passed", utc(5, 0)), ("passed", None), ("held", None)]):
            received = stamp((AT - timedelta(hours=3)).astimezone(UTC))
            listed = dict.fromkeys(("listed_trace", "listed_amount", "listed_paid_on", "listed_payee"), "")
            file = {"sha256": f"f{number}", "received_at": received, "source": "portal", "portal": "east", "size": 9}
            db.table("era_files").insert({**file, **listed, "account": FINE_ONE, "payer": "aetna", "run_id": "r"})
            drop = db.execute(
                """INSERT INTO era_drops (sha256, member, whole, folder, name, mode, owner_group, state, picked_up_at)
                   VALUES (?, 0, 1, '/x', 'n', 416, '', 'dropped', ?)""",
                (f"f{number}", taken),
            ).lastrowid
            texts = ("good", "", "aetna", "", "", "", "", "", "", f"T{number}", "ACH", "I", "1000.25", "2026-11-23")
            db.execute(
                f"""INSERT INTO era_payments (sha256, member, interchange, part, place, verdict, reasons, payer, payer_title,
                    payer_id, company_id, payee, payee_npi, payee_tin, trace, method, handling, amount, paid_on, claims,
                    provider_adjustments, content, route, copy, state, drop_id) VALUES ({", ".join("?" * 26)})""",
                (f"f{number}", 0, 0, 0, 0, *texts, 3, 0, f"c{number}", "portal", "", state, drop),
            )
    text = " ".join(render_first_screen(world.gather()).split())
    assert "ERAs 2 payments, $2,000.50, 1 picked up by billing 1 HELD for a person" in text


FINE_ONE = "fine-one"


# --- details


def test_what_changed_since_the_last_report_is_told(world: World) -> None:
    world.refused()
    world.account("gone-soon")
    before = json.loads(kept(world.gather(AT - timedelta(hours=1))))
    with world.inventory.write() as db:
        db.execute("UPDATE incidents SET closed_at = ?", (utc(5, 0),))
        db.execute("DELETE FROM accounts WHERE name = 'gone-soon'")
    world.run("east-main", hours=0.3)
    world.account("east-empty", vault=False)
    found = world.gather(before=before)
    assert {(change.words, change.better) for change in found.changes} == {
        ("east-main: no longer PASSWORD REFUSED, account frozen", True),
        ("east-empty: NO PASSWORD", False),
        ("1 accounts added: east-empty", True),
        ("1 accounts gone: gone-soon", True),
        ("1 accounts are fine again: east-main", True),
    }
    assert "CHANGED since the report of Tue 24 Nov 04:40" in render_text(found)


def test_thirty_days_are_told_with_their_durations(world: World) -> None:
    world.fine()
    for number in range(10):
        world.run("fine-one", hours=24 * number + 2, flow="eligibility", questions=2, asked=2, answered=2)
    with world.inventory.write() as db:
        db.execute("UPDATE runs SET ended_at = strftime('%Y-%m-%dT%H:%M:%f+00:00', started_at, '+8 seconds')")
        db.execute(
            "UPDATE runs SET ended_at = strftime('%Y-%m-%dT%H:%M:%f+00:00', started_at, '+60 seconds') WHERE id = 'run-3'"
        )
    world.run("fine-one", hours=1, flow="eligibility", error="PortalUnavailable")
    [line] = [line for line in world.gather().portals if line.flow == "eligibility"]
    assert (line.runs, line.good, line.p50) == (11, 10, 4.0)
    assert line.p90 is not None and abs(line.p90 - 4.0) < 0.11
    assert sum(runs for runs, _ in line.days) == 11 and line.days[-1] == (2, 1)
    assert "90.9 %" in render_text(world.gather())


def test_percentiles_come_from_counts() -> None:
    assert percentile([(40, 9), (300, 1)], 0.5) == 4.0
    assert percentile([(40, 9), (300, 1)], 0.95) == 30.0
    assert percentile([], 0.5) is None


def test_clocks_of_an_account_are_told(world: World) -> None:
    world.account("one", password_expires_on="2026-12-01", idle_limit_days=90)
    world.run("one", hours=48)
    [line] = world.gather().accounts
    assert (line.expires_in, line.idle_in) == (7, 88)


def test_drift_is_told_before_it_breaks(world: World) -> None:
    world.fine()
    with world.inventory.write() as db:
        at = stamp((AT - timedelta(hours=5)).astimezone(UTC))
        db.execute(
            "INSERT INTO notices (at, account, kind, words) VALUES (?, 'fine-one', 'drift', 'Home: user')", (at,)
        )
    found = world.gather()
    assert found.needs == ()
    assert "page begins to change: East Portal, Home: user" in " ".join(render_text(found).split())


def test_schedules_are_told_row_by_row(world: World) -> None:
    world.fine()
    late = world.run("fine-one", hours=1)
    with world.inventory.write() as db:
        db.execute(
            """INSERT INTO due (schedule, account, flow, due_at, written_at, state, run_id, ended_at)
               VALUES ('evenings', 'fine-one', 'login', ?, ?, 'done', ?, ?)""",
            (utc(2, 0), utc(2, 0), late, utc(4, 41)),
        )
    lines = {line.schedule: line for line in world.gather().schedules}
    assert (lines["mornings"].on_time, lines["evenings"].late) == (1, 1)


def test_a_long_page_is_folded_and_cut(world: World) -> None:
    with world.inventory.write() as db:
        for number in range(450):
            db.table("accounts").insert({"name": f"a-{number:03}", "portal": "east", "kind": "worker", "user_id": "u"})
            world.vault.add(f"a-{number:03}")
    found = world.gather()
    html = render_html(found)
    assert (found.accounts_in_all, len(found.accounts), len(found.states)) == (450, 400, 450)
    assert "<summary>400 of 450 accounts, in trouble first</summary>" in html
    assert "50 more are not shown" in html


def test_many_runs_are_counted_by_index_and_never_sorted(world: World) -> None:
    fill(world.inventory, 300, 20_000)
    began = time_of_cpu()
    found = gather(world.inventory, [], now.utc().astimezone(), service_running=True)
    assert time_of_cpu() - began < 5  # 10,000 accounts and 1,000,000 runs: benchmarks.report
    assert sum(line.runs for line in found.portals) > 19_000  # but for the part of a day before the first whole one
    plans = [
        row["detail"]
        for sql in (history._OF_A_DAY, "SELECT 1 FROM runs WHERE started_at > ? AND started_at <= ?")
        for row in world.inventory.rows(f"EXPLAIN QUERY PLAN {sql}", ("x",) * sql.count("?"))
    ]
    assert all(plan.startswith("SEARCH runs USING") for plan in plans), plans
