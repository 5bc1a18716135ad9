"""Who is asking: the session behind a request to Availity, and how far it has come."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.accounts import Account
from sandbox.availity import paths
from sandbox.organizations import Organization, organization
from sandbox.pages import Pages
from sandbox.passwords import conditions, warned_days
from sandbox.policy import InputError
from sandbox.sessions import HOME, Session
from sandbox.web import living_session
from sandbox.world import Portal, World

page = Pages("availity").answer
CHOICES = {
    "authenticator": "Authenticate me using my Authenticator app",
    "text": "Authenticate me using a text message",
    "backup": "Authenticate me using a backup code",
}


def portal_of(world: World) -> Portal:
    """Availity in the world as it is now (a reset makes a new one)."""
    return world.portals["availity"]


def session_of(world: World, request: Request, *stages: str) -> Session | None:
    """The request's living session, when it stands at one of `stages` (home unless named)."""
    session = living_session(world, portal_of(world), request.cookies.get(paths.COOKIE))
    return session if session is not None and session.stage in (stages or (HOME,)) else None


def organizations_here(account: Account) -> list[Organization]:
    """The account's organizations in its current region."""
    mine = [found for each in account.organizations if (found := organization(each))]
    return [each for each in mine if account.region in each.regions]


def asking(account: Account, wanted: str) -> Organization:
    """The account's organization with this id; InputError when it has none in its region."""
    found = next((each for each in organizations_here(account) if each.id == wanted), None)
    if found is None:
        raise InputError("no such organization for this account")
    return found


def with_cookie(response: Response, session: Session) -> Response:
    """Hand the session to the browser."""
    response.set_cookie(paths.COOKIE, session.token, httponly=True, samesite="lax", path="/")
    return response


def next_stage(portal: Portal, session: Session) -> JSONResponse:
    """Tell the page where the sign-in stands, with what the screen there needs."""
    account = portal.account(session)
    return JSONResponse(
        {
            "stage": session.stage,
            "question": session.question,
            "choices": [CHOICES[each] for each in account.methods],
            "conditions": told_conditions(portal, account),
            "daysLeft": warned_days(portal.policy, account, portal.clock.now()),
        }
    )


def told_conditions(portal: Portal, account: Account) -> list[dict[str, Any]]:
    """What a new password must contain, for the page's list."""
    return [vars(each) for each in conditions(portal.policy, account.user)]
