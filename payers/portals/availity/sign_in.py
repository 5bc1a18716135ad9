"""Signing in to Availity Essentials: user id and password, then a code."""

from __future__ import annotations

from playwright.async_api import Page

from flows.errors import PasswordExpired
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
    SecurityQuestion,
    SignIn,
    SignInAlert,
)
from payers.portals.availity.second_step import pass_second_step

SHELL = "/static/web/onb/onboarding-ui-apps/navigation/#/"
LOGIN = "/static/public/onb/onboarding-ui-apps/availity-fr-ui/#/login"
SCREEN_SECONDS = 30


async def sign_in(session: Session) -> None:
    """Leave the session on the shell's home, or wherever in the shell it is already."""
    page = session.page
    if await shown(Home(page)):
        return
    async with session.step("open the portal"):
        await visit(page, session.address + SHELL, sign_in_failures(page))
        screen = await next_screen(page, LoggedOut(page), SignIn(page), Home(page))
        if isinstance(screen, LoggedOut):
            await visit(page, session.address + LOGIN, sign_in_failures(page))
            screen = await next_screen(page, SignIn(page))
    if isinstance(screen, SignIn):
        screen = await _enter_password(session, screen)
    if isinstance(screen, SecurityQuestion):
        screen = await _answer(session, screen)
    screen = await pass_second_step(session, screen, next_screen)
    if isinstance(screen, PasswordExpiring):
        await _change_it_later(session, screen)


async def next_screen(page: Page, *screens: Screen) -> Screen:
    """The screen that comes; raises what a failure screen means."""
    failures, closed = sign_in_failures(page), overlays(page)
    return await reach(page, *screens, failures=failures, meaning=meaning, seconds=SCREEN_SECONDS, overlays=closed)


async def _enter_password(session: Session, form: SignIn) -> Screen:
    async with session.step("enter user id and password", private=True):
        await form.user_id.fill(session.account.username)
        await form.password.fill((await session.password()).get_secret_value())
        await form.submit.click()
        return await _after_it(session.page, SecurityQuestion(session.page))


async def _answer(session: Session, form: SecurityQuestion) -> Screen:
    async with session.step("answer the security question", private=True):
        answer = await session.security_answer(await form.question.inner_text())
        await form.answer.fill(answer.get_secret_value())
        await form.go_on.click()
        return await _after_it(session.page)


async def _after_it(page: Page, *more: Screen) -> Screen:
    """The screen after a password or an answer that the portal took; raises what it says else."""
    further = ForcedChange(page), ChooseMethod(page), EnterCode(page), PasswordExpiring(page), Home(page)
    screen = await next_screen(page, SignInAlert(page), *more, *further)
    if isinstance(screen, SignInAlert):
        await _explain(screen)
    if isinstance(screen, ForcedChange):
        raise PasswordExpired("the portal wants the password changed first", screen="ForcedChange")
    return screen


async def _change_it_later(session: Session, warning: PasswordExpiring) -> None:
    """Tell how many days are left, and go on."""
    days = "".join(filter(str.isdigit, await warning.landmark.inner_text()))
    await session.notice("password expires in days", days)
    async with session.step("put the password change off"):
        await warning.later.click()
        await next_screen(session.page, Home(session.page))


async def _explain(alert: SignInAlert) -> None:
    """Raise what an alert during sign-in means."""
    raise alert_meaning(phrase_in(await alert.words.first.inner_text(), PHRASES))
