"""How the screens look that a run passes: which locators match, on what kind of element. No texts, no values.

A look costs one call a locator, all at once; a process looks at each screen of a portal once an hour. Whether it
tells of drift is decided by whoever knows the earlier ones (`bots.drift`).
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from payers.kit.passing import parts

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

Look = dict[str, str]
"""By the name of each locator: `-` for no match, else `c` for a control or `t`, a hash of tag, role, type and name,
and `+` for a control that is there more than once."""

NONE = "-"
SECONDS = 2.0
AGAIN_SECONDS = 3600.0
_looked: dict[tuple[str, str], float] = {}  # when a screen was looked at in a run that passed
CONTROLS = ("INPUT", "BUTTON", "SELECT", "TEXTAREA", "A")
_KIND = """found => found.slice(0, 2).map(each => [
    each.tagName, each.getAttribute('role') || '', each.getAttribute('type') || '', each.getAttribute('name') || ''])"""


class Looker:
    """Looks on at a run on one portal, and looks once at each screen that was not looked at lately."""

    def __init__(self, portal: str) -> None:
        self.looks: dict[str, Look] = {}
        self._portal = portal

    def passed(self) -> None:
        """The run passed, and its looks are kept."""
        _looked.update(((self._portal, name), time.monotonic()) for name in self.looks)

    def _lately(self, name: str) -> bool:
        at = _looked.get((self._portal, name))
        return at is not None and time.monotonic() - at < AGAIN_SECONDS

    async def __call__(self, page: Page, screen: object | None) -> None:
        """Look at a screen that came; a page that goes on meanwhile is no trouble."""
        from playwright.async_api import Error

        name = type(screen).__name__
        if screen is None or name in self.looks or self._lately(name):
            return
        with suppress(Error, TimeoutError):
            found = await asyncio.wait_for(look_at(screen), SECONDS)
            if found.get("landmark") != NONE:
                self.looks[name] = found


async def look_at(screen: Any) -> Look:
    """How a screen looks now."""
    found = parts(screen)
    kinds = await asyncio.gather(*(_kind(part) for part in found.values()))
    return dict(zip(found, kinds, strict=True))


async def _kind(part: Locator) -> str:
    from playwright.async_api import Error

    try:
        found: list[list[str]] = await part.evaluate_all(_KIND)
    except Error:  # its frame is not there
        return NONE
    if not found:
        return NONE
    tag, role, *_ = found[0]
    control = tag in CONTROLS or role in ("button", "link", "tab", "combobox", "textbox", "checkbox", "option")
    said = "\n".join(found[0] if control else found[0][:2])
    return (
        f"{'c' if control else 't'}{hashlib.sha256(said.encode()).hexdigest()[:8]}{'+' * (control and len(found) > 1)}"
    )
