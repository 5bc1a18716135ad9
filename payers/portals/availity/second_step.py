"""Availity's second step: the choice of a method, and a code of the authenticator or a backup code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from flows.errors import CodeNotReceived, CodeRejected
from flows.parties import CodeWay
from flows.session import Session
from payers.kit import Screen, phrase_in
from payers.portals.availity.failures import alert_meaning
from payers.portals.availity.phrases import PHRASES
from payers.portals.availity.screens import ChooseMethod, EnterCode, Home, PasswordExpiring, SignInAlert

CODE_TRIES = 2

Next = Callable[..., Awaitable[Screen]]
"""What comes of the given screens; raises what a failure screen means."""


async def pass_second_step(session: Session, screen: Screen, next_screen: Next) -> Screen:
    """Past the choice of a method and the code, where one of them is shown; the screen behind them."""
    way = CodeWay.AUTHENTICATOR
    if isinstance(screen, ChooseMethod):
        async with session.step("choose a method"):
            way = await _choose(session, screen)
            screen = await next_screen(session.page, EnterCode(session.page))
    return await _enter_code(session, screen, way, next_screen) if isinstance(screen, EnterCode) else screen


async def _choose(session: Session, choice: ChooseMethod) -> CodeWay:
    """Take the account's first way that is offered; a person reads the authenticator's code."""
    offered = {CodeWay.AUTHENTICATOR: choice.authenticator, CodeWay.BACKUP: choice.backup}
    ways = [CodeWay.AUTHENTICATOR if way is CodeWay.PERSON else way for way in session.account.code_ways]
    wanted = [way for way in ways if way in offered]
    if not wanted:
        raise CodeNotReceived(f"the portal offers no code by {', '.join(ways)}", screen="ChooseMethod")
    here = [way for way in wanted if await offered[way].count() > 0]
    way = here[0] if here else wanted[0]
    await offered[way].check()
    await choice.go_on.click()
    return way


async def _enter_code(session: Session, form: EnterCode, way: CodeWay, next_screen: Next) -> Screen:
    """Give a code, and once more a fresh one if the first is refused."""
    page = session.page
    for _ in range(CODE_TRIES):
        async with session.step("enter the code", private=True):
            await form.code.fill((await session.code(way)).get_secret_value())
            await form.go_on.click()
            screen = await next_screen(page, SignInAlert(page), PasswordExpiring(page), Home(page))
        if not isinstance(screen, SignInAlert):
            return screen
        phrase = phrase_in(await screen.words.inner_text(), PHRASES)
        if phrase != "code_refused":
            raise alert_meaning(phrase)
    raise CodeRejected("the portal refused two codes", phrase="code_refused", screen="SignInAlert")
