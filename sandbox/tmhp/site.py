"""TMHP's portal: the front door leads to IAMOnline; TexMedConnect's eligibility is a form and a page, no script."""

import asyncio
import re
import time
from datetime import date

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sandbox.accounts import Account
from sandbox.inquiries import Asked, Outcome, answered
from sandbox.lookups import Inquiry
from sandbox.organizations import Organization, Provider, organization
from sandbox.pages import Pages
from sandbox.policy import InputError
from sandbox.sessions import HOME, Session
from sandbox.tmhp.answer import OUTAGE, asked_rows, client_rows, coverage_rows, refusal
from sandbox.tmhp.prompt import BASIC, FIRST_PAGE, Prompt
from sandbox.tmhp.remits import HOME as REMITTANCES
from sandbox.tmhp.remits import TmhpRemits
from sandbox.web import Step, bad_input, living_session, read_form
from sandbox.world import Portal, World

COOKIE = "TMHPSESSION"
_ELIGIBILITY = "/texmedconnect/eligibility"
_PAYER = "texas-medicaid"
_INCOMPLETE = "Provider, Client ID, Date of Birth and Eligibility Date are required."
# The tiles of My Apps: name, the role it needs, where it leads (empty: nowhere in the practice world).
APPS = (
    ("TexMedConnect", "eligibility", "/texmedconnect/sso"),
    ("Electronic Remittance Advice", "era", "/era/sso"),
    ("MedLog", "", ""),
    ("PEMS", "", ""),
    ("Manage IMD Clients", "", ""),
    ("PA on the Portal", "", ""),
)
_DIRECT = {"eligibility": _ELIGIBILITY, "era": REMITTANCES}


def tmhp_site(world: World, identity: str) -> ASGIApp:
    """The application behind tmhp.localhost; `identity` is where sign-in happens."""
    site = Tmhp(world, identity)
    remits = TmhpRemits(world, site.session_of, site.ended)
    routed = Starlette(
        routes=[
            Route("/", site.front_door),
            Route(FIRST_PAGE, site.my_account),
            Route("/application-error", site.application_error),
            Route("/texmedconnect/sso", site.sso),
            Route("/era/sso", site.sso),
            Route(REMITTANCES, remits.home),
            Route("/era/file", remits.file),
            Route(_ELIGIBILITY, site.form),
            Route(_ELIGIBILITY, site.search, methods=["POST"]),
        ],
        exception_handlers={InputError: bad_input},
    )
    return Prompt(routed, world)


class Tmhp:
    """The pages."""

    def __init__(self, world: World, identity: str) -> None:
        self._world = world
        self._identity = identity
        self._pages = Pages("tmhp")

    async def front_door(self, _: Request) -> Response:
        """To My Apps, which asks for a sign-in where one is needed; the older site's first page came before it."""
        if self._portal.policy.sign_in_page == BASIC:
            return RedirectResponse(FIRST_PAGE, status_code=302)
        return RedirectResponse(f"{self._identity}/app/UserHome", status_code=302)

    async def my_account(self, request: Request) -> Response:
        """The older site's first page: a list of what this account may use."""
        session = self.session_of(request)
        if session is None:
            return self.ended()
        account = self._portal.account(session)
        mine = [(title, _DIRECT.get(role, "#")) for title, role, _ in APPS if not role or role in account.roles]
        return self._pages.show("my_account.html", name=account.display_name, applications=mine)

    async def application_error(self, _: Request) -> Response:
        """What a stale account gets in the place of My Apps."""
        return self._pages.show("application_error.html")

    async def sso(self, request: Request) -> Response:
        """Through a tile: a ticket, good once, becomes a cookie."""
        session = self._portal.tickets.pop(request.query_params.get("ticket", ""), None)
        if session is None or self._portal.sessions.find(session.token) is None:
            return self.ended()
        era = request.url.path.startswith("/era")
        response = RedirectResponse(REMITTANCES if era else _ELIGIBILITY, status_code=302)
        response.set_cookie(COOKIE, session.token, httponly=True, samesite="lax")
        return response

    async def form(self, request: Request) -> Response:
        """The empty inquiry form."""
        session = self.session_of(request)
        if session is None:
            return self.ended()
        account = self._portal.account(session)
        step = Step(self._world, self._portal, request, "eligibility", session.user)

        async def work() -> Response:
            if "eligibility" not in account.roles:
                return self._pages.show("no_access.html")
            return self._form(account, step)

        return await step.run(work)

    async def search(self, request: Request) -> Response:
        """Take an inquiry, wait for the answer, and show it under the form."""
        session = self.session_of(request)
        if session is None:
            return self.ended()
        account, given = self._portal.account(session), await read_form(request)
        asked = self._asked(account, given)
        step = Step(self._world, self._portal, request, "lookup", session.user)

        async def work() -> Response:
            if asked is None:
                return self._form(account, None, given=given, message=_INCOMPLETE)
            outcome: Outcome = session.answers[answered(step, session, asked)]
            await asyncio.sleep(max(0.0, outcome.due - time.monotonic()))
            return self._result(account, given, outcome)

        return await step.run(work)

    def _result(self, account: Account, given: dict[str, str], outcome: Outcome) -> Response:
        if outcome.member is None:
            rows = asked_rows(outcome)
            return self._form(account, None, given=given, message=refusal(outcome), asked=rows)
        said = {"asked": asked_rows(outcome), "client": client_rows(outcome)}
        if outcome.outage:
            return self._form(account, None, given=given, outage=OUTAGE, **said)
        return self._form(account, None, given=given, coverage=coverage_rows(outcome), **said)

    def _form(self, account: Account, step: Step | None, **said: object) -> Response:
        """The form, with what was typed and what was answered below it, once there is something."""
        today = f"{self._world.clock.today():%m/%d/%Y}"
        return self._pages.show(
            "eligibility.html",
            name=account.display_name,
            today=today,
            providers=[
                (f"{each.npi}-{each.tin}", _label(of, each)) for of in _asking(account) for each in of.providers
            ],
            changed_labels=step is not None and step.take("changed_labels") is not None,
            changed_ids=step is not None and step.take("changed_ids") is not None,
            **{"given": {}} | said,
        )

    def _asked(self, account: Account, given: dict[str, str]) -> Asked | None:
        npi, _, tin = given.get("provider", "").partition("-")
        found = [(of, who) for of in _asking(account) if tin in of.tins and (who := of.provider(npi))]
        born, service = _day(given.get("dateOfBirth", "")), _day(given.get("eligibilityDate", ""))
        client = given.get("clientId", "").strip()
        if not (found and born and service and client):
            return None
        return Asked(Inquiry(_PAYER, client, born, service), *found[0], tin)

    def ended(self) -> Response:
        """The session is gone."""
        response = self._pages.show("session_ended.html", identity=self._identity)
        response.delete_cookie(COOKIE)
        return response

    @property
    def _portal(self) -> Portal:
        return self._world.portals["tmhp"]

    def session_of(self, request: Request) -> Session | None:
        """The living session of a request."""
        prompted = request.scope.get("prompted")
        token = prompted.token if prompted else request.cookies.get(COOKIE)
        session = living_session(self._world, self._portal, token)
        return session if session is not None and session.stage == HOME else None


def _asking(account: Account) -> list[Organization]:
    return [found for each in account.organizations if (found := organization(each))]


def _label(of: Organization, provider: Provider) -> str:
    return f"{provider.npi} - {provider.name} - {of.name} ({provider.tin})"


def _day(text: str) -> date | None:
    found = re.fullmatch(r"(\d{2})/(\d{2})/(\d{4})", text.strip())
    if found is None:
        return None
    month, day, year = map(int, found.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None
