"""The clock's tick: wakes when something comes due and writes it down. It runs nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.base import BaseTrigger  # type: ignore[import-untyped]

from bots import now
from bots.clock.cron import next_fire
from bots.clock.due import write_due
from bots.clock.schedules import Schedule
from bots.inventory import Inventory
from flows.errors import InputError

TICK_SECONDS = 1
REAL_TIME_TICKS = 60  # without a sandbox every so many ticks, in case the machine slept or its clock was set

log = structlog.get_logger("portalkeeper")
# It warns on stderr when a tick takes longer than a second; nothing is lost by that here.
logging.getLogger("apscheduler").setLevel(logging.CRITICAL)


def next_due(schedules: Sequence[Schedule], after: datetime) -> tuple[datetime, Schedule] | None:
    """What comes due next after `after`, and when (UTC); None when no row has an account."""
    times = [(next_fire(row.cron, row.zone, after), row.name, row) for row in schedules if row.accounts]
    at, _, row = min(times, default=(None, "", None))
    return (at, row) if at and row else None


class _WhenDue(BaseTrigger):  # type: ignore[misc]
    """Fires at each next due time, by real time."""

    def __init__(self, schedules: Sequence[Schedule]) -> None:
        self._schedules = schedules

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """The next due time after now."""
        found = next_due(self._schedules, max(previous or now, now).astimezone(UTC))
        return found[0] if found else None


class _Writer:
    """Writes what is due, one call at a time, and sets `due` when there is something new."""

    def __init__(self, inventory: Inventory, schedules: Sequence[Schedule]) -> None:
        self.due = asyncio.Event()
        self.writing = asyncio.Lock()
        self._inventory = inventory
        self._schedules = schedules
        self._ticks = 0
        self._trouble = ""

    async def tick(self) -> None:
        """Each second: write at once while a sandbox moves the time, else once a minute."""
        self._ticks += 1
        if now.sandbox_clock_in_force() or self._ticks % REAL_TIME_TICKS == 0:
            await self.write()

    async def write(self) -> None:
        """Write what is due. Trouble with the disk is told once; the next tick makes up for it."""
        async with self.writing:
            try:
                if await asyncio.to_thread(write_due, self._inventory, self._schedules, now.utc()):
                    self.due.set()
                self._trouble = ""
            except InputError as error:
                if str(error) != self._trouble:
                    log.warning("due rows can't be written; trying again", why=str(error))
                self._trouble = str(error)


@asynccontextmanager
async def ticking(inventory: Inventory, schedules: Sequence[Schedule]) -> AsyncIterator[asyncio.Event]:
    """Keep writing due rows while the block lasts; the event is set whenever there are new ones.

    First writes what came due while nobody looked. Raises InputError when that can't be written.
    """
    write_due(inventory, schedules, now.utc())
    writer = _Writer(inventory, schedules)
    options: dict[str, Any] = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=options)
    scheduler.add_job(writer.write, _WhenDue(schedules))
    scheduler.add_job(writer.tick, "interval", seconds=TICK_SECONDS)
    scheduler.start()
    try:
        yield writer.due
    finally:
        scheduler.pause()
        async with writer.writing:
            scheduler.shutdown(wait=False)
