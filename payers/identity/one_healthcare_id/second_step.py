"""One Healthcare ID's second step: the authenticator's code, or one by text message."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from flows.errors import CodeNotReceived, CodeRejected
from flows.parties import CodeWay
from flows.session import Session
from payers.identity.one_healthcare_id.failures import explain, no_authenticator, phrase_of
from payers.identity.one_healthcare_id.screens import AccessCode, Alert, ChooseMethod, EnterCode, PasswordExpiring
from payers.kit import Screen, expected_way, give_code, read_ways

CODE_TRIES = 2

Next = Callable[..., Awaitable[Screen]]
"""What comes of the given screens; raises what a failure screen means."""


async def pass_second_step(session: Session, screen: Screen, home: Screen, next_screen: Next) -> Screen:
    """Past the choice of a method and the code, where one of them is shown; the screen behind them."""
    if isinstance(screen, ChooseMethod):
        async with session.step("choose a method"):
            screen = await _choose(session, screen, next_screen)
    if isinstance(screen, AccessCode):
        return await _enter_texted(session, screen, home, next_screen)
    return await _enter_code(session, screen, home, next_screen) if isinstance(screen, EnterCode) else screen


async def _choose(session: Session, choice: ChooseMethod, next_screen: Next) -> Screen:
    """Take the account's first way that is offered; the text message is sent at the click. Nobody takes a call."""
    offered = {CodeWay.AUTHENTICATOR: choice.authenticator, CodeWay.SMS: choice.text}
    way, page = await expected_way(session, offered), session.page
    if way is None and CodeWay.AUTHENTICATOR in (ways := read_ways(session.account)):
        raise no_authenticator()
    if way is None:
        raise CodeNotReceived(f"the portal offers no code by {', '.join(ways)}", screen="ChooseMethod")
    await offered[way].click()
    return await next_screen(session, AccessCode(page) if way is CodeWay.SMS else EnterCode(page))


async def _enter_code(session: Session, form: EnterCode, home: Screen, next_screen: Next) -> Screen:
    """Give a code, and once more a fresh one if the first is refused."""
    for _ in range(CODE_TRIES):
        screen = await _give(session, form, CodeWay.AUTHENTICATOR, home, next_screen)
        if not isinstance(screen, Alert):
            return screen
    raise CodeRejected("the portal refused two codes", phrase="code_refused", screen="EnterCode")


async def _enter_texted(session: Session, form: AccessCode, home: Screen, next_screen: Next) -> Screen:
    """Give the code of the text message. A refused one is not asked for again: the next one is no better."""
    screen = await _give(session, form, CodeWay.SMS, home, next_screen)
    if isinstance(screen, Alert):
        raise CodeRejected(
            "the portal refused the code of its text message", phrase="code_refused", screen="AccessCode"
        )
    return screen


async def _give(
    session: Session, form: EnterCode | AccessCode, way: CodeWay, home: Screen, next_screen: Next
) -> Screen:
    """The screen behind a code; the alert, where it was refused."""
    page = session.page
    async with session.step("enter the code", private=True):
        await give_code(session, form, await session.code(way))
        screen = await next_screen(session, Alert(page), PasswordExpiring(page), home)
    if isinstance(screen, Alert) and await phrase_of(screen) != "code_refused":
        await explain(screen)
    return screen
