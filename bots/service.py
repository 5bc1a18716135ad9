"""The service: takes due rows and runs them, account by account, until it is told to stop."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import socket
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import ParamSpec, Protocol, TypeVar
from zoneinfo import ZoneInfo

import structlog

from bots import clock, morning, now, sharing
from bots.clock import Due, DueState, Schedule
from bots.disk import in_plain_words, private_folder
from bots.inventory import Inventory
from bots.recovery import recover
from bots.restored import remember
from bots.runner import RunResult
from bots.settings import Settings
from flows.errors import InputError, PortalkeeperError

GRACE_SECONDS = 20.0
CANCEL_SECONDS = 10.0
LOOK_AGAIN_SECONDS = 5.0

P = ParamSpec("P")
R = TypeVar("R")

_LOCK = "service.lock"

log = structlog.get_logger("portalkeeper")


class FlowRunner(Protocol):
    """What the service needs of `bots.runner.Runner`."""

    async def run(self, account: str, flow: str) -> RunResult:
        """Run a flow for an account; what a portal does is in the result."""

    async def stop(self) -> None:
        """End the browsers."""


def run_service(
    settings: Settings,
    inventory: Inventory,
    runner_factory: Callable[[], FlowRunner],
    *,
    tell: Callable[[str], None],
) -> None:
    """`serve` until SIGTERM or SIGINT."""

    async def until_signalled() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await serve(settings, inventory, runner_factory, stop=stop, tell=tell)

    asyncio.run(until_signalled())


async def serve(
    settings: Settings,
    inventory: Inventory,
    runner_factory: Callable[[], FlowRunner],
    *,
    stop: asyncio.Event,
    tell: Callable[[str], None],
) -> None:
    """Run what comes due until `stop` is set; what runs then has 20 seconds to end.

    Raises InputError, before anything ran, when schedules.yaml is wrong or another service works on this folder.
    """
    with only_service(settings.home):
        schedules = clock.load_schedules(settings.schedules, inventory)
        if left := recover(inventory, settings).words():
            tell(left)
        remember(inventory, settings.last_seen)
        again = clock.recover(inventory, now.utc())
        async with clock.ticking(inventory, schedules) as due:
            runner = runner_factory()
            try:
                _say_started(schedules, again, tell)
                shift = _Shift(inventory, runner, settings.sign_ins_at_once, tell)
                watching = asyncio.create_task(morning.watch(settings, inventory, stop))
                await shift.work(due, stop)
            finally:
                await runner.stop()
        await watching
        log.info("service stopped", ran=shift.ran, failed=shift.failed)
        tell(f"stopped; {shift.ran} runs, {shift.failed} of them without success")


@contextmanager
def only_service(home: Path) -> Iterator[None]:
    """Be the only service of a data folder while the block lasts. InputError naming the one there is."""
    path = private_folder(home) / _LOCK
    with in_plain_words(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _try_lock(handle):
            other = os.pread(handle, 200, 0).decode(errors="replace").strip() or "another process"
            raise InputError(f"a service already works on {home} ({other}); stop it first, or use another data folder")
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"process {os.getpid()} on {socket.gethostname()}".encode(), 0)
        yield
    finally:
        os.close(handle)


def _try_lock(handle: int) -> bool:
    """Take the lock; again for half a second, since `is_running` holds it for an instant."""
    for _ in range(5):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(0.1)
    return False


def is_running(home: Path) -> bool:
    """Whether a service works on this data folder now."""
    try:
        handle = os.open(home / _LOCK, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(handle)


def _say_started(schedules: Sequence[Schedule], again: int, tell: Callable[[str], None]) -> None:
    found = clock.next_due(schedules, now.utc())
    upcoming = _when(*found) if found else "nothing"
    log.info(
        "service started",
        schedules={row.name: f"{row.flow}, {len(row.accounts)} accounts, {row.cron} {row.zone}" for row in schedules},
        next_due=upcoming,
        interrupted=again,
    )
    accounts = len({account for row in schedules for account in row.accounts})
    tell(f"{len(schedules)} schedules for {accounts} accounts; next due: {upcoming}")
    if again:
        tell(f"{again} runs that the last service left unfinished are tried once more")


def _when(at: datetime, schedule: Schedule) -> str:
    return f"{at.astimezone(ZoneInfo(schedule.zone)):%a %d %b %H:%M %Z} ({schedule.name})"


def _next(inventory: Inventory, running: frozenset[str]) -> Due | None:
    """Take the next row of an account that is neither running nor to be left alone now."""
    at = now.utc()
    return clock.take_next(inventory, at, busy=running | sharing.resting(inventory, at))


class _Shift:
    """The work between start and stop: at most `places` runs at once, never two of one account."""

    def __init__(self, inventory: Inventory, runner: FlowRunner, places: int, tell: Callable[[str], None]) -> None:
        self.ran = 0
        self.failed = 0
        self._inventory = inventory
        self._runner = runner
        self._places = places
        self._tell = tell
        self._running: dict[asyncio.Task[None], str] = {}
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

    async def _fill(self, news: asyncio.Event, stop: asyncio.Event) -> None:
        """Take rows while there are places and rows; each that ends is news."""
        while len(self._running) < self._places and not stop.is_set():
            row = await self._committed(_next, self._inventory, frozenset(self._running.values()))
            if row is None:
                return
            task = asyncio.create_task(self._run(row))
            self._running[task] = row.account
            task.add_done_callback(self._running.pop)
            task.add_done_callback(lambda _: news.set())

    async def _until_something_happens(self, news: asyncio.Event, stopping: asyncio.Task[bool]) -> None:
        waiting = asyncio.create_task(news.wait())
        await asyncio.wait({stopping, waiting}, timeout=LOOK_AGAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()

    async def _run(self, row: Due) -> None:
        """Run one row and write its end. Whatever happens in it stays in it."""
        run_id, cause = None, None
        try:
            result = await self._runner.run(row.account, row.flow)
            run_id = result.head.run_id or None
            cause = (result.failure.message or result.failure.error) if result.failure else None
        except PortalkeeperError as error:
            cause = str(error)
        except Exception as error:  # noqa: BLE001 - one row's trouble must not stop the others
            cause = f"the program itself failed ({type(error).__name__}); this is a fault of Portalkeeper, report it"
            # Not the words of the error, which may quote what was typed; only where it came from.
            frames = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
            log.error("run failed in the program", account=row.account, kind=type(error).__name__, frames=frames[-5:])
        self.ran += 1
        self.failed += cause is not None
        await self._conclude(row, cause, run_id)

    async def _conclude(self, row: Due, cause: str | None, run_id: str | None) -> None:
        """Write how a row ended; again until it is written."""
        state = DueState.DONE if cause is None else DueState.FAILED
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
