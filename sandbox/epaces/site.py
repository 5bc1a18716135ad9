"""ePACES: sign-in with its agreement box, home, the choice of the provider, and signing out."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sandbox.epaces.inquiries import Inquiries
from sandbox.epaces.passwords import PasswordPages
from sandbox.epaces.providers import remember_provider
from sandbox.epaces.visit import COOKIE, ID, page, posted, to, to_login, visit_of
from sandbox.policy import InputError
from sandbox.sessions import BUSY, EXPIRED, EXPIRING, HOME, TERMS, Session
from sandbox.sign_in import Verdict, begin, complete, end_others, judge_password, receive_password
from sandbox.web import Step
from sandbox.world import Portal, World

AT = {
    HOME: "/Default.aspx",
    EXPIRED: "/ChangePassword.aspx",
    EXPIRING: "/PasswordExpiring.aspx",
    TERMS: "/Terms.aspx",
    BUSY: "/AlreadyLoggedIn.aspx",
}
REFUSED = "Invalid User ID or Password."
WORDS = {
    Verdict.REFUSED: REFUSED,
    Verdict.LOCKED: "Your User ID has been locked. Contact your ePACES Administrator.",
    Verdict.DISABLED: "Your User ID is inactive. Contact your ePACES Administrator.",
}
_LEFT_BLANK = "User ID and Password are required."
_NOT_AGREED = "You must agree before you can log in."
_OVER = "Your session has ended. Please log in again."


def epaces_site(world: World) -> Starlette:
    """The application behind epaces.localhost."""
    site, inquiries, passwords = Epaces(world), Inquiries(world), PasswordPages(world)

    async def front_door(_: Request) -> Response:
        return to("/Login.aspx")

    async def no_postback(_: Request, error: Exception) -> Response:
        return PlainTextResponse(str(error), status_code=400)

    return Starlette(
        routes=[
            Route("/", front_door),
            Route("/Login.aspx", site.login),
            Route("/Login.aspx", site.log_in, methods=["POST"]),
            Route("/Default.aspx", site.home),
            Route("/Terms.aspx", site.terms, methods=["GET", "POST"]),
            Route("/AlreadyLoggedIn.aspx", site.busy, methods=["GET", "POST"]),
            Route("/Logout.aspx", site.log_out),
            *inquiries.routes(),
            *passwords.routes(),
            # A choice in the header posts back to whatever page it stands on.
            Route("/{page}.aspx", site.choose_provider, methods=["POST"]),
        ],
        exception_handlers={InputError: no_postback},
    )


class Epaces:
    """The pages around the inquiries."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def login(self, request: Request) -> Response:
        """The page with the sign-in form, above it why somebody is back here."""
        if visit_of(self._world, request):
            return to(AT[HOME])
        step = self._step(request, "login")

        async def work() -> Response:
            over = "timeout" in request.query_params or COOKIE in request.cookies
            return self._form(step, _OVER if over else "")

        return await step.run(work)

    async def log_in(self, request: Request) -> Response:
        """Judge a user ID and password; without the agreement nothing is judged."""
        fields, portal = await posted(request), self._portal
        user, password = fields.get("Username", ""), fields.get("Password", "")
        step = self._step(request, "login_post", user)

        async def work() -> Response:
            if "chkbxAgree" not in fields:
                return self._form(step, _NOT_AGREED)
            verdict = judge_password(portal, user, password)
            if verdict is not Verdict.ACCEPTED:
                redraw = step.take("redraw_refusal") is not None
                return self._form(step, _LEFT_BLANK if redraw else WORDS[verdict])
            return go_on_at(begin(portal, self._world.faults, user))

        return await step.run(work, lambda: receive_password(portal, user, password))

    async def home(self, request: Request) -> Response:
        """The first page with the menu."""
        visit = visit_of(self._world, request)
        if visit is None:
            return to_login("timeout")
        step = visit.step("home")

        async def work() -> Response:
            return visit.render("home.html", step)

        return await step.run(work)

    async def terms(self, request: Request) -> Response:
        """New terms, before home."""
        visit = visit_of(self._world, request, TERMS)
        if visit is None:
            return to_login()
        if request.method == "GET":
            return visit.render("terms.html", visit.step("terms"))
        visit.session.terms = False
        self._portal.note(visit.session.user, "terms_accepted")
        complete(self._portal, visit.session)
        return go_on_at(visit.session)

    async def busy(self, request: Request) -> Response:
        """Somebody else is logged in with this user ID; whoever insists ends that session."""
        visit = visit_of(self._world, request, BUSY)
        if visit is None:
            return to_login()
        if request.method == "GET":
            return visit.render("busy.html", visit.step("busy"))
        end_others(self._portal, visit.session)
        return go_on_at(visit.session)

    async def choose_provider(self, request: Request) -> Response:
        """Remember in whose name is asked, and show the page again, empty."""
        visit = visit_of(self._world, request)
        if visit is None:
            return to_login("timeout")
        remember_provider(visit.account.remembered, await posted(request))
        return to(request.url.path)

    async def log_out(self, request: Request) -> Response:
        """The user leaves."""
        if visit := visit_of(self._world, request):
            visit.account.tally.sign_outs += 1
            self._portal.sessions.end(visit.session, "signed out")
        return to_login()

    @property
    def _portal(self) -> Portal:
        return self._world.portals[ID]

    def _step(self, request: Request, at: str, user: str | None = None) -> Step:
        return Step(self._world, self._portal, request, at, user)

    def _form(self, step: Step, message: str) -> Response:
        return page("login.html", step, message=message, new_terms=step.take("terms") is not None)


def go_on_at(session: Session) -> Response:
    """Lead to the page where the sign-in stands."""
    response = to(AT[session.stage])
    response.set_cookie(COOKIE, session.token, httponly=True, samesite="lax")
    return response
