"""Recovering a forgotten password on Availity Essentials, by a link in a letter."""

from __future__ import annotations

from playwright.async_api import Page

from flows.errors import CodeNotReceived, CodeRejected
from flows.session import Session
from payers.kit import Screen, phrase_in, reach, visit
from payers.portals.availity.failures import alert_meaning, meaning, overlays, sign_in_failures
from payers.portals.availity.password_reset import FORM_SECONDS, explain
from payers.portals.availity.phrases import PHRASES
from payers.portals.availity.screens import (
    ChangeAnswer,
    CheckEmail,
    DeadLink,
    ForgotPassword,
    ResetDone,
    ResetForm,
    SignIn,
    SignInAlert,
)
from payers.portals.availity.sign_in import LOGIN


async def recover(session: Session) -> None:
    """Ask for the letter, open its link, and type the new password. Returns when the portal says that it took it."""
    page = session.page
    async with session.step("ask for a letter"):
        await visit(page, session.address + LOGIN, sign_in_failures(page))
        await _next(page, SignIn(page))
        await SignIn(page).forgot.click()
        form = ForgotPassword(page)
        await _next(page, form)
        await form.user_id.fill(session.account.username)
        await session.expect_letter()
        await form.go_on.click()
        screen = await _next(page, SignInAlert(page), CheckEmail(page))
        if isinstance(screen, SignInAlert):
            await _explain(screen)
    async with session.step("set the new password", private=True):
        await page.goto((await session.letter()).get_secret_value())
        await _set_password(session)


async def _explain(alert: SignInAlert) -> None:
    """Raise what an alert in place of the letter means."""
    phrase = phrase_in(await alert.words.inner_text(), PHRASES)
    if phrase == "too_many_letters":
        raise CodeNotReceived(
            "the portal sends no letter now; somebody else may have asked for too many today", phrase=phrase
        )
    raise alert_meaning(phrase)


async def _set_password(session: Session) -> None:
    page, form = session.page, ResetForm(session.page)
    screen = await _next(page, DeadLink(page), form)
    if isinstance(screen, DeadLink):
        await _reject(screen)
    if session.account.username not in (await form.user_id.inner_text()).split():
        raise CodeRejected("the link of the letter belongs to another user id", screen="ResetForm")
    new = (await session.new_password()).get_secret_value()
    await form.new.fill(new)
    await form.again.fill(new)
    await form.submit.click()
    await conclude(page)


async def conclude(page: Page) -> None:
    """Raise unless the portal took the new password."""
    match await _next(page, ChangeAnswer(page), DeadLink(page), ResetDone(page)):
        case ChangeAnswer() as answer:
            await explain(answer.words)
        case DeadLink() as dead:
            await _reject(dead)


async def _reject(dead: DeadLink) -> None:
    """Raise what a link that is worth nothing means."""
    phrase = phrase_in(await dead.landmark.inner_text(), PHRASES)
    raise CodeRejected("the link of the letter is worth nothing any more", phrase=phrase, screen="DeadLink")


async def _next(page: Page, *screens: Screen) -> Screen:
    return await reach(
        page,
        *screens,
        failures=sign_in_failures(page),
        meaning=meaning,
        seconds=FORM_SECONDS,
        overlays=overlays(page),
    )
