"""The service: takes due rows and runs them, account by account, until it is told to stop."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from bots import clock, morning, now
from bots.clock import Clock, LiveTimetable, Schedule
from bots.disk import in_plain_words, private_folder
from bots.heartbeat import beating
from bots.instance import check_instance
from bots.inventory import Inventory
from bots.recovery import recover
from bots.restored import remember
from bots.settings import Settings
from bots.shift import FlowRunner, Shift
from bots.status import WaitingCodes, showing
from flows.errors import InputError

LOOK_SECONDS = 5.0

_LOCK = "service.lock"

log = structlog.get_logger("portalkeeper")


def run_service(
    settings: Settings,
    inventory: Inventory,
    runner_factory: Callable[[], FlowRunner],
    *,
    tell: Callable[[str], None],
    codes: WaitingCodes | None = None,
) -> None:
    """`serve` until SIGTERM or SIGINT."""

    async def until_signalled() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await serve(settings, inventory, runner_factory, stop=stop, tell=tell, codes=codes)

    asyncio.run(until_signalled())


async def serve(
    settings: Settings,
    inventory: Inventory,
    runner_factory: Callable[[], FlowRunner],
    *,
    stop: asyncio.Event,
    tell: Callable[[str], None],
    codes: WaitingCodes | None = None,
) -> None:
    """Run what comes due until `stop` is set; what runs then has 20 seconds to end.

    Rows of schedules.yaml that are wrong are told and left out. Raises InputError, before anything ran, when none is
    right, or another service works on this folder.
    """
    with only_service(settings.home):
        check_instance(settings.home)
        live = LiveTimetable(settings, inventory, tell)
        table = live.begin()
        if left := recover(inventory, settings).words():
            tell(left)
        remember(inventory, settings.last_seen)
        again = clock.recover(inventory, now.utc())
        clock.let_go(inventory, table.names, now.utc())
        async with clock.ticking(inventory, table.rows) as ticker:
            runner = runner_factory()
            shift = Shift(
                inventory,
                runner,
                lambda: live.current,
                places=settings.sign_ins_at_once,
                per_portal=settings.runs_per_portal,
                tell=tell,
            )
            following = asyncio.create_task(_follow(live, ticker, inventory, tell))
            watching = asyncio.create_task(morning.watch(settings, inventory, stop))
            _say_started(table.rows, again, tell)
            try:
                async with (
                    showing(settings, inventory, lambda: live.shown, ticker.ticked_at, codes or WaitingCodes(), tell),
                    beating(settings, ticker.ticked_at),
                ):
                    await shift.work(ticker.due, stop)
            finally:
                following.cancel()
                await runner.stop()
        await watching
        log.info("service stopped", ran=shift.ran, failed=shift.failed)
        tell(f"stopped; {shift.ran} runs, {shift.failed} of them without success")


async def _follow(live: LiveTimetable, ticker: Clock, inventory: Inventory, tell: Callable[[str], None]) -> None:
    """Take up changes of the files and of the accounts, without a restart."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            if await asyncio.to_thread(live.look):
                table = live.current
                await ticker.follow(table.rows)
                await asyncio.to_thread(clock.let_go, inventory, table.names, now.utc())
                ticker.due.set()
                tell(f"schedules read again: {_upcoming(table.rows)}")
        except InputError as error:  # the disk, which the shift tells of
            log.warning("schedules can't be read again; trying again", why=str(error))
        except Exception as error:  # noqa: BLE001 - the rows in force go on; a fault here must not end that silently
            log.error("schedules can't be read again: a fault of Portalkeeper", kind=type(error).__name__)


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
    log.info(
        "service started",
        schedules={row.name: f"{row.flow}, {row.whom}, {row.timing.words()}" for row in schedules},
        interrupted=again,
    )
    tell(_upcoming(schedules))
    if again:
        tell(f"{again} runs that the last service left unfinished are tried once more")


def _upcoming(schedules: Sequence[Schedule]) -> str:
    found = clock.next_due(schedules, now.utc())
    accounts = len({account for row in schedules for account in row.accounts})
    upcoming = _when(*found) if found else "nothing"
    return f"{len(schedules)} schedules for {accounts} accounts; next due: {upcoming}"


def _when(at: datetime, schedule: Schedule) -> str:
    return f"{at.astimezone(ZoneInfo(schedule.zone)):%a %d %b %H:%M %Z} ({schedule.name})"
