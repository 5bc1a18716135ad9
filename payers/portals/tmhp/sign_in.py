"""Signing in to TMHP's portal: by IAMOnline, which is an Okta, or on its older site by the browser's own prompt."""

from __future__ import annotations

from flows.session import Session
from payers.identity import basic, okta
from payers.kit import reach, shown, visit
from payers.portals.tmhp.failures import ends, meaning
from payers.portals.tmhp.screens import Home

SCREEN_SECONDS = 30


async def sign_in(session: Session) -> None:
    """Leave the session on My Apps, or on the older site's My Account."""
    page = session.page
    if await shown(Home(page)):
        await okta.tell_last_sign_in(session)
        return
    failures = [okta.failures(page)]
    async with session.step("open the portal"):
        prompted = basic.asks(session, await visit(page, f"{session.address}/", failures))
    if prompted:
        await basic.sign_in(session, failures)
    async with session.step("see what the portal shows"):
        screens = *ends(page), okta.UserId(page), Home(page)
        screen = await reach(page, *screens, failures=failures, meaning=okta.meaning, seconds=SCREEN_SECONDS)
    if isinstance(screen, okta.UserId):
        screen = await okta.sign_in(session, *ends(page), Home(page))
    if not isinstance(screen, Home):
        raise meaning(screen)
    await okta.tell_last_sign_in(session)
