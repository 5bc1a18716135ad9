"""Runs that wait for a person's one-time code: asked for on the status page, gone when given or too late."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bots import now


@dataclass(frozen=True)
class Waiting:
    """One run's question: which account's code, of which portal; never a user id."""

    id: str
    words: str
    until: datetime
    answer: asyncio.Future[str] = field(compare=False, repr=False)


class WaitingCodes:
    """The codes that are waited for. `ask` is the service's way of asking a person (`bots.codes.channels.Ask`)."""

    def __init__(self) -> None:
        self._waiting: dict[str, Waiting] = {}

    async def ask(self, words: str, seconds: float) -> str | None:
        """Wait for somebody to give the code on the page; none when nobody does within so many seconds."""
        until = now.utc() + timedelta(seconds=seconds)
        one = Waiting(secrets.token_hex(8), words, until, asyncio.get_running_loop().create_future())
        self._waiting[one.id] = one
        try:
            return await asyncio.wait_for(one.answer, seconds)
        except TimeoutError:
            return None
        finally:
            self._waiting.pop(one.id, None)

    def open(self) -> list[Waiting]:
        """Those that wait now, the oldest first."""
        return list(self._waiting.values())

    def give(self, waiting_id: str, code: str) -> bool:
        """Hand a code to the run that waits for it; False when it waits no more. Each is taken once."""
        one = self._waiting.pop(waiting_id, None)
        if one is None or one.answer.done():
            return False
        one.answer.set_result(code)
        return True
