"""The log: JSON lines, one canonical line per run, with no secret and no member data in them."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import structlog


def start_logging(file: Path | None, level: str) -> None:
    """Send the log to `file` (0600, appended), or to standard output."""
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
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
