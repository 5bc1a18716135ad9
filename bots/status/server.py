"""The server of the status page: on this machine's loopback only."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog

from bots.clock import Timetable
from bots.inventory import Inventory
from bots.settings import Settings
from bots.status.waiting import WaitingCodes

HOST = "127.0.0.1"
STOP_SECONDS = 2

log = structlog.get_logger("portalkeeper")


@asynccontextmanager
async def showing(
    settings: Settings,
    inventory: Inventory,
    timetable: Callable[[], Timetable],
    last_tick: Callable[[], float],
    codes: WaitingCodes,
    tell: Callable[[str], None],
) -> AsyncIterator[None]:
    """Show the pages while the block lasts. A port that is taken is told, and the service works without them."""
    if not settings.status_port:
        yield
        return
    try:
        listening = _listen(settings.status_port)
    except OSError as error:
        words = f"the status page is off: port {settings.status_port} of {HOST} can't be used ({error.strerror})"
        tell(f"{words}; set status_port to a free one, or 0")
        log.warning("no status page", port=settings.status_port, why=error.strerror)
        yield
        return
    from bots.status.serving import server_of  # what it brings along no command needs

    server = server_of(settings, inventory, timetable, last_tick, codes)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    tell(f"status page: http://{HOST}:{settings.status_port}/ (pk status-token)")
    try:
        yield
    finally:
        server.should_exit = True
        await asyncio.wait({serving}, timeout=2 * STOP_SECONDS)
        serving.cancel()
        listening.close()


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
    except OSError:
        listening.close()
        raise
    return listening
