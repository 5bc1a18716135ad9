"""Availity's sign-in application: password, second step, terms, session already in use."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.availity import paths, wording
from sandbox.availity.visit import CHOICES, next_stage, page, portal_of, session_of, with_cookie
from sandbox.bundle import Asset
from sandbox.policy import InputError
from sandbox.sessions import BUSY, CODE, QUESTION, TERMS
from sandbox.sign_in import (
    Verdict,
    begin,
    complete,
    end_others,
    go_on,
    judge_answer,
    judge_code,
    judge_password,
    receive_answer,
    receive_code,
    receive_password,
)
from sandbox.texted_codes import text_code
from sandbox.web import Step, living_session, read_json, unauthorized, word
from sandbox.world import World


class SignInApp:
    """Everything under the login route."""

    def __init__(self, world: World, script: Asset) -> None:
        self._world = world
        self._script = script

    def routes(self) -> list[Route]:
        """The page and its services."""
        posts: dict[str, Callable[[Request], Awaitable[Response]]] = {
            "sign-in": self.password,
            "security-question": self.answer,
            "two-step/choice": self.choice,
            "two-step/code": self.code,
            "terms": self.terms,
            "sessions/take-over": self.take_over,
        }
        return [
            Route(paths.LOGIN, self.form),
            Route(f"{paths.SIGN_IN}/progress", self.progress),
            *(Route(f"{paths.SIGN_IN}/{name}", do, methods=["POST"]) for name, do in posts.items()),
        ]

    async def form(self, request: Request) -> Response:
        """The page with the sign-in form."""
        portal = portal_of(self._world)
        step = Step(self._world, portal, request, "login")

        async def work() -> Response:
            settings = {
                "changedLabels": step.take("changed_labels") is not None,
                "changedIds": step.take("changed_ids") is not None,
                "selfSubmitting": step.take("self_submitting_code") is not None,
                "hiddenBanner": step.take("hidden_banner") is not None,
                "cookieBanner": portal.policy.cookie_banner,
                "telemetry": portal.policy.telemetry,
            }
            return page("login.html", self._script, settings)

        return await step.run(work)

    async def progress(self, request: Request) -> Response:
        """How far the sign-in has come, for a reloaded page."""
        session = living_session(self._world, portal_of(self._world), request.cookies.get(paths.COOKIE))
        return unauthorized() if session is None else next_stage(portal_of(self._world), session)

    async def password(self, request: Request) -> Response:
        """Judge a user ID and password."""
        portal = portal_of(self._world)
        body = await read_json(request)
        user, password = word(body, "userId"), word(body, "password")
        step = Step(self._world, portal, request, "login_post", user)

        async def work() -> Response:
            verdict = judge_password(portal, user, password)
            if verdict is not Verdict.ACCEPTED:
                redraw = step.take("redraw_refusal") is not None
                return JSONResponse({"message": wording.PASSWORD[verdict], "redraw": redraw}, 401)
            session = begin(portal, self._world.faults, user)
            return with_cookie(next_stage(portal_of(self._world), session), session)

        return await step.run(work, lambda: receive_password(portal, user, password))

    async def answer(self, request: Request) -> Response:
        """Judge the answer to a security question."""
        portal = portal_of(self._world)
        session = session_of(self._world, request, QUESTION)
        if session is None:
            return unauthorized()
        answer = word(await read_json(request), "answer")

        async def work() -> Response:
            verdict = judge_answer(portal, session, answer)
            if verdict is not Verdict.ACCEPTED:
                return JSONResponse({"message": wording.ANSWER[verdict]}, 400)
            go_on(portal, session)
            return with_cookie(next_stage(portal_of(self._world), session), session)

        step = Step(self._world, portal, request, "answer_post", session.user)
        return await step.run(work, lambda: receive_answer(portal, portal.account(session)))

    async def choice(self, request: Request) -> Response:
        """Take the method; a text message is sent at once."""
        session = session_of(self._world, request, CODE)
        if session is None:
            return unauthorized()
        chosen = word(await read_json(request), "choice")
        account = portal_of(self._world).account(session)
        method = next((each for each in account.methods if CHOICES[each] == chosen), None)
        if method is None:
            raise InputError("choice must be one of the offered methods")
        session.method = method
        if method == "text":
            text_code(portal_of(self._world), account)
        return JSONResponse({"phone": account.phone[-2:]})

    async def code(self, request: Request) -> Response:
        """Judge a one-time code."""
        portal = portal_of(self._world)
        session = session_of(self._world, request, CODE)
        if session is None:
            return unauthorized()
        code = word(await read_json(request), "code")

        async def work() -> Response:
            verdict = judge_code(portal, self._world.clock, session, code)
            if verdict is not Verdict.ACCEPTED:
                return JSONResponse({"message": wording.CODE[verdict]}, 400)
            complete(portal, session)
            return with_cookie(next_stage(portal_of(self._world), session), session)

        step = Step(self._world, portal, request, "code_post", session.user)
        return await step.run(work, lambda: receive_code(portal, portal.account(session)))

    async def terms(self, request: Request) -> Response:
        """The user accepts the new terms."""
        session = session_of(self._world, request, TERMS)
        if session is None:
            return unauthorized()
        portal = portal_of(self._world)
        session.terms = False
        portal.note(session.user, "terms_accepted")
        complete(portal, session)
        return next_stage(portal_of(self._world), session)

    async def take_over(self, request: Request) -> Response:
        """The user chooses to end the session that is open elsewhere."""
        session = session_of(self._world, request, BUSY)
        if session is None:
            return unauthorized()
        end_others(portal_of(self._world), session)
        return next_stage(portal_of(self._world), session)
