"""Changing a password at Okta: in the settings, or in the place of home once it has expired."""

from __future__ import annotations

from playwright.async_api import Page

from flows.session import Session
from payers.identity.okta.failures import next_screen, said
from payers.identity.okta.screens import Alert, Changed, ChangeForm, ChooseMethod, CodeByMail, EnterCode
from payers.kit import Screen, change_meaning


async def change(session: Session, *ends: Screen) -> None:
    """Type the new password, and the one in force where it is asked for. Returns when Okta took the new one.

    The settings are open, or the password has expired. Okta says so in the settings only; in the place of home it goes
    on with the sign-in, at the second step or at one of `ends`, and that is left to the sign-in that verifies the new
    password.
    """
    page = session.page
    form = await next_screen(page, ChangeForm(page))
    async with session.step("change the password", private=True):
        if await form.current.count() > 0:
            await form.current.fill((await session.password()).get_secret_value())
        new = (await session.new_password()).get_secret_value()
        await form.new.fill(new)
        await form.again.fill(new)
        await form.submit.click()
        await conclude(page, *ends)


async def conclude(page: Page, *ends: Screen) -> None:
    """Raise unless the new password was taken."""
    taken: tuple[Screen, ...] = (Changed(page), ChooseMethod(page), EnterCode(page), CodeByMail(page))
    screen = await next_screen(page, Alert(page), *taken, *ends)
    if isinstance(screen, Alert):
        await explain(screen)


async def explain(alert: Alert) -> None:
    """Raise what is wrong with the change."""
    raise change_meaning(await said(alert), "ChangeForm")
