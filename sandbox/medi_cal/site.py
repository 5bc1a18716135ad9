"""The Medi-Cal Provider Portal: the page, and the services of sign-in, agreement and password."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.accounts import Account
from sandbox.bundle import build
from sandbox.changes import Change, change_password, reason, receive_change
from sandbox.medi_cal.transactions import Transactions
from sandbox.medi_cal.visit import COOKIE, ID, flaws_of, session_of
from sandbox.pages import Pages
from sandbox.passwords import conditions, warned_days
from sandbox.policy import InputError
from sandbox.sessions import BUSY, EXPIRED, EXPIRING, HOME, TERMS, Session
from sandbox.sign_in import Verdict, begin, complete, end_others, go_on, judge_password, receive_password
from sandbox.web import Step, bad_input, read_json, unauthorized, word
from sandbox.world import Portal, World

_VIEWS = ("/", "/login", "/email", "/ula", "/transactionCenter", "/eligibility/single", "/claimStatus")
_OWN_VIEWS = ("/changePassword", "/passwordExpired", "/passwordExpiring", "/sessionInUse")
_WEIGHT = 600_000
_WORDS = {
    Verdict.REFUSED: "The email or password you entered is incorrect.",
    Verdict.LOCKED: "Your account has been locked. Contact the Telephone Service Center.",
    Verdict.DISABLED: "Your account is inactive. Contact the Telephone Service Center.",
}
_LEFT_BLANK = "Email and password are required."
_NOT_CHANGED = "Your password was not updated."
_AGREEMENT = (
    "Use of this portal is limited to Medi-Cal providers and their staff. "
    "Information about subscribers is confidential."
)
_NEW_TERMS = "The terms of use of this portal have changed. Automated access needs the consent of the Department."


def medi_cal_site(world: World) -> Starlette:
    """The application behind medi-cal.localhost."""
    own = ("browser_side/kit.js", *(f"medi_cal/js/{name}.js" for name in ("parts", "login", "portal")))
    script = build("/static", "provider-portal", own, world.vendor_bytes(_WEIGHT), world.seed)
    site, pages = MediCal(world), Pages("medi_cal")

    async def page(request: Request) -> Response:
        step = site.step(request, "login")

        async def work() -> Response:
            return pages.answer("portal.html", script, {"flaws": flaws_of(step)})

        return await (work() if session_of(world, request) else step.run(work))

    async def asset(request: Request) -> Response:
        return script.answer(request)

    posts: dict[str, Callable[[Request], Awaitable[Response]]] = {
        "login": site.log_in,
        "agreement": site.agree,
        "take-over": site.take_over,
        "later": site.later,
        "password": site.change_password,
        "logout": site.log_out,
    }
    return Starlette(
        routes=[
            *(Route(path, page) for path in (*_VIEWS, *_OWN_VIEWS)),
            Route(script.path, asset),
            Route("/api/agreement", site.agreement),
            Route("/api/password", site.password),
            *(Route(f"/api/{name}", do, methods=["POST"]) for name, do in posts.items()),
            *Transactions(world).routes(),
        ],
        exception_handlers={InputError: bad_input},
    )


class MediCal:
    """The services around the transactions."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def log_in(self, request: Request) -> Response:
        """Judge an e-mail address and password."""
        body, portal = await read_json(request), self._portal
        user, password = word(body, "email"), word(body, "password")
        step = self.step(request, "login_post", user)

        async def work() -> Response:
            verdict = judge_password(portal, user, password)
            if verdict is not Verdict.ACCEPTED:
                redraw = step.take("redraw_refusal") is not None
                return JSONResponse({"message": _LEFT_BLANK if redraw else _WORDS[verdict]}, 401)
            return _stage(begin(portal, self._world.faults, user))

        return await step.run(work, lambda: receive_password(portal, user, password))

    async def agreement(self, request: Request) -> Response:
        """The text to agree to: the usual one, or new terms."""
        session = session_of(self._world, request, TERMS)
        if session is None:
            return unauthorized()
        return JSONResponse({"text": _AGREEMENT if session.agreement else _NEW_TERMS})

    async def agree(self, request: Request) -> Response:
        """The user agrees."""
        session = session_of(self._world, request, TERMS)
        if session is None:
            return unauthorized()
        self._portal.note(session.user, "agreement_accepted" if session.agreement else "terms_accepted")
        session.terms = False
        complete(self._portal, session)
        return _stage(session)

    async def take_over(self, request: Request) -> Response:
        """The user chooses to end the session that is open elsewhere."""
        session = session_of(self._world, request, BUSY)
        if session is None:
            return unauthorized()
        end_others(self._portal, session)
        return _stage(session)

    async def later(self, request: Request) -> Response:
        """Past the warning, with the old password."""
        session = session_of(self._world, request, EXPIRING)
        if session is None:
            return unauthorized()
        go_on(self._portal, session)
        return _stage(session)

    async def password(self, request: Request) -> Response:
        """What the form for a new password shows."""
        session = session_of(self._world, request, HOME, EXPIRED, EXPIRING)
        if session is None:
            return unauthorized()
        portal = self._portal
        account = portal.account(session)

        async def work() -> Response:
            rules = [each.words for each in conditions(portal.policy, account.user)]
            days = warned_days(portal.policy, account, portal.clock.now())
            return JSONResponse({"rules": rules, "daysLeft": days})

        at = "expiring" if session.stage == EXPIRING else "change"
        return await self.step(request, at, session.user).run(work)

    async def change_password(self, request: Request) -> Response:
        """A new password from somebody signed in, or held up at an expired one."""
        session = session_of(self._world, request, HOME, EXPIRED, EXPIRING)
        if session is None:
            return unauthorized()
        body, portal = await read_json(request), self._portal
        account, current, wanted = portal.account(session), word(body, "current"), word(body, "wanted")
        step = self.step(request, "change_post", session.user)

        async def work() -> Response:
            verdict = change_password(portal, account, current, wanted, word(body, "again"))
            if verdict is not Change.DONE:
                return JSONResponse({"message": _refusal(step, account, verdict, wanted)}, 400)
            if session.stage != HOME:
                go_on(portal, session)
            return _stage(session)

        return await step.run(work, lambda: receive_change(portal, account, current))

    async def log_out(self, request: Request) -> Response:
        """The user leaves."""
        if session := session_of(self._world, request):
            self._portal.account(session).tally.sign_outs += 1
            self._portal.sessions.end(session, "signed out")
        return JSONResponse({})

    def step(self, request: Request, at: str, user: str | None = None) -> Step:
        """A request at a place where faults can be ordered."""
        return Step(self._world, self._portal, request, at, user)

    @property
    def _portal(self) -> Portal:
        return self._world.portals[ID]


def _stage(session: Session) -> Response:
    response = JSONResponse({"stage": session.stage})
    response.set_cookie(COOKIE, session.token, httponly=True, samesite="lax")
    return response


def _refusal(step: Step, account: Account, verdict: Change, wanted: str) -> Any:
    if step.take("redraw_refusal"):
        return _LEFT_BLANK
    if verdict is Change.LOCKED and step.portal.policy.lock_told:
        return _WORDS[Verdict.LOCKED]
    return f"{_NOT_CHANGED} {reason(step.portal, account, verdict, wanted)}".strip()
