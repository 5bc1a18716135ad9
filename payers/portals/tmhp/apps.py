"""Opening one of the applications of My Apps."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urljoin

from playwright.async_api import Locator

from flows.errors import PermissionMissing
from flows.session import Session
from payers.kit import SETTLE_SECONDS, shown
from payers.portals.tmhp.failures import reach
from payers.portals.tmhp.screens import Apps, Home

APPS_SECONDS = 30


async def open_application(session: Session, choose: Callable[[Apps], Locator], name: str) -> None:
    """Open the application called `name`, by its tile. Raises `PermissionMissing` when there is none."""
    page = session.page
    if not await shown(Home(page)):
        await page.goto(f"{session.address}/")
    tile = choose(await reach(page, Apps(page), seconds=APPS_SECONDS, settle=SETTLE_SECONDS))
    if await tile.count() == 0:
        raise PermissionMissing(f"My Apps shows no {name}: the account lacks the role", screen="Apps")
    address = urljoin(page.url, str(await tile.get_attribute("href")))
    await page.goto(address)  # a click would open another window
