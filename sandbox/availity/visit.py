"""Who is asking: the session behind a request to Availity."""

from starlette.requests import Request
from starlette.responses import Response

from sandbox.availity import paths
from sandbox.pages import Pages
from sandbox.sessions import HOME, Session
from sandbox.web import living_session
from sandbox.world import Portal, World

page = Pages("availity").answer


def portal_of(world: World) -> Portal:
    """Availity in the world as it is now (a reset makes a new one)."""
    return world.portals["availity"]


def session_of(world: World, request: Request, stage: str = HOME) -> Session | None:
    """The request's living session, when it has come as far as `stage`."""
    session = living_session(world, portal_of(world), request.cookies.get(paths.COOKIE))
    return session if session is not None and session.stage == stage else None


def with_cookie(response: Response, session: Session) -> Response:
    """Hand the session to the browser."""
    response.set_cookie(paths.COOKIE, session.token, httponly=True, samesite="lax", path="/")
    return response
