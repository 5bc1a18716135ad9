"""Changing the password on the Medi-Cal Provider Portal: by the header, or in the place of home once it has expired."""

from __future__ import annotations

from playwright.async_api import Locator

from flows.session import Session
from payers.kit import change_meaning, phrase_in, shown
from payers.portals.medi_cal.failures import leave, reach, write
from payers.portals.medi_cal.phrases import PHRASES
from payers.portals.medi_cal.screens import ChangeAnswer, ChangeForm, ForcedChange, Home

FORM_SECONDS = 30


async def change(session: Session) -> None:
    """Type the password in force and the new one. Returns when the portal says that it took the new one."""
    page, form = session.page, ChangeForm(session.page)
    if not await shown(ForcedChange(page)):
        async with session.step("open the change form"):
            await leave(page)
            await Home(page).change_password.click()
            await reach(page, form, seconds=FORM_SECONDS)
    async with session.step("change the password", private=True):
        await write(form.current, (await session.password()).get_secret_value(), "Current Password")
        new = (await session.new_password()).get_secret_value()
        await write(form.new, new, "New Password")
        await write(form.again, new, "Confirm Password")
        await form.submit.click()
        await explain((await reach(page, ChangeAnswer(page), seconds=FORM_SECONDS)).words)


async def explain(words: Locator) -> None:
    """Raise unless the portal took the new password."""
    phrase = phrase_in(await words.first.inner_text(), PHRASES)
    if phrase != "password_changed":
        raise change_meaning(phrase)
