"""Signs of life of the service: to systemd by NOTIFY_SOCKET, and to an address that alarms when they stay away."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import structlog

from bots.settings import Settings

LOST_SECONDS = 30.0  # without a tick of the clock the service counts as stuck
LOOK_SECONDS = 5.0
PING_TIMEOUT = 10.0

log = structlog.get_logger("portalkeeper")


def notify(words: str) -> bool:
    """Tell systemd; False where nobody listens, or can't be told.

    sd_notify(3): one datagram of NAME=VALUE lines to the socket in NOTIFY_SOCKET, whose @ stands for a zero byte.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as connection:
        connection.connect("\0" + address[1:] if address[0] == "@" else address)
        connection.sendall(words.encode())
        return True
    return False


def watchdog_seconds() -> float | None:
    """How often systemd wants to hear from this process: twice in the time after which it would end it."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    if not microseconds.isdigit() or os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    return int(microseconds) / 2_000_000 or None


@asynccontextmanager
async def beating(settings: Settings, last_tick: Callable[[], float]) -> AsyncIterator[None]:
    """Give signs of life while the block lasts, as long as the clock ticks: `last_tick` by `time.monotonic`."""
    notify(f"READY=1\nSTATUS=working\nMAINPID={os.getpid()}")
    tasks = [asyncio.create_task(_tell_systemd(last_tick)), asyncio.create_task(_ping(settings, last_tick))]
    try:
        yield
    finally:
        notify("STOPPING=1\nSTATUS=stopping")
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def is_alive(last_tick: float) -> bool:
    """Whether the clock ticked lately."""
    return time.monotonic() - last_tick < LOST_SECONDS


async def _tell_systemd(last_tick: Callable[[], float]) -> None:
    if (seconds := watchdog_seconds()) is None:
        return
    while True:
        if is_alive(last_tick()):
            notify("WATCHDOG=1")
        await asyncio.sleep(min(seconds, LOOK_SECONDS))


async def _ping(settings: Settings, last_tick: Callable[[], float]) -> None:
    """The dead man's switch: an address outside that alarms somebody when it is not called any more."""
    if not settings.ping_address:
        return
    import httpx

    trouble = False
    async with httpx.AsyncClient(timeout=PING_TIMEOUT, follow_redirects=False) as client:
        while True:
            if is_alive(last_tick()):
                try:
                    answer = await client.get(settings.ping_address)
                    failed = answer.is_error
                except httpx.HTTPError:
                    failed = True
                if failed and not trouble:
                    log.warning("the sign of life did not arrive; trying again", setting="ping_address")
                trouble = failed
            await asyncio.sleep(settings.ping_minutes * 60)
