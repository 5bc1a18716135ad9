"""The text messages that a provider brought: one sealed file each, to be used once and within an hour."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from bots import disk, now
from bots.codes.texts import Text, number
from bots.sealing import Key, Unreadable, read_sealed, seal, write_sealed
from flows.errors import InputError

LIFE = timedelta(hours=1)
KNOWN_FOR = timedelta(days=365)  # as long a message that comes again is known, without what it said
POLL_SECONDS = 0.5
_SID = re.compile(r"(SM|MM)[0-9a-f]{32}")


class TextInbox:
    """Those of one data folder."""

    def __init__(self, folder: Path, key: Key) -> None:
        self.name = "the inbox of text messages"
        self._folder = folder
        self._key = key

    def put(self, text: Text) -> bool:
        """Keep a message, unless it came before. Raises `InputError` for what is no name of a message."""
        if not _SID.fullmatch(text.sid):
            raise InputError("this is no name of a message")
        disk.private_folder(self._folder)
        self.purge()
        told = {"from": text.sender, "to": text.recipient, "at": text.at.isoformat()}
        told |= {"body": text.body.get_secret_value(), "used_at": ""}
        try:
            disk.create_durably(self._path(text.sid), seal(json.dumps(told).encode(), self._key))
        except FileExistsError:
            return False
        return True

    def stray(self, to: str) -> None:
        """Note that a message came to a number that no account has; what it said is not kept."""
        disk.private_folder(self._folder)
        with disk.locked(self._folder / "turn"):
            strays = self.strays() | {number(to)[-4:]: now.utc().isoformat()}
            newest = dict(sorted(strays.items(), key=lambda each: each[1])[-20:])
            disk.write_durably(self._folder / "strays.json", json.dumps(newest).encode())

    def strays(self) -> dict[str, str]:
        """The last four digits of such numbers, and when the last message came to each."""
        found: dict[str, str] = json.loads(disk.read(self._folder / "strays.json") or b"{}")
        return found

    def purge(self) -> None:
        """Forget what messages said an hour after they came, and that they came a year later."""
        for path in self._files():
            with disk.locked(self._folder / "turn"):
                text, _ = self._read(path)
                if text and text.at < now.utc() - LIFE:
                    disk.write_durably(path, b"")
                elif not text and path.stat().st_mtime < (now.utc() - KNOWN_FOR).timestamp():
                    path.unlink()

    async def place(self, to: str) -> frozenset[str]:
        """The messages that are there."""
        return frozenset([text.sid for text in await asyncio.to_thread(self._waiting, to)])

    async def since(self, place: frozenset[str], to: str, seconds: float) -> AsyncIterator[Text]:
        """Look again and again."""
        clock, seen = asyncio.get_running_loop().time, set(place)
        deadline = clock() + seconds
        while clock() < deadline:
            for text in await asyncio.to_thread(self._waiting, to):
                if text.sid not in seen:
                    seen.add(text.sid)
                    yield text
            await asyncio.sleep(POLL_SECONDS)

    async def claim(self, text: Text) -> bool:
        """Mark it as used, durably, unless it is."""
        return await asyncio.to_thread(self._claim, text)

    def _claim(self, text: Text) -> bool:
        path = self._path(text.sid)
        with disk.locked(self._folder / "turn"):
            there, used = self._read(path)
            if there is None or used:
                return False
            told = {"from": text.sender, "to": text.recipient, "at": text.at.isoformat(), "body": ""}
            write_sealed(path, json.dumps(told | {"used_at": now.utc().isoformat()}).encode(), self._key)
            return True

    def _waiting(self, to: str) -> list[Text]:
        """Those to a number that were not used and are not too old."""
        oldest = now.utc() - LIFE
        read = [self._read(path) for path in self._files()]
        return [text for text, used in read if text and not used and text.at >= oldest and number(text.recipient) == to]

    def _read(self, path: Path) -> tuple[Text | None, bool]:
        """A message, and whether it was used; none where only its name is left, or it can't be read."""
        data = b""
        with suppress(Unreadable):  # damaged: it can't be used, and must not stand in the way of others
            data = (path.exists() and path.stat().st_size and read_sealed(path, self._key)) or b""
        if not data:
            return None, False
        told = json.loads(data)
        at = datetime.fromisoformat(told["at"])
        return Text(path.stem, told["from"], told["to"], at, SecretStr(told["body"])), bool(told["used_at"])

    def _files(self) -> Iterator[Path]:
        return iter(sorted(self._folder.glob("*.age")))

    def _path(self, sid: str) -> Path:
        return self._folder / f"{sid}.age"
