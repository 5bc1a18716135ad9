"""Leaving ePACES."""

from __future__ import annotations

from flows.session import Session
from payers.kit import visit
from payers.portals.epaces.failures import press, sign_in_failures
from payers.portals.epaces.screens import Home, SignIn
from payers.portals.epaces.sign_in import LOGIN, next_screen


async def sign_out(session: Session) -> None:
    """End the worker's own session, where it is still one: a user id has one at a time."""
    page = session.page
    async with session.step("sign out"):
        await visit(page, session.address + LOGIN, sign_in_failures(page).screens)
        if isinstance(await next_screen(page, Home(page), SignIn(page)), Home):
            await press(page, Home(page).log_out)
            await next_screen(page, SignIn(page))
