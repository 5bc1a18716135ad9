"""Changing the password of TMHP's portal, which is that of its IAMOnline, an Okta."""

from __future__ import annotations

from flows.errors import InputError
from flows.session import Session
from payers.identity import okta
from payers.kit import shown
from payers.portals.tmhp.failures import ends
from payers.portals.tmhp.screens import Home


async def change(session: Session) -> None:
    """In Okta's settings, or in the place of My Apps once the password has expired."""
    page = session.page
    if await shown(okta.ForcedChange(page)):
        return await okta.change(session, *ends(page), Home(page))
    if await Home(page).settings.count() == 0:
        raise InputError("TMHP's older site, behind the browser's own prompt, has no known form for a new password")
    async with session.step("open the settings"):
        await Home(page).settings.click()
    return await okta.change(session)
