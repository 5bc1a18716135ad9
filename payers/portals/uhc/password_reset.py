"""Changing the password of UnitedHealthcare's portal, which is that of its One Healthcare ID."""

from __future__ import annotations

from flows.session import Session
from payers.identity import one_healthcare_id
from payers.kit import shown
from payers.portals.uhc.screens import Home


async def change(session: Session) -> None:
    """By the user menu, or in the place of home once the password has expired."""
    page = session.page
    if not await shown(one_healthcare_id.ForcedChange(page)):
        home = Home(page)
        async with session.step("open the One Healthcare ID profile"):
            await home.user.click()
            await home.profile.click()
    await one_healthcare_id.change(session)
