"""TMHP's older site: the browser's own prompt for user id and password (HTTP Basic) stands before every page."""

import base64
import binascii

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.pages import Pages
from sandbox.sessions import EXPIRED, EXPIRING, HOME, Session
from sandbox.sign_in import Verdict, begin, go_on, judge_password, receive_password
from sandbox.web import Step
from sandbox.world import Portal, World

BASIC = "basic"
FIRST_PAGE = "/MyAccount/default.aspx"
_OPEN = ("/application-error",)


class Prompt:
    """Asks for user id and password while the policy `sign_in_page` is *basic*; each request has to bring them."""

    def __init__(self, site: ASGIApp, world: World) -> None:
        self._site = site
        self._world = world
        self._pages = Pages("tmhp")
        self._sessions: dict[str, Session] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "http" and self._portal.policy.sign_in_page == BASIC and scope["path"] not in _OPEN:
            request = Request(scope, receive)
            user, password = _given(request)
            session = self._living(user, password)
            if session is None:
                judged = await self._judged(request, user, password)
                await judged(scope, receive, send)
                return
            scope["session"] = session
        await self._site(scope, receive, send)

    def _living(self, user: str, password: str) -> Session | None:
        """Whoever is signed in already, and brings the right password again."""
        session, account = self._sessions.get(user), self._portal.accounts.get(user)
        if session is None or account is None or account.locked or account.password != password:
            return None
        return self._portal.sessions.find(session.token)

    async def _judged(self, request: Request, user: str, password: str) -> Response:
        if not user:
            return self._refusal()
        portal = self._portal
        step = Step(self._world, portal, request, "login_post", user)

        async def work() -> Response:
            verdict = judge_password(portal, user, password)
            if verdict is Verdict.DISABLED:
                return self._pages.show("application_error.html")
            if verdict is not Verdict.ACCEPTED:
                return self._refusal()
            session = begin(portal, self._world.faults, user, known_device=True)
            if session.stage == EXPIRED:
                return self._pages.show("application_error.html")
            while session.stage == EXPIRING:
                go_on(portal, session)
            self._sessions[user] = session
            return RedirectResponse(FIRST_PAGE if session.stage == HOME else "/application-error", status_code=302)

        return await step.run(work, lambda: receive_password(portal, user, password))

    def _refusal(self) -> Response:
        """The same page for nothing and for a wrong password; its picture is behind the prompt too."""
        response = self._pages.show("prompt.html")
        response.status_code = 401
        response.headers["WWW-Authenticate"] = 'Basic realm="secure.tmhp.com"'
        return response

    @property
    def _portal(self) -> Portal:
        return self._world.portals["tmhp"]


def _given(request: Request) -> tuple[str, str]:
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    try:
        user, _, password = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return (user, password) if scheme.lower() == BASIC else ("", "")
