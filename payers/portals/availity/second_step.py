"""Availity's second step: the choice of a method, and a code of the authenticator, by text message or a backup code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from flows.errors import CodeNotReceived, CodeRejected
from flows.parties import CodeWay
from flows.session import Session
from payers.kit import Screen, expected_way, give_code, phrase_in, read_ways
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
    """Take the account's first way that is offered; a text message is sent when the choice is."""
    offered = {CodeWay.AUTHENTICATOR: choice.authenticator, CodeWay.SMS: choice.text, CodeWay.BACKUP: choice.backup}
    ways = read_ways(session.account)
    by_label = [way for way in ways if way in (CodeWay.AUTHENTICATOR, CodeWay.BACKUP)]
    way = await expected_way(session, offered) or (by_label[0] if by_label else None)  # whose label is another now
    if way is None:
        raise CodeNotReceived(f"the portal offers no code by {', '.join(ways)}", screen="ChooseMethod")
    await offered[way].check()
    await choice.go_on.click()
    return way


async def _enter_code(session: Session, form: EnterCode, way: CodeWay, next_screen: Next) -> Screen:
    """Give a code, and once more a fresh one if the first is refused; the next text message brings no better one."""
    page = session.page
    for _ in range(1 if way is CodeWay.SMS else CODE_TRIES):
        async with session.step("enter the code", private=True):
            await give_code(session, form, await session.code(way))
            screen = await next_screen(page, SignInAlert(page), PasswordExpiring(page), Home(page))
        if not isinstance(screen, SignInAlert):
            return screen
        phrase = phrase_in(await screen.words.inner_text(), PHRASES)
        if phrase != "code_refused":
            raise alert_meaning(phrase)
    refused = "the code of its text message" if way is CodeWay.SMS else "two codes"
    raise CodeRejected(f"the portal refused {refused}", phrase="code_refused", screen="SignInAlert")
