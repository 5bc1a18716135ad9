"""What stands in for the browser: a host, a context and a page that feed the real gate, and the portal's two flows.

Nothing is drawn. A page sends a request through the routes that the gate has hung into the context, and on to the
portal in the process that started this one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flows.errors import (
    AccountLocked,
    CodeRejected,
    InvalidCredentials,
    NewPasswordRefused,
    PasswordExpired,
    PortalUnavailable,
    ScreenNotRecognised,
    SessionEnded,
)
from payers.model import AccountState, Letter, Policy, Portal
from payers.portals.availity import PORTAL as AVAILITY
from payers.portals.availity import RESET
from tests.chaos.letters import HOST, LINK, SUBJECT

Ask = Callable[..., Any]
NAME = "chaos"
ADDRESS = f"http://{HOST}"


class Request:
    """One request of a page, as the gate looks at it."""

    def __init__(self, path: str, form: dict[str, str]) -> None:
        self.path, self.form = path, form
        self.url = ADDRESS + path
        self.method = "GET" if path in ("/", "/link") else "POST"
        self.post_data_buffer = urlencode(form).encode()
        self.headers: dict[str, str] = {}
        self.redirected_from = None


@dataclass(frozen=True)
class Response:
    """The answer to it, as the gate looks at it."""

    request: Request
    status: int


@dataclass
class Route:
    """What a route's handler decides."""

    allowed: bool = False

    async def continue_(self) -> None:
        self.allowed = True

    async def abort(self, code: str) -> None:
        self.allowed = False


@dataclass
class Line:
    """In the place of `bots.relay.Line`: while it is `held`, a connection that is cut is not told to the browser."""

    held: bool = False

    def follow(self, context: Context) -> None:
        for event in ("response", "requestfailed"):
            context.on(event, self._over)

    def leave(self, context: Context) -> None:
        for event in ("response", "requestfailed"):
            context.remove_listener(event, self._over)
        self.held = False

    def submitting(self, request: Request) -> None:
        self.held = True

    def _over(self, what: Request | Response) -> None:
        self.held = False


class Context:
    """A browser context: routes, listeners, and the cookie of the portal."""

    def __init__(self, ask: Ask, storage: Any, line: Line) -> None:
        self.ask = ask
        self.line = line
        self.session: int | None = storage["cookies"][0]["value"] if storage else None
        self._routes: list[Any] = []
        self._listeners: dict[str, list[Any]] = {"requestfailed": [], "response": []}

    def set_default_timeout(self, milliseconds: float) -> None:
        """Nothing here takes time."""

    def on(self, event: str, listener: Any) -> None:
        self._listeners[event].append(listener)

    def remove_listener(self, event: str, listener: Any) -> None:
        self._listeners[event].remove(listener)

    async def route(self, pattern: str, judge: Any) -> None:
        self._routes.append(judge)

    async def unroute(self, pattern: str, judge: Any) -> None:
        self._routes.remove(judge)

    async def new_page(self) -> Page:
        return Page(self)

    async def storage_state(self) -> dict[str, Any]:
        return {"cookies": [{"name": "session", "value": self.session}], "origins": []}

    async def passes(self, request: Request) -> bool:
        """Whether the routes let the request out, the newest first."""
        for judge in reversed(self._routes):
            route = Route()
            await judge(route, request)
            return route.allowed
        return True

    def tell(self, event: str, what: Request | Response) -> None:
        for listener in [*self._listeners[event]]:
            listener(what)


class Page:
    """A page: sends what it is told to send, and what it sends by itself."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.url = ADDRESS
        self._hanging: list[Request] = []

    async def send(self, path: str, **form: str) -> str | None:
        """The screen that comes of it; none when none comes."""
        answer = await self._once(Request(path, form))
        if answer is not None and answer.repeats:
            again = await self._once(Request(path, form))
            answer = again or answer
        return answer.screen if answer else None

    async def _once(self, request: Request) -> Any:
        if not await self.context.passes(request):
            return None
        answer = self.context.ask("request", request.path, request.form, self.context.session)
        if answer.reused and not self.context.line.held:  # the browser sends it again by itself
            answer = self.context.ask("request", request.path, request.form, self.context.session)
        if answer.session is not None:
            self.context.session = answer.session
        if answer.cut:
            self.context.tell("requestfailed", request)
            return replace(answer, screen="no connection")
        if answer.screen is None:
            self._hanging.append(request)
        else:
            self.context.tell("response", Response(request, 500 if answer.screen == "error" else 200))
        return answer

    async def close(self) -> None:
        """A request without an answer ends with its page."""
        for request in self._hanging:
            self.context.tell("requestfailed", request)
        self._hanging.clear()

    async def evaluate(self, script: str) -> dict[str, str]:
        return {}


class Host:
    """In the place of `bots.browser.Host`."""

    ask: Ask
    alive = True
    served = 0
    open = 0
    traces = None

    @classmethod
    async def start(cls, executable: Path, *, headed: bool, sandbox: bool) -> Host:
        return cls()

    @asynccontextmanager
    async def context(self, storage: Any) -> AsyncIterator[tuple[Context, Line]]:
        line = Line()
        yield Context(self.ask, storage, line), line

    async def stop(self) -> None:
        """Nothing runs."""


MEANINGS: dict[str | None, Exception] = {
    "refused": InvalidCredentials("the portal refused user id and password", phrase="password_refused"),
    "locked": AccountLocked("the portal says that the account is locked", phrase="locked"),
    "expired": PasswordExpired("the portal wants the password changed first", screen="ForcedChange"),
    "new refused": NewPasswordRefused("the portal does not take the new password", screen="ChangeAnswer"),
    "sign in": SessionEnded("the portal ended the session", screen="SignIn"),
    "error": PortalUnavailable("the portal answers with status 500"),
    "no connection": PortalUnavailable("the portal could not be reached"),
    "dead link": CodeRejected("the link of the letter is worth nothing any more", phrase="link_used"),
    "code refused": CodeRejected("the portal refused two codes", phrase="code_refused"),
}


def reached(screen: str | None, *wanted: str) -> str:
    """The screen, if it is one of those wanted; raises what another one means."""
    if screen in wanted:
        return str(screen)
    raise MEANINGS.get(screen, ScreenNotRecognised("none of the expected screens came", screen=wanted[-1]))


async def sign_in(session: Any) -> None:
    """The portal's way in, as `payers/portals` drives one."""
    page = session.page
    async with session.step("open the portal"):
        screen = reached(await page.send("/"), "home", "sign in")
    if screen == "home":
        return
    async with session.step("enter user id and password", private=True):
        password = (await session.password()).get_secret_value()
        screen = reached(await page.send("/login", user="u", password=password), "home", "code")
    for _ in range(2 if screen == "code" else 0):
        async with session.step("enter the code", private=True):
            screen = reached(
                await page.send("/code", code=(await session.code()).get_secret_value()), "home", "code refused"
            )
        if screen == "home":
            return
    reached(screen, "home")


async def change(session: Any) -> None:
    """The change form."""
    async with session.step("change the password", private=True):
        current = (await session.password()).get_secret_value()
        new = (await session.new_password()).get_secret_value()
        reached(await session.page.send("/change", current=current, new=new), "changed")


async def recover(session: Any) -> None:
    """The way back for a forgotten password."""
    page = session.page
    async with session.step("ask for a letter"):
        reached(await page.send("/"), "home", "sign in")
        await session.expect_letter()
        reached(await page.send("/forgot", user="u"), "check email")
    async with session.step("set the new password", private=True):
        token = (await session.letter()).get_secret_value().partition(LINK)[2]
        reached(await page.send("/link", token=token), "reset form")
        new = (await session.new_password()).get_secret_value()
        reached(await page.send("/reset", token=token, new=new), "reset done")


PORTAL = Portal(
    name=NAME,
    title="Chaos",
    address=ADDRESS,
    version="1",
    policy=Policy(
        lockout_threshold=3,
        password_rules=AVAILITY.policy.password_rules,
        ways_back={AccountState.LOCKED: RESET, AccountState.PASSWORD: RESET},
    ),
    login=sign_in,
    password_reset=change,
    password_recovery=recover,
    reset_letter=Letter(domains=frozenset({"chaos.example"}), subject=SUBJECT, link=LINK),
)
Flow = Callable[[Any], Awaitable[None]]
