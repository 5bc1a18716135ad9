"""The mailbox of all accounts: what is there is marked, a letter is asked for, and the one that came since is read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from pydantic import SecretStr

from bots import now
from bots.codes.letters import NotBelieved, Reader
from flows.errors import CodeNotReceived
from payers.model import Letter

_FOLDERS = ("new", "cur")
_POLL_SECONDS = 0.5


class Mailbox(Protocol):
    """Where letters arrive; `name` is for people."""

    name: str

    async def place(self) -> Any:
        """The end of what is there now. Raises `CodeNotReceived` when the mailbox can't be used."""

    def since(self, place: Any, seconds: float) -> AsyncIterator[tuple[str, bytes]]:
        """Each letter that came behind `place`, once, with a name for it; ends after so many seconds."""

    async def used(self, name: str) -> None:
        """This letter was the one."""


@dataclass(frozen=True)
class Mark:
    """The mailbox at the moment a letter was asked for."""

    at: datetime
    place: Any


class Inbox:
    """A mailbox whose letters are judged; `server` is as for `Reader`."""

    def __init__(self, mailbox: Mailbox, server: str) -> None:
        self._mailbox = mailbox
        self._server = server

    async def mark(self) -> Mark:
        """What is there now, so that no older letter is taken for the one that is asked for."""
        return Mark(now.utc(), await self._mailbox.place())

    async def wait(self, wanted: Letter, to: str, address: str, mark: Mark, seconds: float) -> SecretStr:
        """The link or the code of the letter to `to` that came after `mark`, for the portal at `address`.

        Raises `CodeNotReceived` when none came in time, saying which letters were not believed and why.
        """
        reader, refused = Reader(wanted, to, address, self._server), set[str]()
        async with aclosing(self._mailbox.since(mark.place, seconds)) as letters:  # type: ignore[type-var]
            async for name, data in letters:
                try:
                    found = reader.read(data, mark.at)
                except NotBelieved as why:
                    refused.add(str(why))
                    continue
                if found:
                    await self._mailbox.used(name)
                    return SecretStr(found)
        raise CodeNotReceived(
            f"no letter with a link or code came to {self._mailbox.name} within {seconds:.0f} s"
            + "".join(f"; one was not used: {why}" for why in sorted(refused))
        )


class Maildir:
    """A folder into which the practice's mail server delivers, or a program that fetches mail."""

    def __init__(self, folder: Path) -> None:
        self.name = str(folder)
        self._folder = folder

    async def place(self) -> frozenset[str]:
        """The names of the letters that are there."""
        return frozenset([path.name for path in self._letters()])

    async def since(self, place: frozenset[str], seconds: float) -> AsyncIterator[tuple[str, bytes]]:
        """Look again and again."""
        clock, seen = asyncio.get_running_loop().time, set(place)
        deadline = clock() + seconds
        while clock() < deadline:
            for path in await asyncio.to_thread(lambda: [*self._letters()]):
                try:
                    data = b"" if path.name in seen else path.read_bytes()
                except FileNotFoundError:  # a mail program moved it; it is found at the next look
                    continue
                if path.name not in seen:
                    seen.add(path.name)
                    yield path.name, data
            await asyncio.sleep(_POLL_SECONDS)

    async def used(self, name: str) -> None:
        """A Maildir is not ours to change."""

    async def recent(
        self, back: timedelta, senders: Collection[str], known: Collection[str]
    ) -> list[tuple[str, bytes]]:
        """Letters that came so lately; a name stays the same when a mail program marks its letter."""
        return await asyncio.to_thread(lambda: [*self._recent(time.time() - back.total_seconds(), known)])

    def _recent(self, since: float, known: Collection[str]) -> Iterator[tuple[str, bytes]]:
        for path in self._letters():
            name = path.name.partition(":")[0]
            with suppress(FileNotFoundError):  # moved meanwhile; it is found at the next look
                if name not in known and path.stat().st_mtime >= since:
                    yield name, path.read_bytes()

    def _letters(self) -> Iterator[Path]:
        try:
            for name in _FOLDERS:
                yield from (self._folder / name).iterdir()
        except OSError as error:
            raise CodeNotReceived(f"{self._folder} can't be read as a Maildir ({error.strerror})") from None
