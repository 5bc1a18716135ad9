"""Who is asking, and what was ordered to look otherwise."""

from starlette.requests import Request

from sandbox.sessions import HOME, Session
from sandbox.web import Step, living_session
from sandbox.world import World

ID = "medi_cal"
COOKIE = "MCSESSION"
_FLAWS = {
    "changedLabels": "changed_labels",
    "changedIds": "changed_ids",
    "otherHeading": "other_heading",
    "extraBanner": "extra_banner",
    "hiddenBanner": "hidden_banner",
    "droppedCharacters": "dropped_characters",
}


def session_of(world: World, request: Request, *stages: str) -> Session | None:
    """The living session, when it stands at one of `stages` (home, unless named)."""
    session = living_session(world, world.portals[ID], request.cookies.get(COOKIE))
    return session if session is not None and session.stage in (stages or (HOME,)) else None


def flaws_of(step: Step) -> dict[str, bool]:
    """The flaws that were ordered for this place."""
    return {name: step.take(kind) is not None for name, kind in _FLAWS.items()}
