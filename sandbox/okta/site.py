"""Okta: a page whose script follows IDX answers, the services behind it, and the way back to the portal."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from sandbox.bundle import Asset, build
from sandbox.changes import Change, change_password, receive_change
from sandbox.okta.classic import Classic
from sandbox.okta.dashboard import Dashboard
from sandbox.okta.idx import ENROLLED, IDX, Idx
from sandbox.okta.visit import AUTHENTICATORS, CHALLENGE, COOKIE, IDENTIFY, PASSWORD, Visit, Visits, is_used
from sandbox.okta.wording import CHANGES, GONE, LOCKED, REFUSED, USED_CODE, WRONG_CODE
from sandbox.pages import Pages
from sandbox.policy import InputError
from sandbox.sessions import EXPIRED, EXPIRING
from sandbox.sign_in import (
    Verdict,
    begin,
    complete,
    go_on,
    judge_code,
    judge_password,
    receive_code,
    receive_password,
)
from sandbox.web import Step, bad_input, read_json, word
from sandbox.world import Portal, World

_WEIGHT = 400_000
_LIGHT = "light"


def okta_site(world: World, name: str, dashboard: Dashboard, widget: Path | None) -> Starlette:
    """An Okta that signs in to the portal `name`; `widget` is a folder with the published widget, if there is one."""
    script = build(
        "/assets", "okta", ("browser_side/kit.js", "okta/js/light.js"), world.vendor_bytes(_WEIGHT), world.seed
    )
    okta = Okta(world, name, script, widget is not None)
    posts: dict[str, Callable[[Visit, Request], Awaitable[Response]]] = {
        "introspect": okta.introspect,
        "identify": okta.identify,
        "challenge": okta.choose,
        "challenge/answer": okta.prove,
        "challenge/resend": okta.introspect,
        "skip": okta.skip,
        "cancel": okta.cancel,
    }

    async def asset(request: Request) -> Response:
        return script.answer(request)

    return Starlette(
        routes=[
            Route("/", okta.page),
            Route(script.path, asset),
            *(Route(f"{IDX}/{path}", okta.visited(do), methods=["POST"]) for path, do in posts.items()),
            Route("/login/token/redirect", okta.redirect),
            *Classic(world, name).routes(),
            *dashboard.routes(),
            *([Mount("/widget", StaticFiles(directory=widget))] if widget else []),
        ],
        exception_handlers={InputError: bad_input},
    )


class Okta:
    """The sign-in page and its services."""

    def __init__(self, world: World, name: str, script: Asset, has_widget: bool) -> None:
        self._world = world
        self._name = name
        self._script = script
        self._has_widget = has_widget
        self._visits = Visits()
        self._pages = Pages("okta")

    async def page(self, request: Request) -> Response:
        """The page that all steps are shown on: our own light one, or one with the published widget."""
        step = self._step(request, "login")

        async def work() -> Response:
            kind = self._portal.policy.sign_in_page if self._has_widget else _LIGHT
            settings = {
                "stateHandle": self._visits.begin().handle,
                "changedLabels": step.take("changed_labels") is not None,
                "changedIds": step.take("changed_ids") is not None,
                "selfSubmitting": step.take("self_submitting_code") is not None,
            }
            return self._pages.answer(f"{kind}.html", self._script, settings)

        return await step.run(work)

    def visited(self, do: Callable[[Visit, Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """A service for who has a visit; others are told that theirs is over."""

        async def answer(request: Request) -> Response:
            body = await read_json(request)
            visit = self._visits.find(word(body, "stateHandle") or word(body, "stateToken"))
            if visit is None:
                return Idx(self._portal, Visit(""), _base(request)).end(*GONE, status=401)
            return await do(visit, request)

        return answer

    async def introspect(self, visit: Visit, request: Request) -> Response:
        """Where the visit stands."""
        return self._idx(visit, request).answer()

    async def identify(self, visit: Visit, request: Request) -> Response:
        """Who wants in. Whether there is such a user is told nobody."""
        visit.user = word(await read_json(request), "identifier")
        return self._idx(visit, request).answer()

    async def choose(self, visit: Visit, request: Request) -> Response:
        """The second step's method."""
        chosen = (await read_json(request)).get("authenticator") or {}
        method = {ENROLLED[key]["id"]: method for method, key in AUTHENTICATORS.items()}.get(chosen.get("id"), "")
        if visit.session is None or method not in visit.factors(self._portal):
            raise InputError("authenticator must be one of the offered ones")
        visit.choose(self._portal, method)
        return self._idx(visit, request).answer()

    async def prove(self, visit: Visit, request: Request) -> Response:
        """A passcode: the password, a code or a new password, by where the visit stands."""
        given = (await read_json(request)).get("credentials") or {}
        passcode = word(given, "passcode") or word(given, "totp")
        match visit.step(self._portal):
            case step if step == PASSWORD:
                return await self._password(visit, request, passcode)
            case step if step == CHALLENGE:
                return await self._code(visit, request, passcode)
            case step if step in (EXPIRED, EXPIRING):
                return await self._renew(visit, request, passcode)
        return self._idx(visit, request).end(*GONE, status=401)

    async def skip(self, visit: Visit, request: Request) -> Response:
        """Past the warning, with the old password."""
        if visit.session is not None and visit.session.stage == EXPIRING:
            go_on(self._portal, visit.session)
        return self._idx(visit, request).answer()

    async def cancel(self, visit: Visit, request: Request) -> Response:
        """Back to the first step."""
        visit.user, visit.session, visit.chosen = "", None, ""
        return self._idx(visit, request).answer()

    async def redirect(self, request: Request) -> Response:
        """The end of a sign-in: a cookie, and on to the dashboard."""
        visit = self._visits.find(request.query_params.get("stateToken", ""))
        if visit is not None and visit.closed:
            return RedirectResponse(f"{self._portal.url}/application-error", status_code=302)
        if visit is None or visit.session is None or visit.step(self._portal) in (IDENTIFY, PASSWORD):
            return RedirectResponse("/", status_code=302)
        response = RedirectResponse("/app/UserHome", status_code=302)
        response.set_cookie(COOKIE, visit.session.token, httponly=True, samesite="lax")
        return response

    async def _password(self, visit: Visit, request: Request, password: str) -> Response:
        step, portal, idx = self._step(request, "login_post", visit.user), self._portal, self._idx(visit, request)

        async def work() -> Response:
            match judge_password(portal, visit.user, password):
                case Verdict.LOCKED:
                    return idx.end(*LOCKED)
                case Verdict.REFUSED:
                    return idx.answer(401, REFUSED, redraw=step.take("redraw_refusal") is not None)
                case Verdict.DISABLED:
                    visit.closed = True
                case Verdict.ACCEPTED:
                    visit.session = begin(portal, self._world.faults, visit.user)
            return idx.answer()

        return await step.run(work, lambda: receive_password(portal, visit.user, password))

    async def _code(self, visit: Visit, request: Request, code: str) -> Response:
        portal, idx, session = self._portal, self._idx(visit, request), visit.session
        if session is None:
            raise InputError("no code is wanted now")
        account = visit.account(portal)
        step = self._step(request, "code_post", visit.user)
        used = is_used(step, account, code)

        async def work() -> Response:
            match judge_code(portal, self._world.clock, session, code):
                case Verdict.LOCKED:
                    return idx.end(*LOCKED)
                case Verdict.ACCEPTED:
                    complete(portal, session)
                    return idx.answer()
            return idx.field_error(*(USED_CODE if used else WRONG_CODE))

        return await step.run(work, lambda: receive_code(portal, account))

    async def _renew(self, visit: Visit, request: Request, wanted: str) -> Response:
        portal, idx, session = self._portal, self._idx(visit, request), visit.session
        if session is None:
            raise InputError("no new password is wanted now")
        account = visit.account(portal)
        step = self._step(request, "change_post", visit.user)

        async def work() -> Response:
            verdict = change_password(portal, account, account.password, wanted, wanted)
            if verdict is Change.DONE:
                go_on(portal, session)
                return idx.answer()
            if step.take("redraw_refusal") is not None:
                return idx.answer(400, redraw=True)
            return idx.field_error("", CHANGES[verdict])

        return await step.run(work, lambda: receive_change(portal, account))

    @property
    def _portal(self) -> Portal:
        return self._world.portals[self._name]

    def _idx(self, visit: Visit, request: Request) -> Idx:
        return Idx(self._portal, visit, _base(request))

    def _step(self, request: Request, at: str, user: str | None = None) -> Step:
        return Step(self._world, self._portal, request, at, user)


def _base(request: Request) -> str:
    return f"http://{request.headers['host']}"
