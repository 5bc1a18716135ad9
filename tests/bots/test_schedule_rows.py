"""Windows, intervals, jitter, maintenance, calendars: what a row may say of its times, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bots import clock
from bots.clock import LiveTimetable, Schedule
from bots.clock.maintenance import Maintenance, closed_portals, load_maintenance
from bots.clock.office_days import OfficeDays, load_office_days
from bots.clock.planner import Planner
from bots.clock.rows import Late
from bots.clock.timing import Timing, Track, share_of
from bots.clock.windows import Window
from bots.inventory import Inventory
from bots.settings import Settings
from flows.errors import InputError

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NEW_YORK, LOS_ANGELES = "America/New_York", "America/Los_Angeles"


@pytest.fixture
def inventory(tmp_path: Path) -> Iterator[Inventory]:
    opened = Inventory(tmp_path / "inventory.db")
    with opened.write() as db:
        for name, portal in (("a", "availity"), ("b", "medi_cal"), ("c", "availity")):
            db.table("accounts").insert({"name": name, "portal": portal, "kind": "worker", "user_id": f"user-{name}"})
    yield opened
    opened.close()


def row(**given: object) -> Schedule:
    return Schedule.model_validate({"name": "r", "flow": "login", "accounts": ("a",), "zone": "UTC", **given})


def states(inventory: Inventory) -> list[tuple[str, str, str]]:
    rows = inventory.rows("SELECT account, due_at, state FROM due WHERE state <> 'seen' ORDER BY due_at, account")
    return [(found["account"], found["due_at"][11:16], found["state"]) for found in rows]


def named_states(inventory: Inventory) -> list[tuple[str, str]]:
    rows = inventory.rows("SELECT DISTINCT schedule, state FROM due WHERE state <> 'seen'")
    return [(found["schedule"], found["state"]) for found in rows]


def local(times: list[datetime], zone: str) -> list[str]:
    return [f"{at.astimezone(ZoneInfo(zone)):%a %H:%M}" for at in times]


# --- when


def test_an_interval_is_counted_from_the_begin_of_the_window_and_stays_inside() -> None:
    timing = Timing(NEW_YORK, every=2 * HOUR, window=Window(time(6, 30), time(12)))
    found = timing.moments(datetime(2026, 11, 23, 5, tzinfo=UTC), datetime(2026, 11, 24, 5, tzinfo=UTC))
    assert local([moment.at for moment in found], NEW_YORK) == ["Mon 06:30", "Mon 08:30", "Mon 10:30"]
    assert {moment.start_by for moment in found} == {datetime(2026, 11, 23, 17, tzinfo=UTC)}


def test_a_window_over_midnight_is_one_window() -> None:
    timing = Timing("UTC", every=3 * HOUR, window=Window(time(22), time(4)))
    found = timing.moments(datetime(2026, 11, 23, 12, tzinfo=UTC), datetime(2026, 11, 24, 12, tzinfo=UTC))
    assert local([moment.at for moment in found], "UTC") == ["Mon 22:00", "Tue 01:00"]
    assert {moment.start_by for moment in found} == {datetime(2026, 11, 24, 4, tzinfo=UTC)}


def test_cron_times_outside_the_window_are_not_planned() -> None:
    timing = Timing("UTC", "0 * * * *", window=Window(time(4), time(6, 30)))
    found = timing.moments(START, START + DAY)
    assert local([moment.at for moment in found], "UTC") == ["Tue 04:00", "Tue 05:00", "Tue 06:00"]


@pytest.mark.parametrize("zone", [NEW_YORK, LOS_ANGELES, "Europe/Berlin"])
def test_an_hourly_interval_has_23_and_25_hours_on_the_days_when_the_clocks_change(zone: str) -> None:
    counts = set()
    for day in (date(2026, 3, 8), date(2026, 3, 29), date(2026, 10, 25), date(2026, 11, 1)):
        begin = datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC) - timedelta(seconds=1)
        end = datetime.combine(day + DAY, time(), ZoneInfo(zone)).astimezone(UTC) - timedelta(seconds=1)
        found = [moment.at for moment in Timing(zone, every=HOUR).moments(begin, end)]
        assert found == sorted(set(found))
        counts.add(len(found))
    assert counts == {23, 24, 25}


def test_jitter_is_fixed_by_the_name_and_stays_inside_the_window() -> None:
    assert share_of("availity-west") == share_of("availity-west") != share_of("availity-east")
    timing = Timing("UTC", "0 4 * * *", window=Window(time(4), time(4, 10)), jitter=HOUR)
    track = Track(timing, START)
    for number in range(200):
        share = share_of(f"account-{number}")
        moment = track.next(START, share)
        assert moment and moment.start_by and moment.at < moment.start_by
        assert moment.at == datetime(2026, 11, 24, 4, tzinfo=UTC) + share * timedelta(minutes=10)


def test_each_account_comes_due_at_its_own_minute_every_day(inventory: Inventory) -> None:
    plan = Planner(inventory, [row(cron="0 4 * * *", jitter="30m", accounts=("a", "b", "c"))])
    plan.write(START)
    for hours in range(1, 73):
        plan.write(START + hours * HOUR)
    rows = inventory.rows("SELECT account, due_at FROM due WHERE state = 'due'")
    minutes = {name: {found["due_at"][11:23] for found in rows if found["account"] == name} for name in "abc"}
    assert len(rows) == 9 and all(len(times) == 1 for times in minutes.values())
    assert len(set.union(*minutes.values())) == 3


def test_ready_by_is_the_first_such_time_after_it_came_due(inventory: Inventory) -> None:
    clock.write_due(inventory, [row(cron="0 22 * * *", ready_by="06:30", zone=NEW_YORK)], START)
    clock.write_due(inventory, [row(cron="0 22 * * *", ready_by="06:30", zone=NEW_YORK)], START + DAY)
    [found] = inventory.rows("SELECT ready_by FROM due WHERE state = 'due'")
    assert datetime.fromisoformat(found["ready_by"]) == datetime(2026, 11, 24, 11, 30, tzinfo=UTC)


def test_the_planner_finds_what_the_plain_search_finds(inventory: Inventory) -> None:
    rows = [
        row(name="one", cron="*/7 3-5 * * *", jitter="9m", accounts=("a", "b", "c"), zone=NEW_YORK),
        row(name="two", every="50m", window="20:00-03:00", accounts=("a", "b"), zone=LOS_ANGELES),
        row(name="three", cron="0 6 1 * *", accounts=("c",)),
    ]
    plan, at = Planner(inventory, rows), datetime(2026, 10, 30, 12, tzinfo=UTC)  # over the end of summer time
    begin = at
    plan.write(at)
    while at < begin + 4 * DAY:
        at += timedelta(minutes=13)
        plan.write(at)
        if at.minute == 5:
            plan = Planner(inventory, rows)  # a restart
    found = {
        (f["schedule"], f["account"], f["due_at"]) for f in inventory.rows("SELECT * FROM due WHERE state = 'due'")
    }
    expected = set()
    for one in rows:
        for account in one.accounts:
            for moment in one.timing.moments(begin - HOUR, at):
                when = moment.shifted(share_of(account), one.jitter).at
                if begin < when <= at:
                    expected.add((one.name, account, when.isoformat(timespec="milliseconds")))
    assert found == expected and len(found) > 100


# --- what could not start in its window


def test_what_did_not_start_in_its_window_is_missed_with_its_cause(inventory: Inventory) -> None:
    rows = [row(cron="0 4 * * *", window="04:00-06:30")]
    clock.write_due(inventory, rows, START)
    clock.write_due(inventory, rows, START + DAY)
    late = START + DAY
    assert clock.take_next(inventory, late) is None
    assert clock.expire(inventory, {"r": rows[0]}, late, lambda found: f"why of {found['account']}") == 1
    assert clock.expire(inventory, {"r": rows[0]}, late, lambda found: "again") == 0
    assert inventory.rows("SELECT state, cause FROM due WHERE state <> 'seen'") == [
        {"state": "missed", "cause": "why of a"}
    ]


def test_work_that_may_wait_goes_to_the_next_window(inventory: Inventory) -> None:
    one = row(cron="0 4 * * *", window="04:00-06:30", late="next window")
    assert one.late is Late.NEXT_WINDOW
    clock.write_due(inventory, [one], START)
    clock.write_due(inventory, [one], START + DAY)
    assert clock.expire(inventory, {"r": one}, START + DAY, lambda found: "busy") == 0
    assert clock.take_next(inventory, START + DAY) is None
    taken = clock.take_next(inventory, datetime(2026, 11, 25, 4, 1, tzinfo=UTC))
    assert taken and taken.due_at.day == 24


def test_a_window_that_is_open_takes_what_came_due_in_it(inventory: Inventory) -> None:
    one = row(cron="0 4 * * *", window="04:00-06:30")
    clock.write_due(inventory, [one], START)
    at = datetime(2026, 11, 24, 6, 29, tzinfo=UTC)
    clock.write_due(inventory, [one], at)
    assert clock.expire(inventory, {"r": one}, at, lambda found: "") == 0
    assert clock.take_next(inventory, at)


def test_what_waits_for_a_row_that_is_gone_is_missed_but_not_for_one_that_is_only_wrong(inventory: Inventory) -> None:
    rows = [row(name=name, cron="0 4 * * *", accounts=("a", "b")) for name in ("kept", "gone", "wrong")]
    clock.write_due(inventory, rows, START)
    clock.write_due(inventory, rows, START + DAY)
    assert clock.let_go(inventory, {"kept", "wrong"}, START + DAY) == 2
    assert dict(named_states(inventory)) == {"kept": "due", "gone": "missed", "wrong": "due"}


# --- maintenance


SUNDAY = datetime(2026, 11, 29, 9, tzinfo=UTC)  # 01:00 in Los Angeles
WEEKLY = '[[maintenance]]\nportal = "medi_cal"\nweekly = "sun 00:00-06:00"\nzone = "America/Los_Angeles"\nsource = "a notice"\n'


def declared(tmp_path: Path, text: str) -> tuple[Maintenance, ...]:
    (tmp_path / "maintenance.toml").write_text(text)
    return load_maintenance(tmp_path / "maintenance.toml")


def portal_names() -> list[str]:
    from payers import registry

    return list(registry.portals())


def test_maintenance_is_of_the_portals_own_clock(tmp_path: Path) -> None:
    name = portal_names()[0]
    found = declared(tmp_path, WEEKLY.replace("medi_cal", name))
    end = datetime(2026, 11, 29, 14, tzinfo=UTC)
    assert {portal: until for portal, (until, _) in closed_portals(found, SUNDAY).items()} == {name: end}
    assert closed_portals(found, end) == {}
    assert closed_portals(found, SUNDAY + DAY) == {}
    assert found[0].coming(SUNDAY - DAY, 14) == [
        (datetime(2026, 11, 29, 8, tzinfo=UTC), end),
        (datetime(2026, 12, 6, 8, tzinfo=UTC), end + 7 * DAY),
    ]


def test_runs_move_to_the_end_of_the_maintenance(inventory: Inventory) -> None:
    one = row(cron="30 1 * * *", accounts=("a", "b"), zone=LOS_ANGELES)
    clock.write_due(inventory, [one], SUNDAY)
    at, end = SUNDAY + HOUR, datetime(2026, 11, 29, 14, tzinfo=UTC)
    clock.write_due(inventory, [one], at)
    assert clock.hold_back(inventory, "medi_cal", at, end, "maintenance of medi_cal") == 1
    assert clock.hold_back(inventory, "medi_cal", at, end, "maintenance of medi_cal") == 0
    first = clock.take_next(inventory, at)
    assert first and first.account == "a"
    assert clock.take_next(inventory, end - timedelta(seconds=1)) is None
    moved = clock.take_next(inventory, end)
    assert moved and moved.account == "b"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("medi_cal", "north"), "maintenance 1: portal: expected one of"),
        (("sun 00", "someday 00"), "expected weekly hours such as sun 00:00-06:00"),
        (("00:00-06:00", "0-6"), "expected hours such as 04:00-06:30"),
        (("America/Los_Angeles", "PST"), "expected an IANA time zone"),
        (("weekly", "each"), "each is not known; the keys are portal, weekly"),
        (('source = "a notice"', ""), "source: expected who said so"),
        (('weekly = "sun 00:00-06:00"', ""), "or begin and end such as"),
        (('weekly = "sun 00:00-06:00"', "begin = 2026-11-29T00:00:00\nend = 2026-11-28T00:00:00"), "after begin"),
        (("[[maintenance]]", "[[maintenances]]"), "write [[maintenance]]"),
        (("[[maintenance]]", "[maintenance]"), "with two brackets"),
        (("portal =", "portal"), "not valid TOML at line 2"),
    ],
)
def test_what_is_wrong_with_maintenance_is_told(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    text = WEEKLY if change[0] == "medi_cal" else WEEKLY.replace("medi_cal", portal_names()[0])
    with pytest.raises(InputError) as caught:
        declared(tmp_path, text.replace(*change, 1))
    assert words in str(caught.value) and "maintenance.toml" in str(caught.value)


def test_overlapping_maintenance_is_told(tmp_path: Path) -> None:
    text = WEEKLY.replace("medi_cal", portal_names()[0])
    once = text.replace('weekly = "sun 00:00-06:00"', "begin = 2026-11-29T05:00:00\nend = 2026-11-29T08:00:00")
    with pytest.raises(InputError, match=r"maintenance 1 and 2 of \S+ overlap"):
        declared(tmp_path, text + once)
    later = once.replace("T05", "T06")
    assert len(declared(tmp_path, text + later)) == 2


# --- the calendar


def test_business_days_leave_out_week_ends_holidays_and_closures(tmp_path: Path) -> None:
    days = OfficeDays()
    thanksgiving = date(2026, 11, 26)
    assert days.next_business_day(date(2026, 11, 25)) == date(2026, 11, 27)
    assert days.next_business_day(date(2026, 11, 27)) == date(2026, 11, 30)
    assert not days.is_business_day(thanksgiving)
    file = tmp_path / "calendar.toml"
    file.write_text("closed = [2026-11-27]\nopen = [2026-11-28]\n")
    assert load_office_days(file).next_business_day(date(2026, 11, 25)) == date(2026, 11, 28)
    file.write_text("federal_holidays = false\n")
    assert load_office_days(file).next_business_day(date(2026, 11, 25)) == thanksgiving
    assert load_office_days(tmp_path / "none.toml") == OfficeDays()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('closed = ["2026-11-27"]\n', "closed: expected days such as"),
        ("closed = 2026-11-27\n", "closed: expected days such as"),
        ("closed = [2026-11-27T00:00:00]\n", "closed: expected days such as"),
        ("holidays = []\n", "holidays is not known here"),
        ('federal_holidays = "no"\n', "expected true or false"),
        ("closed = [2026-11-27]\nopen = [2026-11-27]\n", "is closed and open"),
        ("closed = [\n", "not valid TOML"),
    ],
)
def test_what_is_wrong_with_the_calendar_is_told(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "calendar.toml"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        load_office_days(file)
    assert words in str(caught.value) and "calendar.toml" in str(caught.value)


# --- changes without a restart


GOOD = "r: {flow: login, accounts: all, cron: 0 5 * * *, zone: UTC}\n"


@pytest.fixture
def live(tmp_path: Path, inventory: Inventory) -> tuple[LiveTimetable, Callable[[str], None], list[str]]:
    told: list[str] = []
    settings = Settings(home=tmp_path)
    settings.config.mkdir(exist_ok=True)
    settings.schedules.write_text(GOOD)
    return LiveTimetable(settings, inventory, told.append), settings.schedules.write_text, told  # type: ignore[return-value]


def test_a_change_is_seen_once_and_a_broken_file_keeps_the_old_rows(
    live: tuple[LiveTimetable, Callable[[str], None], list[str]],
) -> None:
    table, write, told = live
    table.begin()
    assert not table.look()
    write(GOOD.replace("0 5", "0 6"))
    assert table.look() and table.current.rows[0].cron == "0 6 * * *"
    write("r: {flow: nothing\n")
    assert not table.look() and not table.look()
    assert table.current.rows[0].cron == "0 6 * * *"
    assert len(told) == 1 and "the old rows stay in force" in told[0]
    write(GOOD.replace("0 5", "0 7"))
    assert table.look() and not table.problems


def test_an_account_that_is_added_joins_without_a_restart(
    live: tuple[LiveTimetable, Callable[[str], None], list[str]], inventory: Inventory
) -> None:
    table = live[0]
    before = table.begin().rows[0].accounts
    with inventory.write() as db:
        db.table("accounts").insert(
            {"name": "d", "portal": "availity", "kind": "worker", "user_id": "u", "tags": "x, era"}
        )
    assert table.look() and table.current.rows[0].accounts == (*before, "d")
    live[1](GOOD.replace("all", "{tag: era}"))
    assert table.look() and table.current.rows[0].accounts == ("d",)


def test_a_start_takes_what_is_right_and_refuses_when_nothing_is(
    live: tuple[LiveTimetable, Callable[[str], None], list[str]], tmp_path: Path
) -> None:
    table, write, told = live
    write(GOOD + "s: {flow: login, accounts: [nobody], cron: 0 5 * * *, zone: UTC}\n")
    (tmp_path / "config" / "maintenance.toml").write_text("[[maintenance]]\nportal = 'north'\n")
    found = table.begin()
    assert [one.name for one in found.rows] == ["r"] and found.names == {"r", "s"}
    assert len(told) == 2 and "line 2: s: no account is called 'nobody'" in told[0]
    write("s: {flow: login, accounts: [nobody], cron: 0 5 * * *, zone: UTC}\n")
    with pytest.raises(InputError, match="line 1: s: no account is called 'nobody'"):
        table.begin()
