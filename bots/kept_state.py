"""What keeps an account signed in: cookies, local storage, the portal's session storage; sealed between runs."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bots.sealing import Key, Unreadable, seal, unseal

if TYPE_CHECKING:
    from playwright.async_api import Page


async def sealed(page: Page, key: Key) -> str:
    """Cookies, local storage and the page's session storage, sealed, as text."""
    kept = await page.evaluate("() => Object.assign({}, sessionStorage)")
    address = urlsplit(page.url)
    session = {f"{address.scheme}://{address.netloc}": kept} if kept else {}
    return packed({"storage": await page.context.storage_state(), "session": session}, key)


def packed(state: dict[str, Any], key: Key) -> str:
    """The sealed text of a state; `unsealed` opens it."""
    return base64.b64encode(seal(json.dumps(state).encode(), key)).decode()


async def restore(page: Page, session_storage: dict[str, dict[str, str]]) -> None:
    """Put session storage back, on a blank page of each origin, before the portal's own scripts run."""
    for origin, values in session_storage.items():
        blank = f"{origin}/"
        await page.route(blank, lambda route: route.fulfill(body="", content_type="text/html"))
        await page.goto(blank)
        await page.evaluate("values => Object.assign(sessionStorage, values)", values)
        await page.unroute(blank)


def unsealed(text: str | None, key: Key) -> dict[str, Any]:
    """What `sealed` gave; an empty state when there is none or it can't be opened."""
    with suppress(Unreadable, ValueError):
        if text is not None:
            state: dict[str, Any] = json.loads(unseal(base64.b64decode(text), key, "the signed-in state"))
            return state
    return {"storage": None, "session": {}}
