"""Availity's shell: top bar, menus, region, announcements; applications open in its frame."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.accounts import Account
from sandbox.availity import paths
from sandbox.availity.visit import page, portal_of, session_of
from sandbox.bundle import Asset
from sandbox.organizations import REGIONS, organization
from sandbox.policy import InputError
from sandbox.sessions import Session
from sandbox.web import Step, read_json, unauthorized, word
from sandbox.world import World

_PERMISSIONS = {
    "eligibility": ("7234", "Eligibility and Benefits Inquiry"),
    "claim_status": ("484", "Claim Status Inquiry"),
    "era": ("498", "Remittance Viewer"),
}
_NOTICE = {
    "id": "notice-1",
    "nature": "ANNOUNCEMENT",
    "type": "ALERT",
    "title": "Planned payer maintenance",
    "message": "Some payers plan maintenance this weekend. Responses may take longer than usual.",
    "interruptIndicator": True,
    "read": False,
}
_MAINTENANCE = {
    "title": "Scheduled maintenance",
    "message": "The portal will be unavailable on Sunday from 12 a.m. to 6 a.m.",
}


class Shell:
    """The signed-in frame around every application."""

    def __init__(self, world: World, script: Asset) -> None:
        self._world = world
        self._script = script

    def routes(self) -> list[Route]:
        """The page and its services."""
        me = f"{paths.PLATFORM}/users/me"
        return [
            Route(paths.SHELL, self.frame),
            Route(me, self.me),
            Route(f"{paths.PLATFORM}/regions", self.regions),
            Route(f"{paths.PLATFORM}/regions", self.choose_region, methods=["PUT"]),
            Route(f"{paths.PLATFORM}/permissions", self.permissions),
            Route("/api/v1/notifications", self.notifications),
            Route("/api/v1/notifications/{id}", self.read_notification, methods=["PUT"]),
            Route(f"{paths.PLATFORM}/sessions/current", self.log_out, methods=["DELETE"]),
        ]

    async def frame(self, request: Request) -> Response:
        """The shell's page; without a session, the way to the sign-in form."""
        session = session_of(self._world, request)
        if session is None:
            return RedirectResponse(f"{paths.LOGIN}#/login", status_code=302)
        portal = portal_of(self._world)
        step = Step(self._world, portal, request, "home", session.user)

        async def work() -> Response:
            settings = {
                "cookieBanner": portal.policy.cookie_banner,
                "telemetry": portal.policy.telemetry,
                "hiddenBanner": step.take("hidden_banner") is not None,
            }
            return page("shell.html", self._script, settings)

        return await step.run(work)

    async def me(self, request: Request) -> Response:
        """Who is signed in."""
        session = session_of(self._world, request)
        if session is None:
            return unauthorized()
        account = self._account(session)
        first, _, last = account.display_name.partition(" ")
        return JSONResponse(
            {
                "id": f"aka-{account.user}",
                "userId": account.user,
                "firstName": first,
                "lastName": last,
                "email": account.email,
                "userValidated": True,
                "currentRegion": account.region,
            }
        )

    async def regions(self, request: Request) -> Response:
        """The regions of the account's organizations."""
        session = session_of(self._world, request)
        if session is None:
            return unauthorized()
        account = self._account(session)
        ids = sorted({region for each in _organizations(account) for region in each.regions})
        regions = [{"id": each, "value": REGIONS[each], "currentlySelected": each == account.region} for each in ids]
        return JSONResponse(envelope("regions", regions))

    async def choose_region(self, request: Request) -> Response:
        """Remember another region for the account."""
        session = session_of(self._world, request)
        if session is None:
            return unauthorized()
        region = word(await read_json(request), "id")
        if region not in REGIONS:
            raise InputError("no such region")
        self._account(session).region = region
        return Response(status_code=204)

    async def permissions(self, request: Request) -> Response:
        """What the account's roles allow; menu items of others are missing."""
        session = session_of(self._world, request)
        if session is None:
            return unauthorized()
        held = [_PERMISSIONS[each] for each in self._account(session).roles]
        rows = [{"id": number, "description": text} for number, text in held]
        return JSONResponse(envelope("axiUserPermissions", rows))

    async def notifications(self, request: Request) -> Response:
        """Announcements not read in this session."""
        session = session_of(self._world, request)
        if session is None:
            return unauthorized()
        policy = portal_of(self._world).policy
        notice = _NOTICE | _MAINTENANCE if policy.maintenance_announced else _NOTICE
        told = policy.announcements and not session.announced
        return JSONResponse(envelope("notifications", [notice] if told else []))

    async def read_notification(self, request: Request) -> Response:
        """The announcement was closed."""
        session = session_of(self._world, request)
        if session is None:
            return unauthorized()
        session.announced = True
        return Response(status_code=204)

    async def log_out(self, request: Request) -> Response:
        """The user leaves."""
        session = session_of(self._world, request)
        if session is not None:
            self._account(session).tally.sign_outs += 1
            portal_of(self._world).sessions.end(session, "signed out")
        return Response(status_code=204)

    def _account(self, session: Session) -> Account:
        return portal_of(self._world).account(session)


def _organizations(account: Account) -> list[Any]:
    return [found for each in account.organizations if (found := organization(each))]


def envelope(name: str, rows: list[Any]) -> dict[str, Any]:
    """A list as Availity's services wrap it."""
    count = len(rows)
    return {"totalCount": count, "count": count, "offset": 0, "limit": 50, "links": {}, name: rows}
