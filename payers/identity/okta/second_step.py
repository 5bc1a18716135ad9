"""Okta's second step: the authenticator's code, or one by e-mail."""

from __future__ import annotations

from flows.errors import CodeNotReceived, CodeRejected
from flows.parties import CodeWay
from flows.session import Session
from payers.identity.okta.failures import explain, next_screen, said
from payers.identity.okta.screens import Alert, ChooseMethod, CodeByMail, EnterCode, PasswordExpiring
from payers.kit import Screen, comes, give_code

CODE_TRIES = 2
WAYS_SECONDS = 3  # classic lists the other methods a moment after the heading


async def pass_second_step(session: Session, screen: Screen, *ends: Screen) -> Screen:
    """Past the choice of a method and the code, where one of them is shown; the screen behind them.

    The account's ways are tried in their order. Okta sends an e-mail by itself where that is the first method, or the
    only one, so that a letter is expected before the password is typed.
    """
    if isinstance(screen, CodeByMail) and _ways(session)[:1] != [CodeWay.EMAIL]:
        async with session.step("choose another method"):
            screen = await _leave_mail(session, screen)
    if isinstance(screen, ChooseMethod):
        async with session.step("choose a method"):
            screen = await _choose(session, screen)
    if isinstance(screen, CodeByMail):
        return await _enter_mailed(session, screen, *ends)
    return await _enter_code(session, screen, *ends) if isinstance(screen, EnterCode) else screen


def _ways(session: Session) -> list[CodeWay]:
    return [way for way in session.account.code_ways if way in (CodeWay.AUTHENTICATOR, CodeWay.EMAIL)]


async def _leave_mail(session: Session, mail: CodeByMail) -> Screen:
    """From the method that Okta chose to the authenticator, or to the choice of it; stays where there is no other."""
    if not await comes(mail.others, WAYS_SECONDS):
        if CodeWay.EMAIL in session.account.code_ways:
            return mail
        raise _only_by_mail(mail)
    await mail.others.click()
    if await mail.authenticator.count() > 0:
        await mail.authenticator.first.click()
    return await next_screen(session.page, ChooseMethod(session.page), EnterCode(session.page))


async def _choose(session: Session, choice: ChooseMethod) -> Screen:
    parts = {CodeWay.AUTHENTICATOR: choice.authenticator, CodeWay.EMAIL: choice.mail}
    page = session.page
    for way in _ways(session):
        if await comes(parts[way], WAYS_SECONDS):
            await session.expect_code(way)
            await parts[way].first.click()
            return await next_screen(page, CodeByMail(page) if way is CodeWay.EMAIL else EnterCode(page))
    raise _only_by_mail(choice)


async def _enter_code(session: Session, form: EnterCode, *ends: Screen) -> Screen:
    """Give a code, and once more a fresh one if the first is refused."""
    alert = Alert(session.page)
    for _ in range(CODE_TRIES):
        async with session.step("enter the code", private=True):
            await give_code(session, form, await session.code())
            screen = await next_screen(session.page, alert, PasswordExpiring(session.page), *ends)
            if not isinstance(screen, Alert):
                return screen
            phrase = await said(alert)
            if phrase not in ("code_refused", "code_used"):
                await explain(alert)
    raise CodeRejected("the portal refused two codes", phrase=phrase, screen="EnterCode")


async def _enter_mailed(session: Session, form: CodeByMail, *ends: Screen) -> Screen:
    """Give the code of the letter. A refused one is not asked for again: the next letter brings no better one."""
    async with session.step("have the code sent"):
        if await comes(form.send.or_(form.instead).or_(form.code), WAYS_SECONDS):
            for first in (form.send, form.instead):
                if await first.is_visible():
                    await first.click()
    async with session.step("enter the code by e-mail", private=True):
        await give_code(session, form, await session.code(CodeWay.EMAIL))
        alert = Alert(session.page)
        screen = await next_screen(session.page, alert, PasswordExpiring(session.page), *ends)
        if isinstance(screen, Alert):
            phrase = await said(alert)
            if phrase != "code_refused":
                await explain(alert)
            raise CodeRejected("the portal refused the code of its letter", phrase=phrase, screen="CodeByMail")
    return screen


def _only_by_mail(screen: Screen) -> CodeNotReceived:
    return CodeNotReceived(
        "the portal sends its code by e-mail and in no other way, which this account does not take. Let the worker "
        "read it: pk account set ACCOUNT --set code_ways=email (docs/codes.md); or set up Google Authenticator or Okta "
        "Verify and store its key: pk vault set ACCOUNT --totp",
        screen=type(screen).__name__,
    )
