"""One Healthcare ID: user name, password and second step on pages of their own, then a ticket."""

import secrets
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.bundle import Asset, build
from sandbox.one_healthcare_id.passwords import PasswordScreens
from sandbox.one_healthcare_id.visit import API, FACTORS, next_stage, portal_of, session_of, with_cookie
from sandbox.pages import Pages
from sandbox.policy import InputError
from sandbox.sessions import BUSY, CODE, TERMS
from sandbox.sign_in import (
    Verdict,
    begin,
    complete,
    end_others,
    judge_code,
    judge_password,
    receive_code,
    receive_password,
)
from sandbox.texted_codes import text_code
from sandbox.web import Step, bad_input, read_json, unauthorized, word
from sandbox.world import Portal, World

PAGE = "/oneapp/index.html"
_SENSOR = "/akam/13/pixel"
_DEVICE = "OHIDDEVICE"
_DEVICE_SECONDS = 365 * 86_400
_WEIGHT = 300_000
_REFUSED = "Username and/or password is not recognized"
_WRONG_CODE = "The code you entered is invalid or has expired. Try again."


def one_healthcare_id_site(world: World, metrics: str) -> Starlette:
    """The application behind onehealthcareid.localhost; `metrics` takes its telemetry."""
    own = ("browser_side/kit.js", *(f"one_healthcare_id/js/{name}.js" for name in ("parts", "passwords", "identity")))
    script = build("/oneapp/assets", "oneapp", own, world.vendor_bytes(_WEIGHT), world.seed)
    identity = Identity(world, script, metrics)
    posts: dict[str, Callable[[Request], Awaitable[Response]]] = {
        "login-options": identity.login_options,
        "password": identity.password,
        "factor": identity.factor,
        "code": identity.code,
        "terms": identity.terms,
        "take-over": identity.take_over,
    }

    async def asset(request: Request) -> Response:
        return script.answer(request)

    return Starlette(
        routes=[
            Route("/", to_page),
            Route(PAGE, identity.page),
            Route(script.path, asset),
            Route(f"{API}/progress", identity.progress),
            *(Route(f"{API}/{name}", do, methods=["POST"]) for name, do in posts.items()),
            *PasswordScreens(world).routes(),
            Route(_SENSOR, telemetry, methods=["POST"]),
        ],
        exception_handlers={InputError: bad_input},
    )


async def to_page(_: Request) -> Response:
    """The front door."""
    return RedirectResponse(f"{PAGE}#/login", status_code=302)


async def telemetry(request: Request) -> Response:
    """Sensor data: taken and forgotten."""
    await request.body()
    return Response(status_code=204, headers={"Access-Control-Allow-Origin": "*"})


def telemetry_site() -> Starlette:
    """The device-profiling host that the sign-in page reports to."""
    return Starlette(routes=[Route("/{rest:path}", telemetry, methods=["GET", "POST"])])


class Identity:
    """The sign-in page and its services."""

    def __init__(self, world: World, script: Asset, metrics: str) -> None:
        self._world = world
        self._script = script
        self._metrics = metrics
        self._pages = Pages("one_healthcare_id")

    async def page(self, request: Request) -> Response:
        """The page all sign-in screens live on."""
        step = self._step(request, "login")

        async def work() -> Response:
            told = self._portal.policy.telemetry
            settings = {
                "changedLabels": step.take("changed_labels") is not None,
                "changedIds": step.take("changed_ids") is not None,
                "selfSubmitting": step.take("self_submitting_code") is not None,
                "telemetry": [self._metrics, _SENSOR] if told else [],
            }
            return self._pages.answer("identity.html", self._script, settings)

        return await step.run(work)

    async def login_options(self, request: Request) -> Response:
        """Whether the user exists: the first of the two pages asks."""
        user = word(await read_json(request), "username")
        exists = user in self._portal.accounts
        options = ["PASSWORD"] if exists else []
        return JSONResponse({"userExists": exists, "loginOptions": options})

    async def password(self, request: Request) -> Response:
        """Judge a user name and password."""
        body = await read_json(request)
        user, password = word(body, "username"), word(body, "password")
        step, portal = self._step(request, "login_post", user), self._portal

        async def work() -> Response:
            verdict = judge_password(portal, user, password)
            if verdict in (Verdict.LOCKED, Verdict.DISABLED):
                return JSONResponse({"code": verdict.value}, 403)
            if verdict is Verdict.REFUSED:
                redraw = step.take("redraw_refusal") is not None
                return JSONResponse({"message": _REFUSED, "redraw": redraw}, 401)
            known = request.cookies.get(_DEVICE) in portal.accounts[user].trusted_devices
            session = begin(portal, self._world.faults, user, known_device=known)
            return with_cookie(next_stage(portal, session), session)

        return await step.run(work, lambda: receive_password(portal, user, password))

    async def factor(self, request: Request) -> Response:
        """Take the second step's method; a text or call delivers a code at once."""
        session = session_of(self._world, request, CODE)
        if session is None:
            return unauthorized()
        factor = word(await read_json(request), "factor")
        account = self._portal.account(session)
        if FACTORS.get(factor) not in account.methods:
            raise InputError("factor must be one of the offered ones")
        session.method = FACTORS[factor]
        if factor == "sms":
            text_code(self._portal, account)
        elif factor == "call":
            account.texted_code = f"{secrets.randbelow(10**6):06d}"
        return JSONResponse({"phone": account.phone[-4:]})

    async def code(self, request: Request) -> Response:
        """Judge a one-time code."""
        session = session_of(self._world, request, CODE)
        if session is None:
            return unauthorized()
        body, portal = await read_json(request), self._portal
        code, account = word(body, "code"), portal.account(session)

        async def work() -> Response:
            verdict = judge_code(portal, self._world.clock, session, code)
            if verdict is Verdict.LOCKED:
                return JSONResponse({"code": "locked"}, 403)
            if verdict is Verdict.REFUSED:
                return JSONResponse({"message": _WRONG_CODE}, 400)
            complete(portal, session)
            answer = with_cookie(next_stage(portal, session), session)
            if body.get("trustDevice") is True and session.method == "text":
                self._trust(answer, account.trusted_devices)
            return answer

        step = self._step(request, "code_post", session.user)
        return await step.run(work, lambda: receive_code(portal, account))

    async def terms(self, request: Request) -> Response:
        """The user accepts the new terms."""
        session = session_of(self._world, request, TERMS)
        if session is None:
            return unauthorized()
        session.terms = False
        self._portal.note(session.user, "terms_accepted")
        complete(self._portal, session)
        return next_stage(self._portal, session)

    async def take_over(self, request: Request) -> Response:
        """The user chooses to end the session that is open elsewhere."""
        session = session_of(self._world, request, BUSY)
        if session is None:
            return unauthorized()
        end_others(self._portal, session)
        return next_stage(self._portal, session)

    async def progress(self, request: Request) -> Response:
        """How far the sign-in has come, for a reloaded page."""
        session = session_of(self._world, request)
        return unauthorized() if session is None else next_stage(self._portal, session)

    @property
    def _portal(self) -> Portal:
        return portal_of(self._world)

    def _step(self, request: Request, at: str, user: str | None = None) -> Step:
        return Step(self._world, self._portal, request, at, user)

    def _trust(self, response: Response, devices: set[str]) -> None:
        device = secrets.token_urlsafe(16)
        devices.add(device)
        response.set_cookie(_DEVICE, device, max_age=_DEVICE_SECONDS, httponly=True)
