"""Who is asking, and the pages: rendered here whole, with the hidden fields of WebForms."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from jinja2 import Environment, PackageLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.accounts import Account
from sandbox.epaces.providers import Listed, chosen_provider, listed_providers
from sandbox.policy import InputError
from sandbox.sessions import HOME, Session
from sandbox.web import Step, living_session
from sandbox.world import Portal, World

ID = "epaces"
COOKIE = "ASP.NET_SessionId"
CONTENT = "ctl00$ContentPlaceHolder1$"
_PAGES = Environment(loader=PackageLoader("sandbox", "epaces/pages"), autoescape=True)
_FLAWS = ("changed_labels", "changed_ids", "other_heading", "extra_banner", "hidden_banner")


def written(moment: datetime) -> str:
    """A moment as the pages show it: `11/23/2026 8:15:32 PM`."""
    return f"{moment:%m/%d/%Y} {moment.hour % 12 or 12}:{moment:%M:%S %p}"


async def posted(request: Request) -> dict[str, str]:
    """The fields of a postback; InputError when the page's own hidden ones are missing."""
    fields = parse_qs((await request.body()).decode(), keep_blank_values=True)
    if "__VIEWSTATE" not in fields:
        raise InputError("validation of viewstate failed")
    return {name.removeprefix(CONTENT): values[-1] for name, values in fields.items()}


def to(path: str) -> Response:
    """Go on at another page, by GET."""
    return RedirectResponse(path, status_code=302)


def to_login(reason: str = "") -> Response:
    """Back to the front door; `timeout` shows that the session is over."""
    response = to(f"/Login.aspx?{reason}=1" if reason else "/Login.aspx")
    response.delete_cookie(COOKIE)
    return response


def page(name: str, step: Step, **values: Any) -> Response:
    """A page as it stands, with the flaws that were ordered for this place."""
    flaws = {kind: step.take(kind) is not None for kind in _FLAWS}
    text = _PAGES.get_template(name).render(
        viewstate=secrets.token_urlsafe(48), action=step.request.url.path, **flaws, **values
    )
    return HTMLResponse(text, headers={"Cache-Control": "no-store"})


@dataclass(frozen=True)
class Visit:
    """A request of somebody whose session lives."""

    world: World
    portal: Portal
    request: Request
    session: Session

    @property
    def account(self) -> Account:
        """Whose session it is."""
        return self.portal.account(self.session)

    @property
    def provider(self) -> Listed | None:
        """In whose name this account asks now; none of several until one is chosen."""
        return chosen_provider(self.account)

    def step(self, at: str) -> Step:
        """This request at a place where faults can be ordered."""
        return Step(self.world, self.portal, self.request, at, self.session.user)

    def render(self, name: str, step: Step, **values: Any) -> Response:
        """A page with header and menu."""
        shown = {
            "user": self.account.display_name if self.session.stage == HOME else "",
            "roles": self.account.roles,
            "providers": listed_providers(self.account),
            "chosen": self.provider,
            "today": f"{self.world.clock.today():%m/%d/%Y}",
        }
        return page(name, step, **shown, **values)


def visit_of(world: World, request: Request, *stages: str) -> Visit | None:
    """The visit, when its session stands at one of `stages` (home, unless named)."""
    portal = world.portals[ID]
    session = living_session(world, portal, request.cookies.get(COOKIE))
    if session is None or session.stage not in (stages or (HOME,)):
        return None
    return Visit(world, portal, request, session)
