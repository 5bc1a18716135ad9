"""Signing in to UnitedHealthcare's provider portal."""

from __future__ import annotations

from flows.session import Session
from payers.identity import one_healthcare_id
from payers.kit import Screen, reach, shown, visit
from payers.portals.uhc.screens import Home, SignedOut

SCREEN_SECONDS = 30


async def sign_in(session: Session) -> None:
    """Leave the session on the portal's home, or wherever in the portal it is already."""
    home = Home(session.page)
    if await shown(home):
        return
    if await open_portal(session, home) is not home:
        await one_healthcare_id.sign_in(session, home)


async def open_portal(session: Session, home: Home) -> Screen:
    """Open the portal: at `home`, or where One Healthcare ID asks for the user id."""
    user_id = one_healthcare_id.UserId(session.page)
    async with session.step("open the portal"):
        screen = await _open(session, SignedOut(session.page), user_id, home)
        if isinstance(screen, SignedOut):
            screen = await _open(session, user_id, home)
    return screen


async def _open(session: Session, *screens: Screen) -> Screen:
    """Open the portal; without a session it leads to One Healthcare ID by itself."""
    page = session.page
    failures = [one_healthcare_id.failures(page)]
    await visit(page, f"{session.address}/", failures)
    return await reach(page, *screens, failures=failures, meaning=one_healthcare_id.meaning, seconds=SCREEN_SECONDS)
