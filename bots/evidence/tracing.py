"""A Playwright trace that never sees a secret: it begins after the sign-in and ends for good before a private step.

A trace holds whatever is typed, every answer and every cookie while it goes on. So it is stopped altogether before a
secret is read (a new part of the same trace would still hold what the old one knew), it begins only where no field of a
secret is shown, and until it is sealed it lies in memory only.

It holds each action, what Playwright logged of it and how long it took, but not the pages before and after it: with
those a run took 17 % more time (`benchmarks/evidence.py`, 15 % is the most). The last page is in the evidence; those on
the way are what `record` keeps.
"""

from __future__ import annotations

import asyncio
import io
import secrets
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from bots.evidence.looking import shows_secret_fields
from bots.evidence.packing import Pack
from flows.errors import WorkerLost

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page

STOP_SECONDS = 30.0


class Trace:
    """The traces of one session, in `folder`, which lies in memory; none where there is no such folder."""

    def __init__(self, folder: Path | None) -> None:
        self.why_not = "" if folder else "there is no folder in memory (/dev/shm) to keep it in"
        self._folder = folder
        self._context: BrowserContext | None = None
        self._files: list[Path] = []

    async def begin(self, page: Page) -> None:
        """Start, unless it goes on already or the page shows a field for a secret."""
        if self._context or not self._folder:
            return
        if await shows_secret_fields(page):
            self.why_not = "the page shows a field for a secret"
            return
        self._context = page.context
        await page.context.tracing.start(screenshots=False, snapshots=False)

    async def end(self) -> None:
        """Stop it altogether. Raises `WorkerLost` when that can't be done: then nothing secret may follow."""
        if not self._context or not self._folder:
            return
        context, self._context = self._context, None
        file = self._folder / f"{secrets.token_hex(8)}.zip"
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await context.tracing.stop(path=file)
            self._files.append(file)
        except Exception:  # noqa: BLE001 - whatever it was, it says nothing of whether the trace goes on
            file.unlink(missing_ok=True)
            await _stopped_for_sure(context)

    async def add_to(self, pack: Pack) -> None:
        """End it and put what there is into `pack`, and wipe it from memory."""
        await self.end()
        for number, file in enumerate(self._files, 1):
            data = await asyncio.to_thread(file.read_bytes)
            file.unlink()
            name = "trace.zip" if number == 1 else f"trace-{number}.zip"
            if await asyncio.to_thread(_holds_secret, data, pack):
                pack.left_out.append(f"{name}: a secret that was typed is in it")
            else:
                pack.add(name, data)
        if not self._files:
            pack.left_out.append(f"trace: {self.why_not or 'it would have begun after the sign-in'}")
        self._files.clear()


async def _stopped_for_sure(context: BrowserContext) -> None:
    from playwright.async_api import Error

    try:
        async with asyncio.timeout(STOP_SECONDS):
            await context.tracing.stop()
    except Error as error:
        if "Must start tracing" in str(error) or "closed" in str(error):
            return
        raise WorkerLost("the trace could not be stopped before a secret; run again without --evidence trace") from None
    except TimeoutError:
        raise WorkerLost("the trace did not stop before a secret; run again without --evidence trace") from None


def _holds_secret(data: bytes, pack: Pack) -> bool:
    """Whether a secret can be read anywhere in a trace. The last guard: it was not on while one was typed."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return any(pack.holds_secret(archive.read(name)) for name in archive.namelist())
