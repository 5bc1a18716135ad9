"""Giving a code: by which of the account's ways, into its box, and on unless the page goes on by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from flows.errors import CodeNotReceived
from flows.parties import Account, CodeWay
from payers.kit.arriving import Screen, shown

if TYPE_CHECKING:
    from playwright.async_api import Locator
    from pydantic import SecretStr

    from flows.session import Session

BY_ITSELF_SECONDS = 0.1


class CodeForm(Screen, Protocol):
    """A screen with a box for a code, and a button that sends it."""

    @property
    def code(self) -> Locator:
        """The box."""

    @property
    def go_on(self) -> Locator:
        """The button."""


async def give_code(session: Session, form: CodeForm, code: SecretStr) -> None:
    """Type a code and have it sent, once. Only inside a private step.

    Some boxes send the code themselves when its last digit is in; then nothing is clicked.
    """
    from playwright.async_api import TimeoutError as Slow  # heavy, and the matrix needs no browser

    await form.code.fill(code.get_secret_value())
    await asyncio.sleep(BY_ITSELF_SECONDS)
    if await _went_on(session, form):
        return
    try:
        await form.go_on.click()
    except Slow:
        if not await _went_on(session, form):
            raise


async def _went_on(session: Session, form: CodeForm) -> bool:
    return session.submitted() or not await shown(form)


async def expected_way(session: Session, offered: Mapping[CodeWay, Locator]) -> CodeWay | None:
    """The account's first way that is offered and by which a code could come; none where none of its ways is offered.

    A person reads the authenticator's code. A code that is sent is expected, and counted, when this returns: what asks
    for it is clicked next. Raises why no code could come by a way, when no other is left.
    """
    trouble: CodeNotReceived | None = None
    for way in read_ways(session.account):
        if way not in offered or await offered[way].count() == 0:
            continue
        try:
            await session.expect_code(way)
        except CodeNotReceived as error:
            trouble = trouble or error
            continue
        return way
    if trouble:
        raise trouble
    return None


def read_ways(account: Account) -> list[CodeWay]:
    """An account's ways in their order, with the authenticator in a person's place."""
    return [CodeWay.AUTHENTICATOR if way is CodeWay.PERSON else way for way in account.code_ways]
