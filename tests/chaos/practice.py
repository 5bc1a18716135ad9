"""The model in the place of browser, portal and time, for this process and those it forks."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

# looked for here once, and not again in each forked process
import playwright.async_api  # noqa: F401
from tenacity import wait_none

import bots.engine
import bots.runner.run
import payers.registry
from bots import now
from bots.logs import start_logging
from tests.chaos import seat

BASE = datetime(2026, 11, 23, 12, tzinfo=UTC)
ACCOUNT = "chaos-1"


class _Still(datetime):
    """A real clock that stands still; the sandbox's clock file moves the time."""

    @classmethod
    def now(cls, zone: Any = None) -> datetime:
        return BASE


async def _nothing(*args: Any, **kwargs: Any) -> None:
    """Nothing to tidy."""


def put_in_place(clock: Path) -> None:
    """Everything of `bots/` stays real but the browser's host, and what would take time."""
    start_logging(Path(os.devnull), "error")
    now.datetime = _Still
    now.use_sandbox_clock(clock)
    bots.engine.Host = seat.Host
    bots.engine.tidy = _nothing
    payers.registry.portals = lambda: {seat.NAME: seat.PORTAL}
    bots.runner.run.wait_exponential_jitter = lambda **given: wait_none()
