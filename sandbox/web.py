"""What every portal's web side needs: bodies, cookies, pages and the faults ordered for a step."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import parse_qsl

from jinja2 import Environment, PackageLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from sandbox.faults import Fault
from sandbox.policy import InputError
from sandbox.sessions import HOME, Session
from sandbox.wire import cut, wire_of
from sandbox.world import Portal, World

_PAGES = Environment(loader=PackageLoader("sandbox", "browser_side/pages"), autoescape=True)
_STATUS = {
    "maintenance": 503,
    "captcha": 403,
    "access_blocked": 403,
    "unknown_page": 200,
    "server_error": 500,
}
_FRONT_PAGES = ("maintenance", "captcha", "access_blocked", "unknown_page")


async def read_json(request: Request) -> dict[str, Any]:
    """The request's JSON object; InputError when it is anything else. An empty body is {}."""
    body = await request.body()
    try:
        read = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise InputError("the body is not JSON") from None
    if not isinstance(read, dict):
        raise InputError("the body must be a JSON object")
    return read


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form that was sent as one."""
    return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))


def word(body: dict[str, Any], name: str) -> str:
    """The text `name` of a body, empty when absent."""
    value = body.get(name, "")
    if not isinstance(value, str):
        raise InputError(f"{name} must be a text")
    return value


def us_day(text: str) -> date | None:
    """MM/DD/YYYY; None when it is no day."""
    found = re.fullmatch(r"(\d{2})/(\d{2})/(\d{4})", text)
    if found is None:
        return None
    month, day, year = map(int, found.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None


def bad_input(_: Request, error: Exception) -> Response:
    """Exception handler: what was asked cannot be."""
    return JSONResponse({"message": str(error)}, status_code=400)


def fault_page(kind: str, portal: Portal) -> Response:
    """One of the pages no portal module expects."""
    page = _PAGES.get_template(f"{kind}.html").render(portal=portal.id)
    return HTMLResponse(page, status_code=_STATUS[kind])


@dataclass(frozen=True)
class Step:
    """One request at a place where faults can be ordered."""

    world: World
    portal: Portal
    request: Request
    at: str
    user: str | None = None

    def take(self, kind: str) -> Fault | None:
        """The fault of this kind that is due now, if any."""
        reused = wire_of(self.request.scope).reused
        faults = self.world.faults
        return faults.take(self.portal.id, kind, self.at, self.user, reused=reused)

    async def run(
        self, work: Callable[[], Awaitable[Response]], received: Callable[[], None] | None = None
    ) -> Response:
        """Answer by `work`, disturbed as ordered. `received` counts the request as read."""
        if self.take("cut_before"):
            return cut(self.request)
        if received is not None:
            received()
        if hang := self.take("hang"):
            await asyncio.sleep(hang.seconds)
        for kind in _FRONT_PAGES:
            if self.take(kind):
                return fault_page(kind, self.portal)
        cutting, failing = self.take("cut_after"), self.take("server_error")
        undone = any(fault is not None and not fault.applied for fault in (cutting, failing))
        response = Response() if undone else await work()
        if cutting:
            return cut(self.request)
        return fault_page("server_error", self.portal) if failing else response


def living_session(world: World, portal: Portal, token: str | None) -> Session | None:
    """The session of a cookie or bearer token, unless a fault was ordered to end it now."""
    session = portal.sessions.find(token)
    if session is None:
        return None
    if session.stage == HOME and world.faults.take(portal.id, "end_session", "session", session.user):
        portal.sessions.end(session, "ended by order")
        return None
    portal.sessions.touch(session)
    return session


def unauthorized(message: str = "Your session has ended.") -> Response:
    """The answer to a request without a living session."""
    return JSONResponse({"code": "no_session", "message": message}, status_code=401)
