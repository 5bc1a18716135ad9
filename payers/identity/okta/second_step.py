"""Okta's second step: the authenticator's code. A code by e-mail is not read."""

from __future__ import annotations

from playwright.async_api import Page

from flows.errors import CodeNotReceived, CodeRejected
from flows.session import Session
from payers.identity.okta.failures import explain, next_screen, said
from payers.identity.okta.screens import Alert, ChooseMethod, CodeByMail, EnterCode, PasswordExpiring
from payers.kit import Screen, comes

CODE_TRIES = 2
WAYS_SECONDS = 3  # classic lists the other methods a moment after the heading


async def pass_second_step(session: Session, screen: Screen, *ends: Screen) -> Screen:
    """Past the choice of a method and the code, where one of them is shown; the screen behind them."""
    if isinstance(screen, CodeByMail):
        async with session.step("choose another method"):
            screen = await _leave_mail(session.page, screen)
    if isinstance(screen, ChooseMethod):
        async with session.step("choose the authenticator"):
            if not await comes(screen.authenticator, WAYS_SECONDS):
                raise _only_by_mail(screen)
            await screen.authenticator.first.click()
            screen = await next_screen(session.page, EnterCode(session.page))
    return await _enter_code(session, screen, *ends) if isinstance(screen, EnterCode) else screen


async def _leave_mail(page: Page, mail: CodeByMail) -> Screen:
    """From the method that Okta chose to the authenticator, or to the choice of it."""
    if not await comes(mail.others, WAYS_SECONDS):
        raise _only_by_mail(mail)
    await mail.others.click()
    if await mail.authenticator.count() > 0:
        await mail.authenticator.first.click()
    return await next_screen(page, ChooseMethod(page), EnterCode(page))


async def _enter_code(session: Session, form: EnterCode, *ends: Screen) -> Screen:
    """Give a code, and once more a fresh one if the first is refused."""
    alert = Alert(session.page)
    for _ in range(CODE_TRIES):
        async with session.step("enter the code", private=True):
            await form.code.fill((await session.code()).get_secret_value())
            await form.go_on.click()
            screen = await next_screen(session.page, alert, PasswordExpiring(session.page), *ends)
            if not isinstance(screen, Alert):
                return screen
            phrase = await said(alert)
            if phrase not in ("code_refused", "code_used"):
                await explain(alert)
    raise CodeRejected("the portal refused two codes", phrase=phrase, screen="EnterCode")


def _only_by_mail(screen: Screen) -> CodeNotReceived:
    return CodeNotReceived(
        "the portal sends its code by e-mail and in no other way, which the worker does not read. A person "
        "sets up Google Authenticator or Okta Verify for the account and stores its key (pk vault set ACCOUNT --totp)",
        screen=type(screen).__name__,
    )
