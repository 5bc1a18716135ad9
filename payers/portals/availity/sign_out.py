"""Leaving Availity Essentials."""

from __future__ import annotations

from flows.session import Session
from payers.kit import visit
from payers.portals.availity.failures import sign_in_failures
from payers.portals.availity.screens import Home, LoggedOut, SignIn
from payers.portals.availity.sign_in import SHELL, next_screen


async def sign_out(session: Session) -> None:
    """End the worker's own session, where it is still one: a user id has one at a time."""
    page = session.page
    async with session.step("sign out"):
        await visit(page, session.address + SHELL, sign_in_failures(page))
        if isinstance(await next_screen(page, LoggedOut(page), SignIn(page), Home(page)), Home):
            await Home(page).log_out.click()
            await next_screen(page, LoggedOut(page), SignIn(page))
