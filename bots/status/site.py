"""The pages: /healthz and /metrics for programs, / for people, a POST for a one-time code."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from bots import now
from bots.clock import Timetable
from bots.heartbeat import is_alive
from bots.inventory import Inventory, stamp
from bots.inventory.audit import record_audit
from bots.people import may
from bots.status.doorkeeper import COOKIE, Doorkeeper
from bots.status.facts import look
from bots.status.metrics import Metrics
from bots.status.waiting import WaitingCodes
from flows.errors import InputError

CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z -]{2,31}")
MOST_BYTES = 4096
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_PAGES = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=select_autoescape(default=True))

Answer = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Site:
    """What the pages are made of."""

    inventory: Inventory
    timetable: Callable[[], Timetable]
    last_tick: Callable[[], float]
    codes: WaitingCodes
    doors: Doorkeeper
    metrics: Metrics

    def app(self) -> Starlette:
        """The application."""
        routes = [
            Route("/healthz", self._guarded(self.health)),
            Route("/metrics", self._guarded(self.numbers)),
            Route("/", self._guarded(self.page)),
            Route("/sign-in", self._guarded(self.sign_in), methods=["POST"]),
            Route("/sign-out", self._guarded(self.sign_out), methods=["POST"]),
            Route("/code", self._guarded(self.code), methods=["POST"]),
        ]
        return Starlette(routes=routes)

    def _guarded(self, answer: Answer) -> Answer:
        async def guarded(request: Request) -> Response:
            if not self.doors.host_is_ours(request):
                response: Response = Response("this name is not one of the status page's (status_hosts)", 421)
            else:
                try:
                    response = await answer(request)
                except InputError as error:
                    response = Response(str(error), 503)
            response.headers.update(HEADERS)
            return response

        return guarded

    async def health(self, request: Request) -> Response:
        """Whether the service works: 200, or 503 when its clock stands still or the inventory can't be read."""
        alive, problem = is_alive(self.last_tick()), ""
        try:
            await asyncio.to_thread(self.inventory.row, "SELECT 1")
        except InputError as error:
            alive, problem = False, str(error)
        answer = {"ok": alive, "problems": [*self.timetable().problems, *([problem] if problem else [])]}
        return JSONResponse(answer, 200 if alive else 503)

    async def numbers(self, request: Request) -> Response:
        """The metrics."""
        text = await asyncio.to_thread(self.metrics.text)
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    async def page(self, request: Request) -> Response:
        """What runs, comes and waits; the sign-in form for who is not known yet."""
        user = self.doors.user(request)
        if user is None:
            return self._page("sign_in.html", 401, refused="")
        facts = await asyncio.to_thread(partial(look, self.inventory, self.timetable()))
        person = self.doors.person(user)
        return self._page(
            "page.html",
            facts=facts,
            codes=self.codes.open(),
            person=person.name,
            may_give=may(person, "sign in to a portal"),
            form_token=self.doors.form_token(user),
            said=_SAID.get(request.query_params.get("said", ""), ""),
        )

    async def sign_in(self, request: Request) -> Response:
        """Take a token into a cookie of this browser's session."""
        form = await _form(request)
        token = form.get("token", "")
        if not self.doors.form_is_ours(request, None, ""):
            return self._page("sign_in.html", 403, refused="This came from another page.")
        if self.doors.user_of(token) is None:
            return self._page("sign_in.html", 403, refused="This is no token of this data folder.")
        response = RedirectResponse("/", 303)
        response.set_cookie(COOKIE, token.strip(), httponly=True, samesite="strict")
        return response

    async def sign_out(self, request: Request) -> Response:
        """Forget the token."""
        user, form = self.doors.user(request), await _form(request)
        if user is None or not self.doors.form_is_ours(request, user, form.get("form_token", "")):
            return self._page("sign_in.html", 403, refused="This came from another page.")
        response = RedirectResponse("/", 303)
        response.delete_cookie(COOKIE)
        return response

    async def code(self, request: Request) -> Response:
        """Hand a one-time code to the run that waits for it. The audit trail has who gave one, never which."""
        user, form = self.doors.user(request), await _form(request)
        if user is None or not self.doors.form_is_ours(request, user, form.get("form_token", "")):
            return self._page("sign_in.html", 403, refused="Sign in here first, and give the code on this page.")
        person = self.doors.person(user)
        if not may(person, "sign in to a portal"):
            return RedirectResponse("/?said=not-yours", 303)
        code = form.get("code", "").strip()
        if not CODE.fullmatch(code):
            return RedirectResponse("/?said=no-code", 303)
        waiting = next((one for one in self.codes.open() if one.id == form.get("id")), None)
        if waiting is None:
            return RedirectResponse("/?said=too-late", 303)
        await asyncio.to_thread(partial(self._record, person.name, waiting.words))
        given = self.codes.give(waiting.id, code)
        return RedirectResponse("/?said=given" if given else "/?said=too-late", 303)

    def _record(self, who: str, words: str) -> None:
        with self.inventory.write() as db:
            record_audit(
                db,
                at=stamp(now.utc()),
                who=who,
                action="give a code",
                account=words.split(":", maxsplit=1)[0],
                because="a run waits for it",
                details="status page",
            )

    def _page(self, name: str, status: int = 200, **shown: Any) -> Response:
        return HTMLResponse(_PAGES.get_template(name).render(**shown), status)


_SAID = {
    "given": "The code was handed to the run.",
    "too-late": "Nothing waits for that code any more.",
    "no-code": "That does not look like a code.",
    "not-yours": "Your role may not give codes: ask an operator.",
}


async def _form(request: Request) -> dict[str, str]:
    """The fields of a small form; none of what is larger or no form."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            return {}
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
