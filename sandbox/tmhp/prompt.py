"""TMHP's older site: the server asks by the browser's own prompt, and judges what comes with each request."""

import base64
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.pages import Pages
from sandbox.sessions import EXPIRED, EXPIRING, HOME, TERMS, Session
from sandbox.sign_in import Verdict, begin, complete, judge_password, receive_password
from sandbox.web import Step
from sandbox.world import Portal, World

BASIC = "basic"
FIRST_PAGE = "/MyAccount/default.aspx"
CHALLENGE = {"WWW-Authenticate": 'Basic realm="secure.tmhp.com"'}
_OPEN = ("/", "/application-error")
_LOCKED = "Your account is locked."
_EXPIRED = "Your password has expired."


class Prompt:
    """In front of all pages while the policy says so. What it let through is in the scope, as `prompted`.

    A request with the password that opened a session still open is that session's and counts as no submission; any
    other is judged, and counted, once more.
    """

    def __init__(self, pages: ASGIApp, world: World) -> None:
        self._pages = pages
        self._world = world
        self._shown = Pages("tmhp")
        self._open: dict[tuple[str, str], Session] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        answer = self._pages
        if self._portal.policy.sign_in_page == BASIC and request.url.path not in _OPEN:
            given = _given(request)
            scope["prompted"] = self._session(given)
            if scope["prompted"] is None:
                answer = await self._judged(request, given)
        await answer(scope, receive, send)

    def _session(self, given: tuple[str, str]) -> Session | None:
        """The session that these opened, as long as they would open it again."""
        session = self._open.get(given)
        account = self._portal.accounts.get(given[0])
        holds = account is not None and account.password == given[1] and not (account.locked or account.disabled)
        return session if session and holds and self._portal.sessions.find(session.token) else None

    async def _judged(self, request: Request, given: tuple[str, str]) -> ASGIApp:
        user, password = given
        step = Step(self._world, self._portal, request, "login_post" if user else "login", user or None)
        if not user:
            return await step.run(self._challenge)

        async def work() -> Response:
            match judge_password(self._portal, user, password):
                case Verdict.ACCEPTED:
                    return await self._accepted(request, given)
                case Verdict.REFUSED:
                    return await self._challenge()
                case Verdict.LOCKED:
                    return self._shown.show("application_error.html", why=_LOCKED)
            return self._shown.show("application_error.html")

        return await step.run(work, lambda: receive_password(self._portal, user, password))

    async def _accepted(self, request: Request, given: tuple[str, str]) -> Response:
        session = begin(self._portal, self._world.faults, given[0], known_device=True)
        if session.stage == EXPIRING:
            complete(self._portal, session)  # a prompt has no room for a warning
        if session.stage == EXPIRED:
            return self._shown.show("application_error.html", why=_EXPIRED)
        if session.stage == TERMS:
            return self._shown.show("terms.html")
        if session.stage == HOME:
            self._open[given] = session
            request.scope["prompted"] = session
        return _Through(self._pages)

    async def _challenge(self) -> Response:
        """The page that is shown when nobody answers the prompt, or it is not asked again."""
        page = self._shown.show("prompt.html")
        page.status_code = 401
        page.headers.update(CHALLENGE)
        return page

    @property
    def _portal(self) -> Portal:
        return self._world.portals["tmhp"]


class _Through(Response):
    """The page behind the prompt, in the place of an answer."""

    def __init__(self, pages: ASGIApp) -> None:
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._pages(scope, receive, send)


def _given(request: Request) -> tuple[str, str]:
    """User id and password; empty where none came."""
    scheme, _, word = request.headers.get("authorization", "").partition(" ")
    with suppress(ValueError):
        if scheme.lower() == "basic":
            user, _, password = base64.b64decode(word).decode().partition(":")
            return user, password
    return "", ""
