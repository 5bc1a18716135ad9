"""What came due is written and run once, whatever happens to the service, the clock or the time zone."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bots import clock, disk, now
from bots.clock import DueState, Schedule, tick
from bots.clock.cron import fire_times
from bots.clock.timing import Timing
from bots.inventory import Inventory
from flows.era_download import EraDownloadAnswer
from flows.errors import InputError
from payers import registry
from payers.model import Policy, Portal

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
NEW_YORK = "America/New_York"


@pytest.fixture
def inventory(tmp_path: Path) -> Iterator[Inventory]:
    opened = Inventory(tmp_path / "inventory.db")
    yield opened
    opened.close()


@pytest.fixture
def portals(monkeypatch: pytest.MonkeyPatch) -> None:
    async def sign_in(session: object) -> None:
        raise AssertionError

    async def fetch(session: object, inquiry: object) -> EraDownloadAnswer:
        raise AssertionError

    made = {
        name: Portal(
            name=name,
            title=name.title(),
            address="https://x.example",
            version="1",
            policy=Policy(),
            login=sign_in,
            era_download=fetch,
        )
        for name in ("east", "west")
    }
    monkeypatch.setattr(registry, "portals", lambda: made)


def add_accounts(inventory: Inventory, *names: str, portal: str = "east", kind: str = "worker") -> None:
    with inventory.write() as db:
        for name in names:
            db.table("accounts").insert({"name": name, "portal": portal, "kind": kind, "user_id": f"user-{name}"})


def schedule(cron: str = "0 5 * * *", *accounts: str, name: str = "daily", zone: str = "UTC") -> Schedule:
    return Schedule(name=name, flow="login", accounts=accounts or ("a",), cron=cron, zone=zone, line=1)


def states(inventory: Inventory, *wanted: str) -> list[tuple[str, str]]:
    rows = inventory.rows("SELECT account, due_at, state FROM due WHERE state <> 'seen' ORDER BY due_at, id")
    return [(row["due_at"][:16], row["state"]) for row in rows if not wanted or row["state"] in wanted]


# --- which moments a cron line names


@pytest.mark.parametrize("zone", [NEW_YORK, "America/Los_Angeles", "Europe/Berlin"])
@pytest.mark.parametrize("minute_of_day", [0, 30, 60, 90, 119, 120, 150, 179, 180, 200, 330])
@pytest.mark.parametrize("around", [date(2026, 3, 8), date(2026, 3, 29), date(2026, 10, 25), date(2026, 11, 1)])
def test_a_daily_row_runs_once_on_each_day_also_when_the_clocks_change(
    zone: str, minute_of_day: int, around: date
) -> None:
    cron = f"{minute_of_day % 60} {minute_of_day // 60} * * *"
    local = ZoneInfo(zone)
    first = datetime(around.year, around.month, around.day, tzinfo=local) - DAY
    times = fire_times(cron, zone, first - timedelta(seconds=1), first + 3 * DAY - timedelta(seconds=1))
    days = [at.astimezone(local).date() for at in times]
    assert days == [around - DAY, around, around + DAY]


def test_a_time_that_a_change_of_the_clock_skips_comes_after_it() -> None:
    [at] = fire_times("30 2 * * *", NEW_YORK, datetime(2026, 3, 8, 5, tzinfo=UTC), datetime(2026, 3, 8, 9, tzinfo=UTC))
    assert at.astimezone(ZoneInfo(NEW_YORK)).strftime("%H:%M %Z") == "03:30 EDT"


@pytest.mark.parametrize("cron", ["*/20 * * * *", "30 2 * * *", "15 1 * * *"])
@pytest.mark.parametrize("zone", [NEW_YORK, "America/Los_Angeles", "Europe/Berlin"])
def test_cutting_time_into_pieces_loses_and_repeats_nothing(cron: str, zone: str) -> None:
    for month, day in ((3, 7), (3, 28), (10, 24), (10, 31)):
        begin = datetime(2026, month, day, tzinfo=UTC)
        whole = fire_times(cron, zone, begin, begin + 3 * DAY)
        cuts = [begin + timedelta(minutes=7 * i) for i in range(3 * 24 * 60 // 7)] + [begin + 3 * DAY]
        pieces = [at for a, b in itertools.pairwise(cuts) for at in fire_times(cron, zone, a, b)]
        assert pieces == list(whole)


def test_weekdays_are_those_of_cron() -> None:
    sunday = datetime(2026, 11, 22, tzinfo=UTC)
    for line, days in {
        "0 5 * * 1-5": "Mon Tue Wed Thu Fri",
        "0 5 * * mon-fri": "Mon Tue Wed Thu Fri",
        "0 5 * * 0": "Sun",
        "0 5 * * 7": "Sun",
        "0 5 * * 5-7": "Sun Fri Sat",
        "0 5 * * SAT,2": "Tue Sat",
    }.items():
        times = fire_times(line, "UTC", sunday, sunday + 7 * DAY)
        assert " ".join(f"{at:%a}" for at in times) == days, line


def test_rare_moments_are_found() -> None:
    found = Timing("UTC", "0 0 29 2 *").first_after(datetime(2096, 3, 1, tzinfo=UTC))
    assert found and found.at == datetime(2104, 2, 29, tzinfo=UTC)


# --- writing due rows


def test_nothing_before_a_row_was_first_seen_is_due(inventory: Inventory) -> None:
    assert clock.write_due(inventory, [schedule("0 * * * *")], START) == 0
    assert states(inventory) == []
    assert clock.write_due(inventory, [schedule("0 * * * *")], START + timedelta(hours=1)) == 1


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("row", "due"),
    [
        (schedule("0 11 * * *"), [("2026-11-25T11:00", "due")]),  # moved: 11:00 has passed, and is not made up for
        (schedule("0 14 * * *"), [("2026-11-24T14:00", "due")]),  # moved: 14:00 is to come
        (schedule("0 5 * * *"), [("2026-11-25T05:00", "due")]),  # as it was
        (schedule("0 5 * * *", "a", "b"), [("2026-11-25T05:00", "due")] * 2),  # one account more
    ],
)
async def test_a_row_whose_times_were_changed_begins_when_that_was_taken_up(
    inventory: Inventory, monkeypatch: pytest.MonkeyPatch, row: Schedule, due: list[tuple[str, str]]
) -> None:
    at = START
    monkeypatch.setattr(now, "utc", lambda: at)
    ticker = clock.Clock(inventory, [schedule("0 5 * * *")])
    ticker.begin()
    at = START + DAY  # at noon; the run of 05:00 is written before the rows change
    await ticker.follow([row])
    assert states(inventory) == [("2026-11-24T05:00", "due")]
    for _ in range(2):  # the second time as after a restart
        clock.write_due(inventory, [row], START + DAY + timedelta(minutes=5))
        assert states(inventory) == [("2026-11-24T05:00", "due")]
    clock.write_due(inventory, [row], START + 2 * DAY - timedelta(minutes=1))
    assert states(inventory)[1:] == due


def test_every_moment_since_the_last_is_written_once(inventory: Inventory) -> None:
    rows = [schedule("0 5 * * *", "a", "b"), schedule("30 * * * *", "a", name="hourly")]
    clock.write_due(inventory, rows, START)
    for minutes in (0, 1, 29, 30, 30, 31, 300, 299, 24 * 60 + 1, 3 * 24 * 60):
        clock.write_due(inventory, rows, START + timedelta(minutes=minutes))
    assert len(states(inventory, "due")) == 2 * 3 + 72
    assert len(set(states(inventory, "due"))) == 3 + 72


def test_a_start_after_three_days_writes_what_was_missed(tmp_path: Path) -> None:
    first = Inventory(tmp_path / "i.db")
    clock.write_due(first, [schedule()], START)
    first.close()
    again = Inventory(tmp_path / "i.db")
    assert clock.write_due(again, [schedule()], START + 3 * DAY) == 3
    assert [at for at, _ in states(again)] == ["2026-11-24T05:00", "2026-11-25T05:00", "2026-11-26T05:00"]
    again.close()


def test_an_account_that_joins_later_begins_then(inventory: Inventory) -> None:
    clock.write_due(inventory, [schedule("0 5 * * *", "a")], START)
    clock.write_due(inventory, [schedule("0 5 * * *", "a", "b")], START + 2 * DAY)
    clock.write_due(inventory, [schedule("0 5 * * *", "a", "b")], START + 3 * DAY)
    counts = inventory.rows("SELECT account, count(*) AS n FROM due WHERE state = 'due' GROUP BY account")
    assert {row["account"]: row["n"] for row in counts} == {"a": 3, "b": 1}


def test_more_than_seven_days_back_is_one_row_that_says_so(inventory: Inventory) -> None:
    clock.write_due(inventory, [schedule()], START)
    for _ in range(3):
        clock.write_due(inventory, [schedule()], START + 30 * DAY)
    clock.write_due(inventory, [schedule()], START + 30 * DAY + timedelta(minutes=5))
    assert len(states(inventory, "due")) == 7
    [missed] = inventory.rows("SELECT cause FROM due WHERE state = 'missed'")
    assert "2026-11-24 05:00 to 2026-12-16 12:00 UTC" in missed["cause"]


def test_a_rare_row_that_was_not_due_is_not_missed(inventory: Inventory) -> None:
    clock.write_due(inventory, [schedule("0 5 1 * *")], START + 10 * DAY)
    clock.write_due(inventory, [schedule("0 5 1 * *")], START + 30 * DAY)
    assert states(inventory) == []


def test_a_clock_that_stood_in_the_future_keeps_nothing_waiting(inventory: Inventory) -> None:
    clock.write_due(inventory, [schedule()], START)
    clock.write_due(inventory, [schedule()], datetime(2099, 1, 1, tzinfo=UTC))
    clock.write_due(inventory, [schedule()], START + DAY)
    assert "2026-11-24T05:00" in [at for at, state in states(inventory, "due")]
    taken = clock.take_next(inventory, START + DAY)
    assert taken and taken.due_at == datetime(2026, 11, 24, 5, tzinfo=UTC)
    assert clock.take_next(inventory, START + DAY) is None


# --- taking, ending, finding again


def test_of_several_open_rows_the_newest_runs_and_the_others_say_so(inventory: Inventory) -> None:
    clock.write_due(inventory, [schedule("0 5 * * *", "a", "b")], START)
    clock.write_due(inventory, [schedule("0 5 * * *", "a", "b")], START + 3 * DAY)
    taken = clock.take_next(inventory, START + 3 * DAY)
    assert taken and (taken.account, taken.due_at.day) == ("a", 26)
    older = inventory.rows(
        "SELECT state, cause FROM due WHERE account = 'a' AND due_at < '2026-11-26' AND state <> 'seen'"
    )
    assert {row["state"] for row in older} == {"coalesced"}
    assert all(f"row {taken.id}," in row["cause"] for row in older)
    other = clock.take_next(inventory, START + 3 * DAY)
    assert other and other.account == "b"
    assert clock.take_next(inventory, START + 3 * DAY) is None


def test_rows_of_two_schedules_are_two_runs_one_after_the_other(inventory: Inventory) -> None:
    rows = [schedule("0 5 * * *"), schedule("0 6 * * *", name="other")]
    clock.write_due(inventory, rows, START)
    clock.write_due(inventory, rows, START + DAY)
    first = clock.take_next(inventory, START + DAY)
    assert first and first.schedule == "daily"
    assert clock.take_next(inventory, START + DAY, busy=frozenset({"a"})) is None
    second = clock.take_next(inventory, START + DAY)
    assert second and second.schedule == "other"


def test_what_waited_longest_goes_first(inventory: Inventory) -> None:
    rows = [schedule("0 9 * * *", "a", name="one"), schedule("0 7 * * *", "b", name="two"), schedule("0 8 * * *", "c")]
    clock.write_due(inventory, rows, START)
    clock.write_due(inventory, rows, START + DAY)
    taken = [clock.take_next(inventory, START + DAY) for _ in range(3)]
    assert [row.account for row in taken if row] == ["b", "c", "a"]


def test_a_row_left_running_is_tried_once_more_and_then_failed(inventory: Inventory) -> None:
    clock.write_due(inventory, [schedule()], START)
    clock.write_due(inventory, [schedule()], START + DAY)
    for expected in (1, 0):
        assert clock.take_next(inventory, START + DAY)
        assert clock.recover(inventory, START + DAY) == expected
    assert clock.take_next(inventory, START + DAY) is None
    [row] = inventory.rows("SELECT state, cause, ended_at FROM due WHERE state <> 'seen'")
    assert row["state"] == "failed" and "twice" in row["cause"] and row["ended_at"]


def test_a_row_ends_once(inventory: Inventory) -> None:
    clock.write_due(inventory, [schedule()], START)
    clock.write_due(inventory, [schedule()], START + DAY)
    taken = clock.take_next(inventory, START + DAY)
    assert taken
    assert clock.conclude(inventory, taken, DueState.FAILED, START + DAY, cause="no", run_id="r1")
    assert not clock.conclude(inventory, taken, DueState.DONE, START + DAY)
    assert states(inventory) == [("2026-11-24T05:00", "failed")]


# --- the tick


@pytest.mark.asyncio
async def test_a_jump_of_five_hours_writes_all_that_came_due(
    tmp_path: Path, inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tick, "TICK_SECONDS", 0.05)
    path = tmp_path / "sandbox-clock.json"
    half_past = (START + timedelta(minutes=30) - datetime.now(UTC)).total_seconds()

    def jump(hours: int) -> None:
        disk.write_durably(path, json.dumps({"offset_seconds": half_past + hours * 3600}).encode())

    try:
        jump(0)
        now.use_sandbox_clock(path)
        async with clock.ticking(inventory, [schedule("0 * * * *")]) as ticker:
            for hours in (5, 6):
                jump(hours)
                await asyncio.wait_for(ticker.due.wait(), 10)
                ticker.due.clear()
                assert len(states(inventory, "due")) == hours
    finally:
        now.use_sandbox_clock(None)


@pytest.mark.asyncio
async def test_in_real_time_the_scheduler_wakes_when_something_is_due(
    inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tick, "TICK_SECONDS", 3600)  # so that no tick finds it
    soon = datetime.now(UTC) + timedelta(seconds=0.5)
    ahead = soon.replace(second=0, microsecond=0) + timedelta(minutes=1) - soon
    monkeypatch.setattr(now, "utc", lambda: datetime.now(UTC) + ahead)
    async with clock.ticking(inventory, [schedule("* * * * *")]) as ticker:
        await asyncio.wait_for(ticker.due.wait(), 10)
        assert datetime.now(UTC) - soon < timedelta(seconds=5)
        assert len(states(inventory, "due")) == 1


@pytest.mark.asyncio
async def test_trouble_with_the_disk_loses_nothing(
    tmp_path: Path, inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = START
    monkeypatch.setattr(now, "utc", lambda: at)
    ticker = clock.Clock(inventory, [schedule("0 * * * *")])
    ticker.begin()
    real = Inventory.write

    def full(self: Inventory) -> None:
        raise InputError("the disk is full")

    at = START + timedelta(hours=2)
    monkeypatch.setattr(Inventory, "write", full)
    await ticker.write()
    assert not ticker.due.is_set()
    monkeypatch.setattr(Inventory, "write", real)
    await ticker.tick()
    assert ticker.due.is_set() and len(states(inventory, "due")) == 2


# --- schedules.yaml

GOOD = """\
# a comment
mornings:
  flow: login
  accounts: [east-1, east-2]
  cron: "30 4 * * mon-fri"
  zone: America/New_York
everything:
  flow: login
  accounts: all
  cron: 0 5 * * *
  zone: UTC
west:
  {flow: login, accounts: {portal: west}, cron: "0 6 1 * *", zone: America/Los_Angeles}
"""


@pytest.fixture
def accounts(inventory: Inventory, portals: None) -> None:
    add_accounts(inventory, "east-1", "east-2")
    add_accounts(inventory, "west-1", portal="west")
    add_accounts(inventory, "jo-own", kind="person")


def loaded(tmp_path: Path, inventory: Inventory, text: str) -> list[Schedule]:
    path = tmp_path / "schedules.yaml"
    path.write_text(text, encoding="utf-8")
    return clock.load_schedules(path, inventory)


@pytest.mark.usefixtures("accounts")
def test_rows_are_read_with_their_accounts(tmp_path: Path, inventory: Inventory) -> None:
    rows = loaded(tmp_path, inventory, GOOD)
    assert [(row.name, row.accounts, row.line) for row in rows] == [
        ("mornings", ("east-1", "east-2"), 2),
        ("everything", ("east-1", "east-2", "west-1"), 7),
        ("west", ("west-1",), 12),
    ]
    assert rows[1].cron == "0 5 * * *"


@pytest.mark.usefixtures("accounts")
def test_the_shipped_file_is_read_and_its_examples_are_right(tmp_path: Path, inventory: Inventory) -> None:
    text = (Path(__file__).parents[2] / "schedules.yaml").read_text(encoding="utf-8")
    assert loaded(tmp_path, inventory, text) == []
    _, *examples = text.split("\n\n")
    rows = "\n".join(line.removeprefix("# ") for example in examples for line in example.splitlines())
    rows = rows.replace("availity-west-worker, uhc-main", "east-1, west-1").replace("portal: availity", "portal: east")
    rows = rows.replace("portal: tmhp", "portal: west")
    assert [row.name for row in loaded(tmp_path, inventory, rows)] == [
        "sign-in-every-morning",
        "keep-alive-and-rotate",
        "availity-on-weekends",
        "texas-remittances-on-mondays",
        "two-by-name",
        "tomorrows-patients",
        "medicaid-on-the-first",
        "claims-over-14-days",
        "report-every-morning",
        "backup-every-night",
    ]


@pytest.mark.usefixtures("accounts")
@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("everything:", "mornings:", 7, "mornings is there already, on line 2"),
        ("everything:", "Every Thing:", 7, "lower-case letters"),
        ("east-2]", "east-9]", 4, "no account is called 'east-9'; there are: east-1"),
        ("east-2]", "jo-own]", 4, "only worker accounts run by schedule"),
        ("[east-1, east-2]", "[]", 4, "expected a list of names, or portal: NAME, or tag: WORD, or all"),
        ("[east-1, east-2]", "east-1", 4, "expected a list of names, or portal: NAME, or tag: WORD, or all"),
        ("portal: west", "portal: north", 13, "no portal is called 'north'; there are: east, west"),
        ("portal: west", "portals: west", 13, "expected a list of names, or portal: NAME, or tag: WORD, or all"),
        (
            "flow: login\n  accounts: all",
            "flow: era\n  accounts: all",
            8,
            "flow: expected login, keep, era_download, eligibility, claim_status, backup or report, not 'era'",
        ),
        ("  zone: UTC", "  zone: EST", 11, "expected an IANA time zone such as America/New_York, not 'EST'"),
        ("  zone: UTC", "  zone: America", 11, "expected an IANA time zone"),
        ("  zone: UTC", "  zone: ../etc/passwd", 11, "expected an IANA time zone"),
        ("  zone: UTC", "  zone: Mars/Base", 11, "expected an IANA time zone"),
        (
            "  zone: UTC",
            "  windows: 4h",
            11,
            "'windows' is not a key of a row; the keys are flow, accounts, cron, every",
        ),
        ("  zone: UTC", "  zone: UTC\n  window: 4h", 12, "window: expected hours such as 04:00-06:30, not '4h'"),
        (
            "  zone: UTC",
            "  zone: UTC\n  window: 04:00-25:00",
            12,
            "expected a time of the day such as 06:30, not '25:00'",
        ),
        ("  zone: UTC", "  zone: UTC\n  window: 04:00-04:00", 12, "begins when it ends"),
        ("  zone: UTC", "  zone: UTC\n  window: 06:00-07:00", 12, "never comes due inside its window"),
        ("  zone: UTC", "  zone: UTC\n  every: 2h", 7, "everything: expected cron or every, one of them"),
        ("cron: 0 5 * * *", "every: 2 hours", 10, "every: expected minutes or hours such as 15m or 2h, from 1m to 24h"),
        ("cron: 0 5 * * *", "every: 0m", 10, "from 1m to 24h"),
        ("  cron: 0 5 * * *\n", "", 7, "everything: cron or every not given"),
        ("  zone: UTC", "  zone: UTC\n  late: maybe", 12, "late: expected missed or next window, not 'maybe'"),
        ("  zone: UTC", "  zone: UTC\n  late: next window", 7, "expected a window, since late names the next one"),
        (
            "  zone: UTC",
            "  zone: UTC\n  jitter: 13h",
            12,
            "jitter: expected minutes or hours such as 15m or 2h, from 0m to 12h",
        ),
        ("  zone: UTC", "  zone: UTC\n  ready_by: noon", 12, "ready_by: expected a time of the day such as 06:30"),
        ("  zone: UTC", "  zone: UTC\n  list: a.csv", 7, "expected no list: login asks no list of questions"),
        ("  zone: UTC", "  zone: UTC\n  up_to: 9", 7, "expected up_to for lists only"),
        ("portal: west", "tag: nobody", 13, "no account has the tag 'nobody'"),
        (
            "flow: login\n  accounts: all",
            "flow: eligibility",
            7,
            "expected list, the file or folder that eligibility asks",
        ),
        ("flow: login\n  accounts: all", "flow: eligibility\n  accounts: all", 9, "eligibility is not run per account"),
        (
            "flow: login\n  accounts: all",
            "flow: claim_status\n  list: c\n  select: tomorrow",
            10,
            "expected next_business_day",
        ),
        (
            "flow: login\n  accounts: all",
            "flow: claim_status\n  list: c\n  older_than_days: x",
            10,
            "older_than_days: ",
        ),
        ("  zone: UTC\n", "", 7, "everything: zone not given"),
        ("  zone: UTC", "  zone: [UTC]", 11, "zone: expected one word or line"),
        ("cron: 0 5 * * *", "cron: 0 5 * *", 10, "expected five fields"),
        ("cron: 0 5 * * *", "cron: 61 5 * * *", 10, "the minute '61' is not between 0 and 59"),
        ("cron: 0 5 * * *", "cron: 0 5 31 2 *", 10, "a date that never comes"),
        ("cron: 0 5 * * *", "cron: 0 5 1 * mon", 10, "make it two rows"),
        (
            "cron: 0 5 * * *",
            "cron: 0 5 * * monday",
            10,
            "the day of the week 'monday' is not between 0 and 7 or sun to sat",
        ),
        ("cron: 0 5 * * *", "cron: 0 5 * * fri-mon", 10, "from low to high"),
        ("cron: 0 5 * * *", "cron: 0 5 * jan-13 *", 10, "the month '13' is not between 1 and 12 or jan to dec"),
        ("cron: 0 5 * * *", "cron: 0 */0 * * *", 10, "in steps of 1 or more"),
        ("cron: 0 5 * * *", "cron: 0 5, * * *", 10, "is not one of"),
        ("cron: 0 5 * * *", "cron: */5 * * * *", 10, "put cron lines in quotes"),
        ("  zone: UTC", "\tzone: UTC", 11, "not valid YAML"),
        ("everything:", "- everything:", 7, "not valid YAML"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, inventory: Inventory, old: str, new: str, line: int, words: str
) -> None:
    assert old in GOOD
    with pytest.raises(InputError) as caught:
        loaded(tmp_path, inventory, GOOD.replace(old, new, 1))
    assert f"schedules.yaml, line {line}: " in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.usefixtures("accounts")
@pytest.mark.parametrize("text", ["- a\n- b\n", "just words", "a: b\n", "a: [1]\n", "? [x]\n: y\n", "a: {b: c}\n"])
def test_a_file_of_another_shape_is_told(tmp_path: Path, inventory: Inventory, text: str) -> None:
    with pytest.raises(InputError, match=r"line 1: "):
        loaded(tmp_path, inventory, text)


def test_files_that_can_not_be_read_are_told(tmp_path: Path, inventory: Inventory) -> None:
    path = tmp_path / "schedules.yaml"
    with pytest.raises(InputError, match="portalkeeper init"):
        clock.load_schedules(path, inventory)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not UTF-8"):
        clock.load_schedules(path, inventory)
    path.write_bytes(b"a: \x00\n")
    with pytest.raises(InputError, match="does not allow"):
        clock.load_schedules(path, inventory)


def test_a_row_may_only_ask_what_the_portal_offers(
    tmp_path: Path, inventory: Inventory, portals: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    offering = {"east": replace(registry.portals()["east"], login=None)}  # type: ignore[arg-type]
    monkeypatch.setattr(registry, "portals", lambda: offering)
    add_accounts(inventory, "east-1")
    with pytest.raises(InputError, match="line 4: mornings: portal east offers no login"):
        loaded(tmp_path, inventory, GOOD.replace(", east-2", ""))
