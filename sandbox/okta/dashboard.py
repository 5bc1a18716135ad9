"""Okta's pages for somebody signed in: My Apps, and the settings with the form for a new password."""

import secrets

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox.accounts import Account
from sandbox.changes import Change, change_password, receive_change
from sandbox.okta.visit import COOKIE
from sandbox.okta.wording import CHANGED, CHANGES, ago
from sandbox.pages import Pages
from sandbox.sessions import HOME, TERMS, Session
from sandbox.sign_in import complete
from sandbox.web import Step, living_session, read_form
from sandbox.world import Portal, World


class Dashboard:
    """`apps` are tiles: a name, the role that it needs (none: everybody's) and a path of the portal (none: nothing)."""

    def __init__(self, world: World, name: str, apps: tuple[tuple[str, str, str], ...]) -> None:
        self._world = world
        self._name = name
        self._apps = apps
        self._pages = Pages("okta")

    def routes(self) -> list[Route]:
        """All pages."""
        return [
            Route("/app/UserHome", self.home),
            Route("/app/terms", self.terms, methods=["POST"]),
            Route("/enduser/settings", self.settings),
            Route("/enduser/settings", self.change, methods=["POST"]),
            Route("/login/signout", self.sign_out),
        ]

    async def home(self, request: Request) -> Response:
        """My Apps; without a session, the sign-in."""
        session = self._session(request)
        if session is None:
            return RedirectResponse("/", status_code=302)

        async def work() -> Response:
            if session.stage == TERMS:
                return self._pages.show("terms.html")
            account = self._portal.account(session)
            tiles, last = self._tiles(session, account), self._last_sign_in(session, account)
            return self._pages.show("home.html", name=account.display_name, tiles=tiles, last=last)

        return await self._step(request, "home", session).run(work)

    async def terms(self, request: Request) -> Response:
        """The user accepts the new terms."""
        session = self._session(request)
        if session is not None and session.stage == TERMS:
            session.terms = False
            self._portal.note(session.user, "terms_accepted")
            complete(self._portal, session)
        return RedirectResponse("/app/UserHome", status_code=303)

    async def settings(self, request: Request) -> Response:
        """The page with the change form."""
        session = self._session(request)
        if session is None:
            return RedirectResponse("/", status_code=302)

        async def work() -> Response:
            return self._settings(session)

        return await self._step(request, "change", session).run(work)

    async def change(self, request: Request) -> Response:
        """A new password from somebody signed in."""
        session = self._session(request)
        if session is None:
            return RedirectResponse("/", status_code=303)
        portal, account = self._portal, self._portal.account(session)
        form = await read_form(request)
        current, wanted, again = (form.get(name, "") for name in ("oldPassword", "newPassword", "confirmPassword"))
        step = self._step(request, "change_post", session)

        async def work() -> Response:
            verdict = change_password(portal, account, current, wanted, again)
            if verdict is Change.DONE:
                return self._settings(session, done=CHANGED)
            if step.take("redraw_refusal") is not None:
                return self._settings(session, field="This field cannot be left blank")
            told = portal.policy.change_told or verdict is Change.LOCKED
            return self._settings(session, wrong=CHANGES[verdict] if told else "Your password could not be changed")

        return await step.run(work, lambda: receive_change(portal, account, current))

    async def sign_out(self, request: Request) -> Response:
        """The user leaves."""
        session = self._session(request)
        if session is not None:
            self._portal.account(session).tally.sign_outs += 1
            self._portal.sessions.end(session, "signed out")
        return RedirectResponse("/", status_code=302)

    def _settings(self, session: Session, **said: str) -> Response:
        return self._pages.show("settings.html", name=self._portal.account(session).display_name, **said)

    def _last_sign_in(self, session: Session, account: Account) -> str:
        """How long ago somebody signed in, this session apart; empty when nobody did, or the portal doesn't show it."""
        others = [at for at in account.sign_in_times if at != session.signed_in_at]
        return ago(self._world.clock.now() - max(others)) if others and self._portal.policy.last_sign_in_shown else ""

    def _tiles(self, session: Session, account: Account) -> list[tuple[str, str]]:
        tiles = []
        for app, role, path in self._apps:
            if role and role not in account.roles:
                continue
            ticket = secrets.token_urlsafe(24)
            self._portal.tickets[ticket] = session
            tiles.append((app, f"{self._portal.url}{path}?ticket={ticket}" if path else "#"))
        return tiles

    def _session(self, request: Request) -> Session | None:
        session = living_session(self._world, self._portal, request.cookies.get(COOKIE))
        return session if session is not None and session.stage in (HOME, TERMS) else None

    @property
    def _portal(self) -> Portal:
        return self._world.portals[self._name]

    def _step(self, request: Request, at: str, session: Session) -> Step:
        return Step(self._world, self._portal, request, at, session.user)
