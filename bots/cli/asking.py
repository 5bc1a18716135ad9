"""Asking the person at the terminal for a one-time code: the last resort, with a deadline."""

from __future__ import annotations

import asyncio
import select
import sys
from collections.abc import Awaitable, Callable

from bots.cli.printing import tell


def asking() -> Callable[[str, float], Awaitable[str | None]] | None:
    """How the person at the terminal is asked; none where nobody sits there."""
    return ask if sys.stdin.isatty() else None


async def ask(words: str, seconds: float) -> str | None:
    """One line from the terminal; none when nothing is typed within so many seconds."""
    tell(f"{words}. Type it within {seconds:.0f} s (Enter alone gives up):")
    return await asyncio.to_thread(_line, seconds)


def _line(seconds: float) -> str | None:
    ready, _, _ = select.select([sys.stdin], [], [], seconds)
    return sys.stdin.readline().strip() or None if ready else None
