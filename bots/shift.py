"""The work of a service between start and stop: takes due rows and runs them, within the limits."""

from __future__ import annotations

import asyncio
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, ParamSpec, Protocol, TypeVar
from zoneinfo import ZoneInfo

import structlog

from bots import clock, now, sharing
from bots.clock import Due, DueState, Schedule, Timetable
from bots.clock.rows import OF_ACCOUNTS
from bots.inventory import Inventory
from bots.runner import RunResult
from flows.errors import InputError, PortalkeeperError

GRACE_SECONDS = 20.0
CANCEL_SECONDS = 10.0
LOOK_AGAIN_SECONDS = 5.0

P = ParamSpec("P")
R = TypeVar("R")

log = structlog.get_logger("portalkeeper")


class FlowRunner(Protocol):
    """What the service needs of `bots.keeping.Keeper`."""

    async def run(self, account: str, flow: str) -> RunResult:
        """Run a flow for an account; what a portal does is in the result."""

    async def work(self, row: Due, schedule: Schedule) -> str | None:
        """Ask a list, or look after the house: what no single account does. Why it did not go well, if it did not."""

    def hindrance(self, row: Due) -> str:
        """Why the row may not run unattended; empty when it may."""

    async def stop(self) -> None:
        """End the browsers."""


class Shift:
    """At most `places` runs at once, at most `per_portal` of one portal, never two of one account."""

    def __init__(
        self,
        inventory: Inventory,
        runner: FlowRunner,
        timetable: Callable[[], Timetable],
        *,
        places: int,
        per_portal: int,
        tell: Callable[[str], None],
    ) -> None:
        self.ran = 0
        self.failed = 0
        self._inventory = inventory
        self._runner = runner
        self._timetable = timetable
        self._places = places
        self._per_portal = per_portal
        self._tell = tell
        self._running: dict[asyncio.Task[None], Due] = {}
        self._trouble = ""

    async def work(self, due: asyncio.Event, stop: asyncio.Event) -> None:
        """Take and run rows until `stop`; then let running ones end, or cancel them."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                due.clear()
                await self._fill(due, stop)
                await self._until_something_happens(due, stopping)
        finally:
            stopping.cancel()
            await self._wind_down()

    def _sort_out(self, at: datetime) -> None:
        """Move what waits for a portal's maintenance, and end what has missed its window."""
        table = self._timetable()
        for portal, (until, declared) in clock.closed_portals(table.maintenance, at).items():
            words = f"maintenance of {portal} until {_shown(until, declared.zone)} ({declared.source})"
            if moved := clock.hold_back(self._inventory, portal, at, until, words):
                log.info("runs moved", portal=portal, runs=moved, why=words)
        if missed := clock.expire(self._inventory, table.by_name(), at, partial(self._why, at)):
            log.warning("runs missed", runs=missed)

    def _why(self, at: datetime, row: Mapping[str, Any]) -> str:
        """What kept a row from starting inside its window."""
        schedule = self._timetable().by_name().get(row["schedule"])
        zone = schedule.zone if schedule else "UTC"
        end = _shown(datetime.fromisoformat(row["start_by"]), zone)
        if row["written_at"] > row["start_by"]:
            return f"the service was not running before its window ended at {end}"
        if kept := row["waits_for"] or row["cause"]:
            return f"{kept}; its window ended at {end}"
        if row["account"] in sharing.resting(self._inventory, at):
            return f"the account was in use elsewhere, or in its owner's hours, until its window ended at {end}"
        return f"its turn did not come before its window ended at {end} (sign_ins_at_once, runs_per_portal)"

    async def _fill(self, news: asyncio.Event, stop: asyncio.Event) -> None:
        """Take rows while there are places and rows; each that ends is news."""
        while len(self._running) < self._places and not stop.is_set():
            row = await self._committed(self._next)
            if row is None:
                return
            task = asyncio.create_task(self._run(row))
            self._running[task] = row
            task.add_done_callback(self._running.pop)
            task.add_done_callback(lambda _: news.set())

    def _next(self) -> Due | None:
        """Take the next row of an account that is neither running nor to be left alone now."""
        at = now.utc()
        self._sort_out(at)
        rows = list(self._running.values())
        portals = Counter(row.portal for row in rows if row.portal)
        full = [portal for portal, runs in portals.items() if runs >= self._per_portal]
        busy = {row.key for row in rows} | sharing.resting(self._inventory, at)
        return clock.take_next(self._inventory, at, busy=busy, full=full)

    async def _until_something_happens(self, news: asyncio.Event, stopping: asyncio.Task[bool]) -> None:
        waiting = asyncio.create_task(news.wait())
        await asyncio.wait({stopping, waiting}, timeout=LOOK_AGAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()

    async def _run(self, row: Due) -> None:
        """Run one row and write its end. Whatever happens in it stays in it."""
        run_id, cause, state = None, None, DueState.FAILED
        try:
            if cause := await asyncio.to_thread(self._runner.hindrance, row):
                state = DueState.MISSED
            elif row.flow in OF_ACCOUNTS:
                result = await self._runner.run(row.account, row.flow)
                run_id = result.head.run_id or None
                cause = (result.failure.message or result.failure.error) if result.failure else None
            elif schedule := self._timetable().by_name().get(row.schedule):
                cause = await self._runner.work(row, schedule)
            else:
                cause, state = clock.NO_ROW, DueState.MISSED
        except PortalkeeperError as error:
            cause = str(error)
        except Exception as error:  # noqa: BLE001 - one row's trouble must not stop the others
            cause = f"the program itself failed ({type(error).__name__}); this is a fault of Portalkeeper, report it"
            # Not the words of the error, which may quote what was typed; only where it came from.
            frames = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
            log.error("run failed in the program", account=row.account, kind=type(error).__name__, frames=frames[-5:])
        self.ran += state is not DueState.MISSED
        self.failed += bool(cause) and state is not DueState.MISSED
        await self._conclude(row, state if cause else DueState.DONE, cause or None, run_id)

    async def _conclude(self, row: Due, state: DueState, cause: str | None, run_id: str | None) -> None:
        """Write how a row ended; again until it is written."""
        end = partial(clock.conclude, self._inventory, row, state, now.utc(), cause=cause, run_id=run_id)
        while await self._committed(end) is None:  # noqa: ASYNC110 - a disk sends no event
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    async def _committed(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | None:
        """The call's result; None when the inventory can't be used now, which is told once."""
        try:
            result = await asyncio.to_thread(call, *args, **kwargs)
        except InputError as error:
            if str(error) != self._trouble:
                log.warning("inventory out of use; trying again", why=str(error))
                self._tell(f"{error} Trying again.")
            self._trouble = str(error)
            return None
        self._trouble = ""
        return result

    async def _wind_down(self) -> None:
        """Let what runs end; cancel what takes too long, and leave its rows to the next start."""
        if not self._running:
            return
        self._tell(f"stopping; waiting up to {GRACE_SECONDS:.0f} s for {len(self._running)} runs to end")
        _, late = await asyncio.wait(self._running, timeout=GRACE_SECONDS)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=CANCEL_SECONDS)
            await self._committed(clock.recover, self._inventory, now.utc())


def _shown(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%a %d %b %H:%M %Z}"
