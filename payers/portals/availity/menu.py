"""Opening an application of Availity's shell by its menus, in the region that is asked for."""

from __future__ import annotations

import re

from playwright.async_api import Locator, Page

from flows.errors import InputError, PermissionMissing
from payers.kit import arrive, clear
from payers.portals.availity.failures import overlays
from payers.portals.availity.screens import Home

SHELL_SECONDS = 30


async def open_application(page: Page, menu: Locator, item: Locator, name: str) -> None:
    """Choose the application called `name`. Raises `PermissionMissing` when the menu lacks it."""
    await clear(overlays(page))
    await menu.click()
    if not await item.count():
        raise PermissionMissing(f"the menu has no {name}: the account lacks the role")
    await item.click()


async def choose_region(page: Page, state: str) -> None:
    """Be in the region `state`, unless none is asked for. Raises `InputError` when the account has no such region."""
    home = Home(page)
    if not state or await home.region.inner_text() == state:
        return
    await home.region.click()
    option = home.regions.filter(has_text=re.compile(f"^{re.escape(state)}$"))
    if not await option.count():
        raise InputError(f"the portal does not list the region {state!r} for this account")
    async with page.expect_navigation():  # changing the region reloads the shell
        await option.click()
    await arrive(page, Home(page), seconds=SHELL_SECONDS)
