"""Signing in with One Healthcare ID: user id, password on a page of its own, then a code."""

from __future__ import annotations

from flows.errors import (
    AccountDisabled,
    PasswordExpired,
)
from flows.session import Session
from payers.identity.one_healthcare_id.failures import explain, failures, meaning, phrase_of
from payers.identity.one_healthcare_id.screens import (
    Alert,
    ChooseMethod,
    EnterCode,
    ForcedChange,
    Password,
    PasswordExpiring,
    UserId,
)
from payers.identity.one_healthcare_id.second_step import pass_second_step
from payers.kit import Screen, reach

SCREEN_SECONDS = 30


async def sign_in(session: Session, home: Screen) -> None:
    """From the page that asks for the user id to `home`, a screen of the portal that sent us here."""
    async with session.step("enter the user id"):
        form = await enter_user_id(session)
    screen = await _enter_password(session, form, home)
    screen = await pass_second_step(session, screen, home, _next)
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
        if await phrase_of(screen) == "not_recognized":
            raise AccountDisabled(
                "the portal does not know the user id: it is mistyped, or the account is closed. No password was typed",
                phrase="not_recognized",
                screen="UserId",
            )
        await explain(screen)
    return password


async def _enter_password(session: Session, form: Password, home: Screen) -> Screen:
    page = session.page
    async with session.step("enter the password", private=True):
        await form.password.fill((await session.password()).get_secret_value())
        await form.submit.click()
        expected = ForcedChange(page), ChooseMethod(page), EnterCode(page), PasswordExpiring(page), home
        screen = await _next(session, Alert(page), *expected)
        if isinstance(screen, Alert):
            await explain(screen)
        if isinstance(screen, ForcedChange):
            raise PasswordExpired("the portal wants the password changed first", screen="ForcedChange")
    return screen


async def _change_it_later(session: Session, warning: PasswordExpiring, home: Screen) -> None:
    """Tell how many days are left, and go on."""
    days = "".join(filter(str.isdigit, await warning.landmark.inner_text()))
    await session.notice("password expires in days", days)
    async with session.step("put the password change off"):
        await warning.later.click()
        await _next(session, home)
