"""A downloaded file on its way to disk: read, looked at, hashed, sealed, and handed to the Desk.

Only what can't be a remittance is turned away here. Whatever else came is kept as it came, since the portal may not
give it a second time; what it is worth is judged where it is read.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING

from bots.desk import Desk
from bots.sealing import Key, seal
from flows.era_download import KeptEra, ListedPayment
from flows.errors import AnswerUnreadable

if TYPE_CHECKING:
    from playwright.async_api import Download

MOST_BYTES = 512 * 1024 * 1024
_BLANK = b"\xef\xbb\xbf \t\r\n\x00"


async def keep(download: Download, payments: tuple[ListedPayment, ...], payer: str, desk: Desk, key: Key) -> KeptEra:
    """Put a download on disk; committed when this returns. Raises `AnswerUnreadable` for what is no file."""
    data = await _read(download)
    era = KeptEra(sha256=hashlib.sha256(data).hexdigest(), size=len(data), payments=payments)
    sealed = await asyncio.to_thread(seal, data, key)
    await desk.kept(payer, era, base64.b64encode(sealed).decode())
    return era


async def _read(download: Download) -> bytes:
    """The bytes, once the whole file is there; no copy stays behind."""
    from playwright.async_api import Error

    try:
        if await download.failure():
            raise _no_file("the download was cut off")
        path = await download.path()
        if path.stat().st_size > MOST_BYTES:
            raise _no_file(f"the file is larger than {MOST_BYTES} bytes")
        data = await asyncio.to_thread(path.read_bytes)
    finally:
        with suppress(Error):
            await download.delete()
    start = data[:4096].lstrip(_BLANK)
    if not start:
        raise _no_file("an empty file came")
    if start.startswith(b"<"):
        raise _no_file("a web page came in the place of the file")
    return data


def _no_file(why: str) -> AnswerUnreadable:
    return AnswerUnreadable(why, screen="Download", locator="file")
