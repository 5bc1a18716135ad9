"""The clock's tick: wakes when something comes due and writes it down. It runs nothing."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.base import BaseTrigger  # type: ignore[import-untyped]

from bots import now
from bots.clock.planner import Planner
from bots.clock.rows import Schedule
from bots.inventory import Inventory
from flows.errors import InputError

TICK_SECONDS = 1
AGAIN = timedelta(milliseconds=250)

log = structlog.get_logger("portalkeeper")
# It warns on stderr when a tick takes longer than a second; nothing is lost by that here.
logging.getLogger("apscheduler").setLevel(logging.CRITICAL)


def next_due(schedules: Sequence[Schedule], after: datetime) -> tuple[datetime, Schedule] | None:
    """What comes due next after `after`, before any jitter, and when (UTC); None when no row has an account."""
    found = [
        (moment.at, row.name, row) for row in schedules if row.subjects and (moment := row.timing.first_after(after))
    ]
    at, _, row = min(found, default=(None, "", None))
    return (at, row) if at and row else None


class _WhenDue(BaseTrigger):  # type: ignore[misc]
    """Fires by real time when the planner's next due time comes.

    APScheduler asks before the job has written what is due now; once it has, the clock says it better.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """The next due time, in a moment when it is over; tomorrow when nothing comes."""
        earliest = max(previous or now, now) + AGAIN
        return max(self._clock.next_in_real_time() or _tomorrow(), earliest)


def _tomorrow() -> datetime:
    return datetime.now(UTC) + timedelta(days=1)


class Clock:
    """Writes what is due, one call at a time, and sets `due` when there is something new."""

    def __init__(self, inventory: Inventory, schedules: Sequence[Schedule]) -> None:
        self.due = asyncio.Event()
        self.writing = asyncio.Lock()
        self.last_tick = time.monotonic()
        self._inventory = inventory
        self._planner = Planner(inventory, schedules)
        self._timings = {row.name: row.timing for row in schedules}
        self._trouble = ""
        self._scheduler: Any = None

    def ticked_at(self) -> float:
        """When it last ticked, by `time.monotonic`."""
        return self.last_tick

    def begin(self) -> None:
        """Write what came due while nobody looked. Raises `InputError` when that can't be written."""
        if self._planner.write(now.utc()):
            self.due.set()

    def next_in_real_time(self) -> datetime | None:
        """When the next due time comes by this machine's clock, however far a sandbox has moved ours."""
        at = self._planner.next_due()
        if self._trouble:
            return datetime.now(UTC) + timedelta(seconds=TICK_SECONDS)
        return datetime.now(UTC) + (at - now.utc()) if at else None

    async def follow(self, schedules: Sequence[Schedule]) -> None:
        """Go by other rows from now on. Nothing that came due by the old ones is lost: it is written first.

        A row whose times have changed begins now: moved to an hour that has passed, it runs at the next one.
        """
        await self.write()
        timings = {row.name: row.timing for row in schedules}
        anew = [name for name, timing in timings.items() if self._timings.get(name, timing) != timing]
        async with self.writing:
            self._planner, self._timings = Planner(self._inventory, schedules, anew), timings
        await self.write()

    async def tick(self) -> None:
        """Each second: write what the scheduler could not see coming, a jump of the clock or a machine that slept."""
        self.last_tick = time.monotonic()
        at = self._planner.next_due()
        if at is None or at <= now.utc() or self._trouble:
            await self.write()

    async def write(self) -> None:
        """Write what is due. Trouble with the disk is told once; the next tick makes up for it."""
        async with self.writing:
            ripe = True
            while ripe:
                try:
                    if await asyncio.to_thread(self._planner.write, now.utc()):
                        self.due.set()
                    self._trouble = ""
                except InputError as error:
                    if str(error) != self._trouble:
                        log.warning("due rows can't be written; trying again", why=str(error))
                    self._trouble = str(error)
                at = self._planner.next_due()
                ripe = not self._trouble and at is not None and at <= now.utc()  # came due meanwhile
        self._aim()

    def _aim(self) -> None:
        """Have the scheduler wake when the next comes due, which it could not know before this was written."""
        if self._scheduler:
            self._scheduler.modify_job("write", next_run_time=self.next_in_real_time() or _tomorrow())

    def start(self) -> None:
        """Begin to tick."""
        options: dict[str, Any] = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=options)
        self._scheduler.add_job(self.write, _WhenDue(self), id="write")
        self._scheduler.add_job(self.tick, "interval", seconds=TICK_SECONDS)
        self._scheduler.start()

    async def stop(self) -> None:
        """Tick no more, once what is being written is written."""
        scheduler, self._scheduler = self._scheduler, None
        scheduler.pause()
        async with self.writing:
            scheduler.shutdown(wait=False)


@asynccontextmanager
async def ticking(inventory: Inventory, schedules: Sequence[Schedule]) -> AsyncIterator[Clock]:
    """Keep writing due rows while the block lasts; the clock's `due` is set whenever there are new ones.

    First writes what came due while nobody looked. Raises InputError when that can't be written.
    """
    clock = Clock(inventory, schedules)
    clock.begin()
    clock.start()
    try:
        yield clock
    finally:
        await clock.stop()
