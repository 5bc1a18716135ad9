"""Who is asking: the session behind a request to One Healthcare ID, and how far it has come."""

import secrets

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.passwords import conditions, warned_days
from sandbox.sessions import HOME, Session
from sandbox.web import living_session
from sandbox.world import Portal, World

API = "/api/v1/auth"
FACTORS = {"totp": "authenticator", "sms": "text", "call": "text"}
_COOKIE = "OHIDSESSION"


def portal_of(world: World) -> Portal:
    """The portal that One Healthcare ID signs in to, in the world as it is now."""
    return world.portals["uhc"]


def session_of(world: World, request: Request, *stages: str) -> Session | None:
    """The request's living session, when it stands at one of `stages` (any, unless named)."""
    session = living_session(world, portal_of(world), request.cookies.get(_COOKIE))
    return session if session is not None and (not stages or session.stage in stages) else None


def with_cookie(response: Response, session: Session) -> Response:
    """Hand the session to the browser; it is kept for the profile page."""
    response.set_cookie(_COOKIE, session.token, httponly=True, samesite="lax")
    return response


def next_stage(portal: Portal, session: Session) -> JSONResponse:
    """Tell the page where the sign-in stands, with what the screen there needs."""
    if session.stage == HOME:
        ticket = secrets.token_urlsafe(24)
        portal.tickets[ticket] = session
        return JSONResponse({"stage": HOME, "redirect": f"{portal.url}/sso?ticket={ticket}"})
    account = portal.account(session)
    return JSONResponse(
        {
            "stage": session.stage,
            "factors": [factor for factor, method in FACTORS.items() if method in account.methods],
            "conditions": [vars(each) for each in conditions(portal.policy, account.user)],
            "daysLeft": warned_days(portal.policy, account, portal.clock.now()),
        }
    )
