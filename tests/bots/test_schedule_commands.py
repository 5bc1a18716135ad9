"""The commands of the schedule, in a data folder of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bots import now
from bots.cli.app import app
from bots.cli.office import office
from flows.errors import PortalkeeperError

ROWS = """\
mornings: {flow: login, accounts: all, cron: 0 5 * * *, zone: America/New_York, ready_by: "06:00"}
again: {flow: login, accounts: [east-1], cron: 0 */5 * * *, zone: America/New_York}
west: {flow: login, accounts: {portal: medi_cal}, cron: 30 1 * * sun, zone: America/Los_Angeles, window: 01:00-04:00}
"""
MAINTENANCE = """\
[[maintenance]]
portal = "medi_cal"
weekly = "sun 00:00-06:00"
zone = "America/Los_Angeles"
source = "a notice"
"""


class Desk:
    """Gives commands as a person would."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.run("init")
        self.run("account", "add", "east-1", "--portal", "availity", "--user-id", "u1")
        self.run("account", "add", "west-1", "--portal", "medi_cal", "--user-id", "u2")

    def run(self, *arguments: str, given: str = "") -> Any:
        office.__dict__.clear()
        done = CliRunner().invoke(app, list(arguments), input=given)
        if isinstance(done.exception, PortalkeeperError):
            raise done.exception
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    def rows(self, text: str) -> None:
        (self.home / "schedules.yaml").write_text(text)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("PORTALKEEPER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(now, "use_sandbox_clock", lambda path: None)
    monkeypatch.setattr(now, "utc", lambda: datetime(2026, 11, 28, 15, tzinfo=UTC))
    yield Desk(tmp_path / "home")
    office.__dict__.clear()


def test_check_names_what_is_wrong_and_what_is_odd_together(desk: Desk) -> None:
    desk.rows(ROWS)
    (desk.home / "config" / "maintenance.toml").write_text(MAINTENANCE)
    done = desk.run("schedule", "check")
    assert done.exit_code == 0
    assert "mornings (line 1) and again (line 2) both run login for 1 accounts at Sun 05:00 EST" in done.output
    assert "west (line 3): maintenance of medi_cal lasts longer than its window, each time" in done.output
    desk.rows(ROWS + "bad: {flow: login, accounts: all, cron: 0 25 * * *, zone: UTC}\nworse: {}\n")
    done = desk.run("schedule", "check", "--json")
    assert done.exit_code == 2
    found = json.loads(done.output)
    assert found["rows"] == ["mornings", "again", "west"]
    assert [problem.split("schedules.yaml, ")[1][:7] for problem in found["problems"]] == ["line 4:", "line 5:"]


def test_windows_that_overlap_are_told(desk: Desk) -> None:
    each = "{flow: login, accounts: all, cron: %s, zone: UTC, window: %s}\n"
    desk.rows("one: " + each % ("0 4 * * *", "04:00-06:00") + "two: " + each % ("0 5 * * *", "05:00-07:00"))
    assert "and their windows overlap from Sun 05:00 UTC on" in desk.run("schedule", "check").output
    desk.rows("one: " + each % ("0 4 * * *", "04:00-06:00") + "two: " + each % ("0 6 * * *", "06:00-07:00"))
    assert "0 to look at" in desk.run("schedule", "check").output


def test_list_and_next_say_when(desk: Desk) -> None:
    desk.rows(ROWS)
    (desk.home / "config" / "maintenance.toml").write_text(MAINTENANCE)
    listed = {row["row"]: row for row in json.loads(desk.run("schedule", "list", "--json").output)}
    assert listed["mornings"] == {
        "row": "mornings",
        "flow": "login",
        "for": "2 accounts",
        "when": "0 5 * * * America/New_York",
        "ready_by": "06:00",
        "next": "Sun 2026-11-29 05:00 EST",
    }
    coming = json.loads(desk.run("schedule", "next", "--days", "1", "--json").output)
    moved = {line["row"]: line["moved"] for line in coming if line["moved"]}
    assert moved == {
        "mornings": "1 on medi_cal to Sun 2026-11-29 09:00 EST",
        "west": "1 on medi_cal to Sun 2026-11-29 06:00 PST",
    }
    desk.rows("")
    assert "no row yet" in desk.run("schedule", "list").output
