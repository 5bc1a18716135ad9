"""Signing in to TMHP's portal by IAMOnline, which is an Okta."""

from __future__ import annotations

from flows.session import Session
from payers.identity import okta
from payers.kit import Screen, reach, shown, visit
from payers.portals.tmhp.failures import ends, meaning
from payers.portals.tmhp.screens import Home

SCREEN_SECONDS = 30


async def sign_in(session: Session) -> None:
    """Leave the session on My Apps."""
    page = session.page
    if await shown(Home(page)):
        return
    async with session.step("open the portal"):
        screen = await _open(session)
    if isinstance(screen, okta.UserId):
        screen = await okta.sign_in(session, *ends(page), Home(page))
    if not isinstance(screen, Home):
        raise meaning(screen)


async def _open(session: Session) -> Screen:
    """Open the portal, which leads to My Apps, or to Okta where nobody is signed in."""
    page = session.page
    failures = [okta.failures(page)]
    await visit(page, f"{session.address}/", failures)
    screens = *ends(page), okta.UserId(page), Home(page)
    return await reach(page, *screens, failures=failures, meaning=okta.meaning, seconds=SCREEN_SECONDS)
