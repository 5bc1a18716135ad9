"""Signing in to Availity Essentials: user id and password, then a code of the authenticator."""

from __future__ import annotations

from playwright.async_api import Page

from flows.errors import CodeRejected, PasswordExpired
from flows.session import Session
from payers.kit import Screen, phrase_in, reach, shown, visit
from payers.portals.availity.failures import alert_meaning, meaning, overlays, sign_in_failures
from payers.portals.availity.phrases import PHRASES
from payers.portals.availity.screens import (
    ChooseMethod,
    EnterCode,
    ForcedChange,
    Home,
    LoggedOut,
    PasswordExpiring,
    SignIn,
    SignInAlert,
)

SHELL = "/static/web/onb/onboarding-ui-apps/navigation/#/"
LOGIN = "/static/public/onb/onboarding-ui-apps/availity-fr-ui/#/login"
SCREEN_SECONDS = 30
CODE_TRIES = 2


async def sign_in(session: Session) -> None:
    """Leave the session on the shell's home, or wherever in the shell it is already."""
    page = session.page
    if await shown(Home(page)):
        return
    async with session.step("open the portal"):
        screen = await _open(session, SHELL, LoggedOut(page), SignIn(page), Home(page))
        if isinstance(screen, LoggedOut):
            screen = await _open(session, LOGIN, SignIn(page))
    if isinstance(screen, SignIn):
        screen = await _enter_password(session, screen)
    if isinstance(screen, ChooseMethod):
        screen = await _choose_authenticator(session, screen)
    if isinstance(screen, EnterCode):
        screen = await _enter_code(session, screen)
    if isinstance(screen, PasswordExpiring):
        await _change_it_later(session, screen)


async def _open(session: Session, path: str, *screens: Screen) -> Screen:
    await visit(session.page, session.address + path, sign_in_failures(session.page))
    return await _next(session.page, *screens)


async def _next(page: Page, *screens: Screen) -> Screen:
    """The screen that comes; raises what a failure screen means."""
    return await reach(
        page,
        *screens,
        failures=sign_in_failures(page),
        meaning=meaning,
        seconds=SCREEN_SECONDS,
        overlays=overlays(page),
    )


async def _enter_password(session: Session, form: SignIn) -> Screen:
    page = session.page
    async with session.step("enter user id and password", private=True):
        await form.user_id.fill(session.account.username)
        await form.password.fill((await session.password()).get_secret_value())
        await form.submit.click()
        screen = await _next(
            page,
            SignInAlert(page),
            ForcedChange(page),
            ChooseMethod(page),
            EnterCode(page),
            PasswordExpiring(page),
            Home(page),
        )
        if isinstance(screen, SignInAlert):
            await _explain(screen)
        if isinstance(screen, ForcedChange):
            raise PasswordExpired("the portal wants the password changed first", screen="ForcedChange")
    return screen


async def _choose_authenticator(session: Session, choice: ChooseMethod) -> Screen:
    async with session.step("choose the authenticator"):
        await choice.authenticator.check()
        await choice.go_on.click()
        return await _next(session.page, EnterCode(session.page))


async def _enter_code(session: Session, form: EnterCode) -> Screen:
    """Give a code, and once more a fresh one if the first is refused."""
    page = session.page
    for _ in range(CODE_TRIES):
        async with session.step("enter the code", private=True):
            await form.code.fill((await session.code()).get_secret_value())
            await form.go_on.click()
            screen = await _next(page, SignInAlert(page), PasswordExpiring(page), Home(page))
        if not isinstance(screen, SignInAlert):
            return screen
        if phrase_in(await screen.words.inner_text(), PHRASES) != "code_refused":
            await _explain(screen)
    raise CodeRejected("the portal refused two codes", phrase="code_refused", screen="SignInAlert")


async def _change_it_later(session: Session, warning: PasswordExpiring) -> None:
    """Tell how many days are left, and go on."""
    days = "".join(filter(str.isdigit, await warning.landmark.inner_text()))
    await session.notice("password expires in days", days)
    async with session.step("put the password change off"):
        await warning.later.click()
        await _next(session.page, Home(session.page))


async def _explain(alert: SignInAlert) -> None:
    """Raise what an alert during sign-in means."""
    raise alert_meaning(phrase_in(await alert.words.first.inner_text(), PHRASES))
