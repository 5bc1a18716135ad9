"""The pages in a server of this process."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import uvicorn

from bots.clock import Timetable
from bots.inventory import Inventory
from bots.settings import Settings
from bots.status.doorkeeper import Doorkeeper
from bots.status.metrics import Metrics
from bots.status.site import Site
from bots.status.waiting import WaitingCodes

STOP_SECONDS = 2  # what is being answered has so long to end


class _Quiet(uvicorn.Server):
    """A server that leaves signals to the service."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def server_of(
    settings: Settings,
    inventory: Inventory,
    timetable: Callable[[], Timetable],
    last_tick: Callable[[], float],
    codes: WaitingCodes,
) -> uvicorn.Server:
    """The server, not started yet; it is given the socket to listen on."""
    doors = Doorkeeper.of(settings, settings.status_port)
    app = Site(inventory, timetable, last_tick, codes, doors, Metrics(inventory, last_tick)).app()
    config = uvicorn.Config(
        app,
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=64,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    return _Quiet(config)
