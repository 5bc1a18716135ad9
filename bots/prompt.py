"""The browser's own prompt (HTTP Basic, RFC 7617): user id and password with each request, judged each time.

The browser is never given them. It would send them by itself, several at once and again after a refusal, and Playwright
would take them along to wherever a redirect leads. Here one request at a time carries them, to one origin, and none any
more after the first that was refused or got no answer.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from bots.desk import Verdict
from bots.relay import Line, first_of

if TYPE_CHECKING:
    from playwright.async_api import CDPSession, Page, Request, Response, Route

UNAUTHORIZED = 401
REDIRECTS = (301, 302, 303, 307, 308)
TURN_SECONDS = 60
NEEDED = ("document", "script", "stylesheet", "xhr", "fetch")  # pictures do without, so that few are cut off half-way


class Prompt:
    """Gives user id and password with the requests of a page to one origin, all of which is taken for one realm.

    The first goes out behind the closed gate; the others when `go_on` was called, and `leave` says so of each.
    `token` is how they are written. `verdict` is that of the last of them that was answered, or cut off;
    `refused` is called once when the portal asks again in the face of them.
    """

    def __init__(
        self,
        page: Page,
        line: Line,
        address: str,
        presented: str,
        leave: Callable[[], Awaitable[bool]],
        refused: Callable[[], Awaitable[None]],
    ) -> None:
        self.verdict = Verdict.ACCEPTED
        self._page = page
        self._line = line
        self._origin = _origin(address)
        self.token = base64.b64encode(presented.encode()).decode()
        self._leave = leave
        self._refused = refused
        self._telling: asyncio.Future[None] | None = None
        self._turn = asyncio.Semaphore(1)
        self._begun = False
        self._proved = asyncio.Event()
        self._over = False
        self._under_way: Request | None = None

    async def begin(self) -> None:
        """Answer from the next request on."""
        context = self._page.context
        devtools = await context.new_cdp_session(self._page)
        devtools.on("Fetch.requestPaused", lambda event: self._look_at(devtools, event))
        devtools.on("Fetch.authRequired", lambda event: _ask_nobody(devtools, event))
        answers = {"urlPattern": f"{self._origin}/*", "requestStage": "Response"}
        await devtools.send("Fetch.enable", {"handleAuthRequests": True, "patterns": [answers]})
        context.on("response", self._answered)
        context.on("requestfailed", self._failed)
        await context.route(f"{self._origin}/**", self._present)

    def go_on(self) -> None:
        """The first was answered, and the gate is open."""
        self._proved.set()

    async def _present(self, route: Route, request: Request) -> None:
        carries = request.resource_type in NEEDED and self._is_ours(request)
        allowed = not carries or await self._may_leave(request)
        headers = {**request.headers, "authorization": f"Basic {self.token}"} if carries else None
        with suppress(Exception):  # the page may be gone; then nothing leaves
            await (route.fallback(headers=headers) if allowed else route.abort("blockedbyclient"))

    def _is_ours(self, request: Request) -> bool:
        """Whether the request is of the page whose answers are looked at."""
        with suppress(Exception):  # a window that is just being opened has no page yet
            return request.frame.page == self._page
        return False

    async def _may_leave(self, request: Request) -> bool:
        """Wait until the request before was answered, and take the turn, unless nothing more may go out."""
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await self._turn.acquire()
                if self._begun:
                    await self._proved.wait()
        except TimeoutError:
            self._over = True
            return False
        if self._over or (self._begun and not await self._leave()):
            self._give_up()
            return False
        self._under_way = request
        if self._begun:
            self._line.leave(self._page.context)
            self._line.follow(self._page.context)
            self._line.submitting(request)
        self._begun = True
        return True

    def _answered(self, response: Response) -> None:
        if first_of(response.request) == self._under_way and response.status not in REDIRECTS:
            self._under_way = None
            if response.status == UNAUTHORIZED:
                self.verdict, self._over = Verdict.REFUSED, True
                self._telling = asyncio.ensure_future(self._refused())
            self._turn.release()

    def _failed(self, request: Request) -> None:
        """Whether it was judged is not known: nothing follows it."""
        if first_of(request) == self._under_way:
            self.verdict = Verdict.UNKNOWN
            self._give_up()

    def _give_up(self) -> None:
        self._under_way, self._over = None, True
        self._turn.release()

    async def _look_at(self, devtools: CDPSession, event: dict[str, Any]) -> None:
        """Let an answer through, unless it would lead the browser, and the password with it, elsewhere."""
        heads = {head["name"].lower(): head["value"] for head in event.get("responseHeaders", ())}
        target = urljoin(event["request"]["url"], heads.get("location", ""))
        leads_away = event.get("responseStatusCode") in REDIRECTS and _origin(target) != self._origin
        said = {"errorReason": "BlockedByClient"} if leads_away else {}
        with suppress(Exception):  # the page may be gone, and its requests with it
            act = "Fetch.failRequest" if leads_away else "Fetch.continueRequest"
            await devtools.send(act, {"requestId": event["requestId"], **said})


async def _ask_nobody(devtools: CDPSession, event: dict[str, Any]) -> None:
    """What is typed into the browser's own window could not be seen; the page that comes with the refusal is shown."""
    with suppress(Exception):
        answer = {"authChallengeResponse": {"response": "CancelAuth"}}
        await devtools.send("Fetch.continueWithAuth", {"requestId": event["requestId"], **answer})


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
