"""10,000 accounts in three rows: a start costs little, and idling next to nothing. Times are in `benchmarks.timetable`."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks.timetable import A_SECOND, furnish, lags
from bots import clock, now
from bots.clock import LiveTimetable
from bots.inventory import Inventory

AT = datetime(2026, 11, 24, 15, tzinfo=UTC)
ACCOUNTS = 10_000
MOST_CPU_SECONDS = 5.0


@pytest.mark.slow
async def test_a_start_is_cheap_and_idling_asks_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, inventory = furnish(tmp_path, ACCOUNTS)
    at = AT
    monkeypatch.setattr(now, "utc", lambda: at)
    clock.Clock(inventory, LiveTimetable(settings, inventory, print).begin().rows).begin()
    begun = time.process_time()
    live = LiveTimetable(settings, inventory, print)
    table = live.begin()
    ticker = clock.Clock(inventory, table.rows)
    ticker.begin()
    assert time.process_time() - begun < MOST_CPU_SECONDS
    assert inventory.rows("SELECT count(*) AS n FROM due")[0]["n"] == 3 * ACCOUNTS

    asked: list[str] = []
    counted(monkeypatch, asked)
    for second in range(600):
        at = AT + timedelta(seconds=second)
        await ticker.tick()
    assert asked == []  # whoever knows when the next comes need not look
    assert not live.look() and len(asked) == 1
    inventory.close()


def counted(monkeypatch: pytest.MonkeyPatch, asked: list[str]) -> None:
    """Note each use of the inventory."""
    for name in ("rows", "write"):
        real: Callable[..., Any] = getattr(Inventory, name)

        def call(self: Inventory, *given: Any, real: Callable[..., Any] = real, name: str = name) -> Any:
            asked.append(name)
            return real(self, *given)

        monkeypatch.setattr(Inventory, name, call)


async def test_fifty_a_second_are_all_written_each_after_its_time(tmp_path: Path) -> None:
    inventory = Inventory(tmp_path / "inventory.db")
    found = await lags(inventory, [f"account-{number}" for number in range(200)], 2)
    assert len(found) == 2 * A_SECOND and min(found) >= 0
    inventory.close()
