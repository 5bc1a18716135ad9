"""Changing the password on ePACES: by the menu, or in the place of home once it has expired."""

from __future__ import annotations

from playwright.async_api import Locator

from flows.session import Session
from payers.kit import change_meaning, phrase_in, shown
from payers.portals.epaces.failures import press, reach
from payers.portals.epaces.phrases import PHRASES
from payers.portals.epaces.screens import ChangeAnswer, ChangeForm, ForcedChange, Home

FORM_SECONDS = 30


async def change(session: Session) -> None:
    """Type the password in force and the new one. Returns when the portal says that it took the new one."""
    page = session.page
    form = ChangeForm(page)
    if not await shown(ForcedChange(page)):
        async with session.step("open the change form"):
            await press(page, Home(page).change_password)
            await reach(page, form, seconds=FORM_SECONDS)
    async with session.step("change the password", private=True):
        await form.current.fill((await session.password()).get_secret_value())
        new = (await session.new_password()).get_secret_value()
        await form.new.fill(new)
        await form.again.fill(new)
        await press(page, form.submit)
        await explain((await reach(page, ChangeAnswer(page), seconds=FORM_SECONDS)).words)


async def explain(words: Locator) -> None:
    """Raise unless the portal took the new password."""
    phrase = phrase_in(await words.inner_text(), PHRASES)
    if phrase != "password_changed":
        raise change_meaning(phrase)
