"""UnitedHealthcare's portal: one page, a session with a cookie and a token, eligibility. The rest is next door."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.accounts import Account
from sandbox.bundle import Asset, build
from sandbox.inquiries import Asked, Outcome, answered
from sandbox.lookups import Inquiry
from sandbox.organizations import Organization, organization
from sandbox.pages import Pages
from sandbox.policy import InputError
from sandbox.sessions import HOME, Session
from sandbox.uhc.answer import overview, refusal
from sandbox.uhc.claims import UhcClaims
from sandbox.uhc.documents import UhcDocuments
from sandbox.web import Step, bad_input, living_session, read_json, unauthorized, us_day, word
from sandbox.world import Portal, World

_COOKIE = "UHCSESSION"
_WEIGHT = 500_000
_PAYER = "87726"
_CHECK = "Please check your entries and try again."


def uhc_site(world: World, identity: str) -> Starlette:
    """The application behind uhc.localhost; `identity` is where sign-in happens."""
    own = ("browser_side/kit.js", "uhc/js/overview.js", "uhc/js/claims.js", "uhc/js/documents.js", "uhc/js/portal.js")
    script = build("/assets", "provider-portal", own, world.vendor_bytes(_WEIGHT), world.seed)
    site = Uhc(world, script, identity)
    claims, documents = UhcClaims(world, site), UhcDocuments(world, site)

    async def asset(request: Request) -> Response:
        return script.answer(request)

    return Starlette(
        routes=[
            Route("/", site.home),
            Route("/sso", site.sso),
            Route("/signed-out", site.signed_out),
            Route(script.path, asset),
            Route("/api/user", site.user),
            Route("/api/tin", site.choose_tin, methods=["PUT"]),
            Route("/api/session", site.sign_out, methods=["DELETE"]),
            Route("/api/eligibility/options", site.options),
            Route("/api/eligibility/search", site.search, methods=["POST"]),
            Route("/api/eligibility/search/{id}", site.result),
            Route("/api/claims/options", claims.options),
            Route("/api/claims/search", claims.search, methods=["POST"]),
            Route("/api/claims/search/{id}", claims.result),
            Route("/api/claims/search/{id}/claims/{number}", claims.claim),
            Route("/api/documents/options", documents.options),
            Route("/api/documents/search", documents.search, methods=["POST"]),
            Route("/api/documents/search/{id}", documents.result),
            Route("/api/documents/search/{id}/files", documents.files),
        ],
        exception_handlers={InputError: bad_input},
    )


class Uhc:
    """The page and its services."""

    def __init__(self, world: World, script: Asset, identity: str) -> None:
        self._world = world
        self._script = script
        self._identity = identity
        self._pages = Pages("uhc")

    async def home(self, request: Request) -> Response:
        """The portal's page; without a session, the way to One Healthcare ID."""
        session = self._by_cookie(request)
        if session is None:
            return RedirectResponse(self._sign_in_address, status_code=302)

        async def work() -> Response:
            settings = {"signIn": self._sign_in_address}
            return self._pages.answer("portal.html", self._script, settings)

        return await Step(self._world, self.portal, request, "home", session.user).run(work)

    async def sso(self, request: Request) -> Response:
        """Back from One Healthcare ID: a ticket, good once, becomes a cookie and a token."""
        session = self.portal.tickets.pop(request.query_params.get("ticket", ""), None)
        if session is None or self.portal.sessions.find(session.token) is None:
            return RedirectResponse(self._sign_in_address, status_code=302)
        response = self._pages.answer("handoff.html", None, {"bearer": session.bearer})
        response.set_cookie(_COOKIE, session.token, httponly=True, samesite="lax", path="/")
        return response

    async def signed_out(self, _: Request) -> Response:
        """Where the page goes when its session is gone."""
        response = self._pages.answer("signed_out.html", None, {})
        response.delete_cookie(_COOKIE)
        return response

    async def user(self, request: Request) -> Response:
        """Who is signed in, and for which tax numbers."""
        session = self.session_of(request)
        if session is None:
            return unauthorized()
        account = self.account_of(session)
        tins = [{"tin": tin, "organization": each.name} for each in self._organizations(account) for tin in each.tins]
        chosen, profile = self.tin(account), f"{self._identity}#/profile"
        return JSONResponse({"fullName": account.display_name, "tins": tins, "chosenTin": chosen, "profile": profile})

    async def choose_tin(self, request: Request) -> Response:
        """Remember another tax number for the account."""
        session = self.session_of(request)
        if session is None:
            return unauthorized()
        account, tin = self.account_of(session), word(await read_json(request), "tin")
        if tin not in self._tins(account):
            raise InputError("no such tax number for this account")
        account.remembered = {"tin": tin}
        return Response(status_code=204)

    async def sign_out(self, request: Request) -> Response:
        """The user leaves."""
        session = self.session_of(request)
        if session is not None:
            self.account_of(session).tally.sign_outs += 1
            self.portal.sessions.end(session, "signed out")
        return Response(status_code=204)

    async def options(self, request: Request) -> Response:
        """What the eligibility form needs: providers of the chosen tax number, today."""
        session = self.session_of(request)
        if session is None:
            return unauthorized()
        account = self.account_of(session)
        step = Step(self._world, self.portal, request, "eligibility", session.user)

        async def work() -> Response:
            if "eligibility" not in account.roles:
                return JSONResponse({"message": "You do not have access."}, 403)
            asking = self.asking(account)
            providers = [each for each in asking.providers if each.tin == self.tin(account)]
            return JSONResponse(
                {
                    "providers": [{"npi": each.npi, "label": each.label} for each in providers],
                    "remembered": account.remembered.get("npi", ""),
                    "today": f"{self._world.clock.today():%m/%d/%Y}",
                    "changedLabels": step.take("changed_labels") is not None,
                    "changedIds": step.take("changed_ids") is not None,
                }
            )

        return await step.run(work)

    async def search(self, request: Request) -> Response:
        """Take an inquiry; the answer is fetched from where Location says."""
        session = self.session_of(request)
        if session is None:
            return unauthorized()
        body, account = await read_json(request), self.account_of(session)
        asking, tin = self.asking(account), self.tin(account)
        provider = asking.provider(word(body, "npi"))
        born, service = us_day(word(body, "dateOfBirth")), us_day(word(body, "dateOfService"))
        member_id = word(body, "memberId")
        if provider is None or provider.tin != tin or not (born and service and member_id):
            return JSONResponse({"message": _CHECK}, 400)
        account.remembered["npi"] = provider.npi
        asked = Asked(Inquiry(_PAYER, member_id, born, service), asking, provider, tin)

        async def work() -> Response:
            number = answered(step, session, asked)
            headers = {"Location": f"/api/eligibility/search/{number}"}
            return JSONResponse({"id": number}, 202, headers)

        step = Step(self._world, self.portal, request, "lookup", session.user)
        return await step.run(work)

    async def result(self, request: Request) -> Response:
        """The answer, or 202 while it is being fetched."""
        session = self.session_of(request)
        if session is None:
            return unauthorized()
        outcome: Outcome | None = session.answers.get(request.path_params["id"])
        if outcome is None:
            return JSONResponse({"message": _CHECK}, 404)
        if not outcome.is_due():
            return JSONResponse({}, 202)
        return JSONResponse(overview(outcome) if outcome.member else refusal(outcome))

    @property
    def portal(self) -> Portal:
        """The portal in the world as it is now."""
        return self._world.portals["uhc"]

    @property
    def _sign_in_address(self) -> str:
        return f"{self._identity}?target={self.portal.url}/#/login"

    def _by_cookie(self, request: Request) -> Session | None:
        session = living_session(self._world, self.portal, request.cookies.get(_COOKIE))
        return session if session is not None and session.stage == HOME else None

    def session_of(self, request: Request) -> Session | None:
        """The living session of a request that brings both its cookie and its token."""
        session = self._by_cookie(request)
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        return session if session is not None and session.bearer == bearer else None

    def account_of(self, session: Session) -> Account:
        """Whose session it is."""
        return self.portal.account(session)

    def _organizations(self, account: Account) -> list[Organization]:
        return [found for each in account.organizations if (found := organization(each))]

    def _tins(self, account: Account) -> list[str]:
        return [tin for each in self._organizations(account) for tin in each.tins]

    def tin(self, account: Account) -> str:
        """The tax number that was chosen last, else the first."""
        tins = self._tins(account)
        chosen = account.remembered.get("tin", "")
        return chosen if chosen in tins else next(iter(tins), "")

    def asking(self, account: Account) -> Organization:
        """The organization of the chosen tax number."""
        tin = self.tin(account)
        asking = next((each for each in self._organizations(account) if tin in each.tins), None)
        if asking is None:
            raise InputError("no tax number is attached to this account")
        return asking
