"""Signing in to the Medi-Cal Provider Portal: e-mail, password, and sometimes an agreement. No second step is known."""

from __future__ import annotations

from playwright.async_api import Page

from flows.errors import (
    ActionRequired,
    PasswordExpired,
)
from flows.session import Session
from payers.kit import Screen, phrase_in, reach, shown, sign_in_meaning, visit
from payers.portals.medi_cal.failures import meaning, sign_in_failures, write
from payers.portals.medi_cal.phrases import AGREEMENT, PHRASES
from payers.portals.medi_cal.screens import Agreement, Alert, Email, ForcedChange, Home, Password, PasswordExpiring

LOGIN = "/login"
SCREEN_SECONDS = 30


async def sign_in(session: Session) -> None:
    """Leave the session on the portal's home, or wherever in the portal it is already."""
    page = session.page
    if await shown(Home(page)):
        return
    async with session.step("open the portal"):
        await visit(page, session.address + LOGIN, sign_in_failures(page).screens)
        screen = await _next(page, Home(page), Email(page))
    if isinstance(screen, Email):
        screen = await _enter_password(session, screen)
    if isinstance(screen, Agreement):
        screen = await _agree(session, screen)
    if isinstance(screen, PasswordExpiring):
        await _change_it_later(session, screen)


async def _next(page: Page, *screens: Screen) -> Screen:
    """The screen that comes; raises what a failure screen means."""
    return await reach(page, *screens, failures=[sign_in_failures(page)], meaning=meaning, seconds=SCREEN_SECONDS)


async def _enter_password(session: Session, first: Email) -> Screen:
    page, form = session.page, Password(session.page)
    async with session.step("enter the e-mail address"):
        await write(first.email, session.account.username, "Email Address")
        await first.go_on.click()
        await _next(page, form)
    async with session.step("enter the password", private=True):
        await write(form.password, (await session.password()).get_secret_value(), "Password")
        await form.submit.click()
        further = ForcedChange(page), Agreement(page), PasswordExpiring(page), Home(page)
        screen = await _next(page, Alert(page), *further)
        if isinstance(screen, Alert):
            await explain(screen)
        if isinstance(screen, ForcedChange):
            raise PasswordExpired("the portal wants the password changed first", screen="ForcedChange")
    return screen


async def explain(alert: Alert) -> None:
    """Raise what an alert during sign-in means."""
    raise sign_in_meaning(phrase_in(await alert.words.inner_text(), PHRASES), "Alert")


async def _agree(session: Session, agreement: Agreement) -> Screen:
    """Accept the agreement if its whole text is the listed one."""
    async with session.step("read the agreement"):
        if " ".join((await agreement.text.inner_text()).split()) != AGREEMENT:
            raise ActionRequired(
                "an agreement with other words than the listed ones; a person reads and accepts it",
                phrase="terms",
                screen="Agreement",
            )
        await session.notice("listed agreement accepted")
        await agreement.agree.check()
        await agreement.go_on.click()
        return await _next(session.page, PasswordExpiring(session.page), Home(session.page))


async def _change_it_later(session: Session, warning: PasswordExpiring) -> None:
    """Tell how many days are left, and go on."""
    days = "".join(filter(str.isdigit, await warning.landmark.inner_text()))
    await session.notice("password expires in days", days)
    async with session.step("put the password change off"):
        await warning.later.click()
        await _next(session.page, Home(session.page))
