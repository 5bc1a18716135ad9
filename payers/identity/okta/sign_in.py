"""Signing in with Okta: user id, password on the same page or the next, then the authenticator's code."""

from __future__ import annotations

from flows.errors import PasswordExpired
from flows.parties import CodeWay
from flows.session import Session
from payers.identity.okta.failures import explain, next_screen
from payers.identity.okta.screens import (
    Alert,
    ChooseMethod,
    CodeByMail,
    EnterCode,
    ForcedChange,
    Password,
    PasswordExpiring,
    UserId,
)
from payers.identity.okta.second_step import pass_second_step
from payers.kit import Screen


async def sign_in(session: Session, *ends: Screen) -> Screen:
    """From the page that asks for the user id to one of `ends`, screens of the portal that sent us here."""
    form = await _enter_user_id(session)
    screen = await _enter_password(session, form, *ends)
    if isinstance(screen, PasswordExpiring):  # here in classic, else behind the second step
        screen = await _change_it_later(session, screen, *ends)
    screen = await pass_second_step(session, screen, *ends)
    if isinstance(screen, PasswordExpiring):
        screen = await _change_it_later(session, screen, *ends)
    return screen


async def _enter_user_id(session: Session) -> UserId | Password:
    """Give the user id; whether there is such a user is not told. The form that has the password field then."""
    page = session.page
    form, password = UserId(page), Password(page)
    async with session.step("enter the user id"):
        await form.user_id.fill(session.account.username)
        if await form.password.count() > 0:
            return form
        await form.go_on.click()
        screen = await next_screen(page, Alert(page), password)
        if isinstance(screen, Alert):
            await explain(screen)
    return password


async def _enter_password(session: Session, form: UserId | Password, *ends: Screen) -> Screen:
    """Whatever is shown afterwards: the password went out, and is not typed again."""
    page = session.page
    await session.expect_code(CodeWay.EMAIL)
    async with session.step("enter the password", private=True):
        await form.password.fill((await session.password()).get_secret_value())
        await form.go_on.click()
        expected = ForcedChange(page), ChooseMethod(page), EnterCode(page), CodeByMail(page), PasswordExpiring(page)
        screen = await next_screen(page, Alert(page), *expected, *ends)
        if isinstance(screen, Alert):
            await explain(screen)
        if isinstance(screen, ForcedChange):
            raise PasswordExpired("the portal wants the password changed first", screen="ForcedChange")
    return screen


async def _change_it_later(session: Session, warning: PasswordExpiring, *ends: Screen) -> Screen:
    """Tell how many days are left, and go on."""
    days = "".join(filter(str.isdigit, await warning.landmark.inner_text())) or "0"
    await session.notice("password expires in days", days)
    async with session.step("put the password change off"):
        await warning.later.click()
        page = session.page
        return await next_screen(page, ChooseMethod(page), EnterCode(page), CodeByMail(page), *ends)
