"""The one door for time: the real clock, or the sandbox's, which can be moved.

The sandbox says how far its clock is ahead in a small JSON file, `{"offset_seconds": n, …}`, replaced whole at each
move. Whoever switches it on answers for it: never with the address of a real portal.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from flows.errors import InputError

_FARTHEST_SECONDS = 100 * 366 * 86_400
_NO_OFFSET = timedelta()

Signature = tuple[int, int, int]


class _Reading(NamedTuple):
    signature: Signature
    offset: timedelta


_sandbox_clock: Path | None = None
_reading: _Reading | None = None


def utc() -> datetime:
    """Now, aware, in UTC; with a sandbox clock in force, the sandbox's now (one `stat` a call)."""
    return datetime.now(UTC) + (_NO_OFFSET if _sandbox_clock is None else _offset(_sandbox_clock))


def use_sandbox_clock(path: Path | None) -> None:
    """Follow the sandbox clock file at `path` from now on, in this process; None goes back to real time."""
    global _sandbox_clock, _reading
    _sandbox_clock, _reading = path, None


def sandbox_clock_in_force() -> bool:
    """Whether time is simulated now: a sandbox clock was switched on and its file is there."""
    return _sandbox_clock is not None and _sandbox_clock.exists()


def _offset(path: Path) -> timedelta:
    """The offset in `path`, read again when the file is another than at the last call; none while it is missing."""
    global _reading  # noqa: PLW0603 - one file, read once
    reading = _reading
    try:
        if reading is None or reading.signature != _signature(path.stat()):
            _reading = reading = _read(path)
    except FileNotFoundError:
        return _NO_OFFSET
    return reading.offset


def _read(path: Path) -> _Reading:
    with path.open("rb") as file:
        signature = _signature(os.fstat(file.fileno()))
        content = file.read()
    try:
        seconds = json.loads(content)["offset_seconds"]
        if isinstance(seconds, bool) or not abs(seconds) <= _FARTHEST_SECONDS:
            raise ValueError
        return _Reading(signature, timedelta(seconds=seconds))
    except (ValueError, TypeError, KeyError):
        raise InputError(f"{path}: not a sandbox clock; stop the sandbox and delete this file") from None


def _signature(status: os.stat_result) -> Signature:
    return status.st_ino, status.st_mtime_ns, status.st_size
