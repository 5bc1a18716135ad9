"""Time is real unless a sandbox clock is in force, and then follows it at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bots import disk, now
from flows.errors import InputError

SLACK = timedelta(seconds=5)


@pytest.fixture
def clock(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "sandbox-clock.json"
    now.use_sandbox_clock(path)
    yield path
    now.use_sandbox_clock(None)


def set_offset(clock: Path, seconds: object) -> None:
    disk.write_durably(
        clock, json.dumps({"offset_seconds": seconds, "control": "http://127.0.0.1:1", "pid": 1}).encode()
    )


def ahead() -> timedelta:
    return now.utc() - datetime.now(UTC)


def test_time_is_real_aware_and_utc_by_default() -> None:
    assert abs(ahead()) < SLACK
    assert now.utc().utcoffset() == timedelta()
    assert not now.sandbox_clock_in_force()


def test_the_sandbox_clock_is_followed_through_every_jump(clock: Path) -> None:
    for seconds in (31, 31.5, 90 * 86_400, -3_600, 0):
        set_offset(clock, seconds)
        assert abs(ahead() - timedelta(seconds=seconds)) < SLACK
        assert now.sandbox_clock_in_force()


def test_quick_jumps_of_equal_length_are_not_missed(clock: Path) -> None:
    for jump in range(100):
        set_offset(clock, 10_000 + 100 * jump)
        assert abs(ahead() - timedelta(seconds=10_000 + 100 * jump)) < SLACK


def test_without_its_file_time_is_real(clock: Path) -> None:
    assert abs(ahead()) < SLACK
    assert not now.sandbox_clock_in_force()
    set_offset(clock, 86_400)
    assert ahead() > SLACK
    clock.unlink()
    assert abs(ahead()) < SLACK
    assert not now.sandbox_clock_in_force()


def test_the_file_is_read_once_per_change(clock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_offset(clock, 86_400)
    now.utc()
    monkeypatch.setattr(now, "_read", lambda path: pytest.fail("read again"))
    assert ahead() > SLACK


@pytest.mark.parametrize("seconds", [None, "9", True, [], float("nan"), float("inf"), 1e30])
def test_a_clock_that_cannot_be_read_stops_everything(clock: Path, seconds: object) -> None:
    set_offset(clock, seconds)
    with pytest.raises(InputError, match="not a sandbox clock"):
        now.utc()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "7"])
def test_a_file_that_is_no_clock_stops_everything(clock: Path, content: str) -> None:
    clock.write_text(content)
    with pytest.raises(InputError, match="not a sandbox clock"):
        now.utc()
