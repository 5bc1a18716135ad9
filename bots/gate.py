"""The gate: between a browser context and the network while a secret is on the page.

A portal counts an attempt when the request arrives, whatever its page then says, so the worker believes the
request that left and not the words. One submission of a secret passes; a page's own retry is stopped here, the
browser's own on the relay's line.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus, urlsplit

from bots.relay import Line, first_of

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Request, Response, Route

EVERYTHING = "**/*"


class Gate:
    """Lets one submission of one secret out of a context, and remembers how it went.

    `status` is that of the last answer to a request that may have carried it; `carried` tells whether one was seen to.
    """

    def __init__(
        self,
        context: BrowserContext,
        line: Line,
        secret: str,
        telemetry: frozenset[str],
        spelled: Callable[[str], frozenset[str]] | None = None,
    ) -> None:
        self._context = context
        self._line = line
        self._spellings = (spelled or spellings)(secret)
        self._telemetry = telemetry
        self._passed: set[Request] = set()
        self.carried = False
        self._locked = False
        self._uncertain = False
        self.status = 0

    @property
    def left(self) -> int:
        """How many requests that may carry the secret have left the browser."""
        return len(self._passed)

    @property
    def submissions(self) -> int:
        """How many times the portal may have counted."""
        return min(2, max(self.left, int(self._uncertain)))

    def watch(self, secret: str) -> None:
        """Hold back a second secret too, that goes out in the same submission."""
        self._spellings |= spellings(secret)

    def lock(self) -> None:
        """Let nothing out any more that could carry the secret."""
        self._locked = True

    def uncertain(self) -> None:
        """The page could not be closed for sure: count one submission at least."""
        self._uncertain = True

    async def close(self) -> None:
        """Begin to hold every request of the context against the rules."""
        self._context.on("response", self._answered)
        self._line.follow(self._context)
        await self._context.route(EVERYTHING, self._judge)

    async def open(self) -> None:
        """Let everything through again."""
        with suppress(Exception):  # the context may be gone, and with it the route
            await self._context.unroute(EVERYTHING, self._judge)
        self._context.remove_listener("response", self._answered)
        self._line.leave(self._context)

    async def _judge(self, route: Route, request: Request) -> None:
        allowed = self._may_pass(request)
        with suppress(Exception):  # the page may be gone; then nothing leaves
            await (route.continue_() if allowed else route.abort("blockedbyclient"))

    def _may_pass(self, request: Request) -> bool:
        carries = self._carries(request)
        if (request.method in ("GET", "HEAD", "OPTIONS") and not carries) or self._is_telemetry(request):
            return True
        if self._locked or (carries and self.carried):
            return False
        if not self.carried and any(_same(request, earlier) for earlier in self._passed):
            return False
        self.carried = self.carried or carries
        self._passed.add(request)
        self._line.submitting(request)
        return True

    def _carries(self, request: Request) -> bool:
        body = (request.post_data_buffer or b"") + _presented(request)
        return any(word in request.url or word.encode() in body for word in self._spellings)

    def _is_telemetry(self, request: Request) -> bool:
        address = urlsplit(request.url)
        host = (address.hostname or "").removesuffix(".localhost")
        return any(
            address.path.startswith(known) if known.startswith("/") else host == known or host.endswith("." + known)
            for known in self._telemetry
        )

    def _answered(self, response: Response) -> None:
        if first_of(response.request) in self._passed:
            self.status = response.status


def _presented(request: Request) -> bytes:
    """What a request brings along in its head to show who asks, in clear (RFC 7617)."""
    head = request.headers.get("authorization", "").strip()
    scheme, _, given = head.partition(" ")
    with suppress(ValueError):
        if scheme.lower() == "basic":
            return base64.b64decode(given + "==")
    return head.encode()


def _same(request: Request, earlier: Request) -> bool:
    return request.method == earlier.method and urlsplit(request.url)[:3] == urlsplit(earlier.url)[:3]


def spellings(secret: str) -> frozenset[str]:
    """How a page may spell a secret on its way out."""
    return frozenset(
        (
            secret,
            quote(secret),
            quote_plus(secret),
            json.dumps(secret)[1:-1],
            base64.b64encode(secret.encode()).decode().rstrip("="),
        )
    )


def values(word: str) -> frozenset[str]:
    """How a page may send an everyday word, such as an answer: as a whole value, since it is part of many addresses."""
    in_json = json.dumps(word), json.dumps(word, ensure_ascii=False)
    return frozenset((*in_json, f"={quote(word)}", f"={quote_plus(word)}", f"\r\n{word}\r\n"))
