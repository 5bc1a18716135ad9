"""Signing in with One Healthcare ID: user id, password on a page of its own, then the authenticator's code."""

from __future__ import annotations

from flows.errors import (
    AccountDisabled,
    CodeRejected,
    PasswordExpired,
)
from flows.session import Session
from payers.identity.one_healthcare_id.failures import failures, meaning
from payers.identity.one_healthcare_id.phrases import PHRASES
from payers.identity.one_healthcare_id.screens import (
    Alert,
    ChooseMethod,
    EnterCode,
    ForcedChange,
    Password,
    PasswordExpiring,
    UserId,
)
from payers.kit import Screen, phrase_in, reach, sign_in_meaning

SCREEN_SECONDS = 30
CODE_TRIES = 2


async def sign_in(session: Session, home: Screen) -> None:
    """From the page that asks for the user id to `home`, a screen of the portal that sent us here."""
    async with session.step("enter the user id"):
        form = await enter_user_id(session)
    screen = await _enter_password(session, form, home)
    if isinstance(screen, ChooseMethod):
        async with session.step("choose the authenticator"):
            await screen.authenticator.click()
            screen = await _next(session, EnterCode(session.page))
    if isinstance(screen, EnterCode):
        screen = await _enter_code(session, screen, home)
    if isinstance(screen, PasswordExpiring):
        await _change_it_later(session, screen, home)


async def _next(session: Session, *screens: Screen) -> Screen:
    """The screen that comes; raises what a failure screen means."""
    page = session.page
    return await reach(page, *screens, failures=[failures(page)], meaning=meaning, seconds=SCREEN_SECONDS)


async def enter_user_id(session: Session) -> Password:
    """Give the user id. An unknown one is refused here, before any password: mistyped, or the account is closed."""
    page = session.page
    form, password = UserId(page), Password(page)
    await form.user_id.fill(session.account.username)
    await form.go_on.click()
    screen = await _next(session, Alert(page), password)
    if isinstance(screen, Alert):
        if await _phrase(screen) == "not_recognized":
            raise AccountDisabled(
                "the portal does not know the user id: it is mistyped, or the account is closed. No password was typed",
                phrase="not_recognized",
                screen="UserId",
            )
        await _explain(screen)
    return password


async def _enter_password(session: Session, form: Password, home: Screen) -> Screen:
    page = session.page
    async with session.step("enter the password", private=True):
        await form.password.fill((await session.password()).get_secret_value())
        await form.submit.click()
        expected = ForcedChange(page), ChooseMethod(page), EnterCode(page), PasswordExpiring(page), home
        screen = await _next(session, Alert(page), *expected)
        if isinstance(screen, Alert):
            await _explain(screen)
        if isinstance(screen, ForcedChange):
            raise PasswordExpired("the portal wants the password changed first", screen="ForcedChange")
    return screen


async def _enter_code(session: Session, form: EnterCode, home: Screen) -> Screen:
    """Give a code, and once more a fresh one if the first is refused."""
    for _ in range(CODE_TRIES):
        async with session.step("enter the code", private=True):
            await form.code.fill((await session.code()).get_secret_value())
            await form.go_on.click()
            screen = await _next(session, Alert(session.page), PasswordExpiring(session.page), home)
        if not isinstance(screen, Alert):
            return screen
        if await _phrase(screen) != "code_refused":
            await _explain(screen)
    raise CodeRejected("the portal refused two codes", phrase="code_refused", screen="EnterCode")


async def _change_it_later(session: Session, warning: PasswordExpiring, home: Screen) -> None:
    """Tell how many days are left, and go on."""
    days = "".join(filter(str.isdigit, await warning.landmark.inner_text()))
    await session.notice("password expires in days", days)
    async with session.step("put the password change off"):
        await warning.later.click()
        await _next(session, home)


async def _phrase(alert: Alert) -> str | None:
    return phrase_in(await alert.words.inner_text(), PHRASES)


async def _explain(alert: Alert) -> None:
    """Raise what an alert means."""
    raise sign_in_meaning(await _phrase(alert), "Alert")
