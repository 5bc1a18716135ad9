"""Signing in to ePACES: user id, password and the agreement box on one page, and no second step."""

from __future__ import annotations

from playwright.async_api import Page

from flows.errors import (
    ActionRequired,
    PasswordExpired,
)
from flows.session import Session
from payers.kit import Screen, phrase_in, reach, shown, sign_in_meaning, tell_drift, visit
from payers.portals.epaces.failures import meaning, press, sign_in_failures
from payers.portals.epaces.phrases import AGREEMENT, PHRASES
from payers.portals.epaces.screens import ForcedChange, Home, PasswordExpiring, SignIn, SignInMessage

LOGIN = "/Login.aspx"
SCREEN_SECONDS = 30


async def sign_in(session: Session) -> None:
    """Leave the session on the portal's home, or wherever in the portal it is already."""
    page = session.page
    if await shown(Home(page)):
        return
    async with session.step("open the portal"):
        await visit(page, session.address + LOGIN, sign_in_failures(page).screens)
        screen = await next_screen(page, Home(page), SignIn(page))
    if isinstance(screen, SignIn):
        screen = await _enter_password(session, screen)
    if isinstance(screen, PasswordExpiring):
        await _change_it_later(session, screen)


async def next_screen(page: Page, *screens: Screen) -> Screen:
    """The screen that comes; raises what a failure screen means."""
    return await reach(page, *screens, failures=[sign_in_failures(page)], meaning=meaning, seconds=SCREEN_SECONDS)


async def _enter_password(session: Session, form: SignIn) -> Screen:
    page = session.page
    async with session.step("read the agreement"):
        await tell_drift(session, form, form.ids)
        if " ".join((await form.agreement.inner_text()).split()) != AGREEMENT:
            raise ActionRequired(
                "the agreement on the sign-in form has other words than the listed ones; a person reads and accepts it",
                phrase="terms",
                screen="SignIn",
            )
    async with session.step("enter user id and password", private=True):
        await form.user_id.fill(session.account.username)
        await form.agree.check()
        await form.password.fill((await session.password()).get_secret_value())
        await press(page, form.submit)
        screen = await next_screen(page, SignInMessage(page), ForcedChange(page), PasswordExpiring(page), Home(page))
        if isinstance(screen, SignInMessage):
            await explain(screen)
        if isinstance(screen, ForcedChange):
            raise PasswordExpired("the portal wants the password changed first", screen="ForcedChange")
    return screen


async def explain(message: SignInMessage) -> None:
    """Raise what the words above the form mean."""
    raise sign_in_meaning(phrase_in(await message.words.inner_text(), PHRASES), "SignInMessage")


async def _change_it_later(session: Session, warning: PasswordExpiring) -> None:
    """Tell how many days are left, and go on."""
    days = "".join(filter(str.isdigit, await warning.words.inner_text()))
    await session.notice("password expires in days", days)
    async with session.step("put the password change off"):
        await press(session.page, warning.go_on)
        await next_screen(session.page, Home(session.page))
