"""A person at the browser: what they submit is known before it leaves, and goes past the guard as the worker's does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from bots.gate import EVERYTHING, spellings
from bots.relay import Line
from flows.errors import PortalkeeperError

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Frame, Request, Route

TYPED = "() => [...document.querySelectorAll('input[type=password]')].map(field => field.value).filter(Boolean)"


class Watch:
    """Asks `grant` for each password that a page of the context is about to submit; without leave it stays here.

    `tell` is given the guard's words then. On the `line` what was granted goes out once.
    """

    def __init__(
        self,
        context: BrowserContext,
        line: Line,
        grant: Callable[[str], Awaitable[None]],
        tell: Callable[[str], None],
    ) -> None:
        self._context = context
        self._line = line
        self._grant = grant
        self._tell = tell

    async def begin(self) -> None:
        """Watch from now on."""
        self._line.follow(self._context)
        await self._context.route(EVERYTHING, self._judge)

    async def end(self) -> None:
        """Watch no more."""
        self._line.leave(self._context)
        with suppress(Exception):  # the person may have closed the browser
            await self._context.unroute(EVERYTHING, self._judge)

    async def _judge(self, route: Route, request: Request) -> None:
        try:
            if password := await self._password_in(request):
                await self._grant(password)
                self._line.submitting(request)
            await route.continue_()
        except PortalkeeperError as error:
            self._tell(str(error))
            with suppress(Exception):
                await route.abort("blockedbyclient")
        except Exception:  # noqa: BLE001 - the page is gone, and the request with it
            with suppress(Exception):
                await route.abort()

    async def _password_in(self, request: Request) -> str | None:
        """The password that is typed on the page and goes out with the request."""
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return None
        body = request.post_data_buffer or b""
        for frame in [frame for page in self._context.pages for frame in page.frames]:
            for value in await _typed_in(frame):
                if any(word.encode() in body for word in spellings(value)):
                    return value
        return None


async def _typed_in(frame: Frame) -> list[str]:
    found: list[str] = []
    with suppress(Exception):  # a frame that is gone, or has no document yet, holds nothing
        found = await frame.evaluate(TYPED)
    return found
