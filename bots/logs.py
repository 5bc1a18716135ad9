"""The log: JSON lines, one canonical line per run, with no secret and no member data in them.

What may be in a line is a list of fields, each with what its value looks like. Everything else goes out as its kind
alone. Of an exception the class and the places in the program stay, never its words, which may quote what was typed.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog

WORD = re.compile(r"[\w.:+-]{1,80}")  # a name that we or the operator gave: no spaces, so no sentence of a portal's
OUR_WORDS = re.compile(r"[a-zA-Z,;' ]{1,80}")  # an event is a sentence of ours without a value in it
PLACES = 8

FIELDS: Mapping[str, re.Pattern[str]] = {
    "event": OUR_WORDS,
    **dict.fromkeys(("level", "timestamp", "logger", "error", "kind"), WORD),
    **dict.fromkeys(("run_id", "account", "portal", "flow", "module_version", "sign_in", "phrase"), WORD),
    **dict.fromkeys(("asked", "answered", "ran", "failed", "interrupted", "steps", "traces", "runs", "port"), WORD),
    **dict.fromkeys(("setting", "sid", "ending"), WORD),  # a message's id at the provider, the last digits of a number
    **dict.fromkeys(("where", "frames"), re.compile(r"[\w./<>]{1,120}:\d+( [\w<>]{1,60})?")),
    # what the disk, SQLite or schedules.yaml say of our own files; never what a page says
    **dict.fromkeys(("why", "reason", "schedules"), re.compile(r"[^\x00-\x1f]{1,400}")),
}
"""The fields of the log, and what each text in them looks like. Numbers and true or false pass in any of them."""

STEPS = re.compile(r"[\w ',.-]{1,60}")  # the names of steps are literals in the portals' modules


def only_listed(_: object, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """A structlog processor: keep listed fields whose values look as they should, and the kind of what is left out."""
    found: dict[str, Any] = {}
    if exception := _exception(event.pop("exc_info", None)):
        found["error"], found["where"] = type(exception).__name__, places_of(exception.__traceback__)
    for name, value in event.items():
        pattern = FIELDS.get(name)
        found[name if pattern or WORD.fullmatch(name) else "unlisted"] = _shown(value, pattern)
    return found


def places_of(trace: TracebackType | None) -> list[str]:
    """Where in the program an exception came by: module, line and function, the last few."""
    frames = traceback.extract_tb(trace)[-PLACES:]
    return [f"{Path(frame.filename).stem}:{frame.lineno} {frame.name}" for frame in frames]


def _exception(given: Any) -> BaseException | None:
    if isinstance(given, BaseException):
        return given
    found = sys.exc_info()[1] if given is True else (given[1] if isinstance(given, tuple) else None)
    return found if isinstance(found, BaseException) else None


def _shown(value: Any, pattern: re.Pattern[str] | None) -> Any:
    if pattern and (value is None or isinstance(value, bool | int | float)):
        return value
    if pattern and isinstance(value, str) and pattern.fullmatch(value):
        return value
    if pattern and isinstance(value, list | tuple):
        return [_shown(inner, pattern) for inner in value]
    if pattern and isinstance(value, Mapping):
        return {key: _shown(inner, pattern) for key, inner in value.items() if STEPS.fullmatch(str(key))}
    return f"({type(value).__name__} left out)"


class _Others(logging.Handler):
    """What libraries and asyncio log: who and where, never their words."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write it as a line of our own."""
        where = f"{record.module}:{record.lineno}"
        structlog.get_logger("portalkeeper").warning(
            "a library reports", logger=record.name, where=where, exc_info=record.exc_info
        )


def start_logging(file: Path | None, level: str) -> None:
    """Send the log to `file` (0600, appended), or to standard output; what libraries log goes there too."""
    if file is None:
        stream = sys.stdout
    else:
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        stream = os.fdopen(descriptor, "a", buffering=1, encoding="utf-8")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_listed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Others()], force=True)
