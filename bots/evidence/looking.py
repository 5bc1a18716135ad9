"""Looking at a page: what is shown, as picture, HTML and accessibility tree, and what its console and network said.

Nothing here listens during a run: Playwright keeps the last messages and requests of each page by itself.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bots.evidence.packing import Pack

if TYPE_CHECKING:
    from playwright.async_api import Frame, Page, Request

PART_SECONDS = 5.0
GLANCE_SECONDS = 5.0

_HUSH = """field => ['password', 'hidden'].includes(field.type) ||
    /passw|pwd|secret|otp|one-time-code|token|answer|\\bpin\\b/i.test(
        [field.name, field.id, field.autocomplete, field.getAttribute('aria-label')].join(' '))"""
_VALUES = f"""() => [...document.querySelectorAll('input')].filter({_HUSH})
    .flatMap(field => [field.value, field.getAttribute('value') || ''])"""
# A page's own script may have written what was typed into an attribute; and hidden fields hold tokens.
_HTML = f"""() => {{
    const copy = document.documentElement.cloneNode(true);
    for (const field of [...copy.querySelectorAll('input[value]')].filter({_HUSH})) {{
        field.setAttribute('value', '');
    }}
    return '<!doctype html>' + copy.outerHTML;
}}"""
_SHOWN = """() => [...document.querySelectorAll('input, textarea')].map(field => field.value)
    .concat(document.body ? document.body.innerText : '').join('\\n')"""
_HUSHED = """() => [...document.querySelectorAll(
    'input[type=password], input[autocomplete~=one-time-code], input[autocomplete~=current-password]'
)].some(field => field.checkVisibility())"""
_TIMES = """() => performance.getEntries().filter(entry => 'responseStatus' in entry)
    .map(entry => [entry.name, entry.responseStatus, Math.round(entry.startTime), Math.round(entry.duration)])"""


async def look(page: Page, pack: Pack) -> None:
    """Put all that the page shows and keeps into `pack`; a part that can't be had is told in it."""
    await _read(page, pack)
    await _part("screenshot", _screenshot, page, pack)


async def glance(page: Page, pack: Pack) -> None:
    """The same in a hurry, of a page on which a secret was typed: its texts without the secrets, and no picture."""
    try:
        async with asyncio.timeout(GLANCE_SECONDS):
            await _read(page, pack)
    except TimeoutError:
        pack.left_out.append("the rest of the page: it did not answer in time")
    pack.left_out.append("screenshot: a private step was open")


async def shows_secret_fields(page: Page) -> bool:
    """Whether a password or code field is on the page; yes where that can't be told."""
    return await _any(page, lambda frame: frame.evaluate(_HUSHED))


async def _read(page: Page, pack: Pack) -> None:
    parts = (("page", _pages), ("accessibility tree", _tree), ("console", _console), ("network", _network))
    if not await _hushed(page, pack):
        pack.left_out.append("the page: it does not tell which fields hold secrets")
        return
    for name, part in parts:
        await _part(name, part, page, pack)


async def _hushed(page: Page, pack: Pack) -> bool:
    """Let the pack cut out whatever stands in fields for secrets; whether that could be told."""
    try:
        async with asyncio.timeout(PART_SECONDS):
            for frame in page.frames:
                pack.hide(await frame.evaluate(_VALUES))
    except Exception:  # noqa: BLE001 - a page that does not answer is not looked at
        return False
    return True


async def _part(name: str, take: Callable[[Page, Pack], Awaitable[None]], page: Page, pack: Pack) -> None:
    try:
        async with asyncio.timeout(PART_SECONDS):
            await take(page, pack)
    except Exception as error:  # noqa: BLE001 - half of the evidence beats none; its words may quote the page
        pack.left_out.append(f"{name}: could not be taken ({type(error).__name__})")


async def _pages(page: Page, pack: Pack) -> None:
    for number, frame in enumerate(page.frames):
        name = "page.html" if frame is page.main_frame else f"frame-{number}.html"
        pack.add_text(name, await frame.evaluate(_HTML))


async def _tree(page: Page, pack: Pack) -> None:
    pack.add_text("accessibility.txt", await page.aria_snapshot(timeout=PART_SECONDS * 1000))


async def _console(page: Page, pack: Pack) -> None:
    said = [f"{message.type}: {message.text}" for message in await page.console_messages()]
    said += [f"uncaught: {error}" for error in await page.page_errors()]
    pack.add_text("console.txt", "\n".join(said))


async def _network(page: Page, pack: Pack) -> None:
    """The last requests of the page: method, host, path, status, and when and how long in ms. No query, no content."""
    times = {name: (status, start, lasted) for name, status, start, lasted in await page.evaluate(_TIMES)}
    lines = [_request(request, times) for request in await page.requests()]
    pack.add_text("network.jsonl", "\n".join(json.dumps(line) for line in lines))


def _request(request: Request, times: dict[str, tuple[int, int, int]]) -> dict[str, object]:
    address = urlsplit(request.url)
    response = request.existing_response
    status, start, lasted = times.get(request.url, (0, None, None))
    return {
        "method": request.method,
        "host": address.netloc.rpartition("@")[2],
        "path": address.path,
        "status": response.status if response else status,
        "start": start,
        "lasted": lasted,
    }


async def _screenshot(page: Page, pack: Pack) -> None:
    """No picture of a page that shows a secret, such as a code, for which nothing can be cut out of a picture."""
    if await _any(page, lambda frame: _shows_secret(frame, pack)):
        pack.left_out.append("screenshot: a secret is on the page")
        return
    pack.add("screenshot.png", await page.screenshot(full_page=True, timeout=PART_SECONDS * 1000))


async def _shows_secret(frame: Frame, pack: Pack) -> bool:
    return pack.holds_secret((await frame.evaluate(_SHOWN)).encode(errors="replace"))


async def _any(page: Page, asked: Callable[[Frame], Awaitable[bool]]) -> bool:
    try:
        async with asyncio.timeout(PART_SECONDS):
            return any([await asked(frame) for frame in page.frames])
    except Exception:  # noqa: BLE001 - not known is yes
        return True
