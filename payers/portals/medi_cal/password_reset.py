"""Changing the password on the Medi-Cal Provider Portal: by the header, or in the place of home once it has expired."""

from __future__ import annotations

from playwright.async_api import Locator

from flows.errors import (
    AccountLocked,
    InvalidCredentials,
    NewPasswordRefused,
    PortalUnavailable,
    ScreenNotRecognised,
)
from flows.session import Session
from payers.kit import phrase_in, shown
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
    """Raise unless the portal took the new password. A network failure says nothing either way."""
    match phrase := phrase_in(await words.first.inner_text(), PHRASES):
        case "password_changed":
            return
        case "current_password_wrong":
            raise InvalidCredentials("the portal refused the password in force", phrase=phrase, screen="ChangeAnswer")
        case "locked":
            raise AccountLocked("the portal says the account is locked", phrase=phrase, screen="ChangeAnswer")
        case "new_password_refused" | "password_used_before" | "password_too_young":
            raise NewPasswordRefused("the portal does not take the new password", phrase=phrase, screen="ChangeAnswer")
        case "no_answer":
            raise PortalUnavailable("the portal could not be reached after the submission", phrase=phrase)
        case _:
            raise ScreenNotRecognised("the change form says something that is not listed", screen="ChangeAnswer")
