"""Signing in where the browser's own prompt asks (HTTP Basic, RFC 7617): there is no form, and no page to read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flows.errors import InvalidCredentials
from flows.session import Session
from payers.kit import Screen, visit

if TYPE_CHECKING:
    from playwright.async_api import Response

UNAUTHORIZED = 401


def asks(session: Session, response: Response | None) -> bool:
    """Whether this answer, of the portal's own address, makes a browser show its prompt."""
    if response is None or response.status != UNAUTHORIZED:
        return False
    challenge = response.headers.get("www-authenticate", "")
    return challenge.lower().startswith("basic") and response.url.startswith(f"{session.address}/")


async def sign_in(session: Session, failures: Sequence[Screen]) -> None:
    """Answer the prompt of the address that was just opened. What is shown then is the portal's own."""
    page = session.page
    async with session.step("answer the browser's prompt", private=True):
        await session.answer_prompt()
        if asks(session, await visit(page, page.url, failures)):
            raise InvalidCredentials("the portal's prompt refuses user id or password", screen="Prompt")
