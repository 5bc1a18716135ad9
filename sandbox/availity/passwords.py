"""Availity's screens for new passwords: expired, expiring, forgotten, and the change under My Account."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.accounts import Account
from sandbox.availity import paths, wording
from sandbox.availity.visit import next_stage, page, portal_of, session_of, told_conditions
from sandbox.bundle import Asset
from sandbox.changes import Change, change_password, receive_change, reset_password
from sandbox.letters import Letter
from sandbox.resets import Worth, may_ask, new_link, receive_request, send, worth
from sandbox.sessions import EXPIRED, EXPIRING, HOME
from sandbox.sign_in import go_on
from sandbox.web import Step, read_json, unauthorized, word
from sandbox.world import World

_SENDER = "Availity <noreply@availity.localhost>"
_SUBJECT = "Reset your Availity password"
_GREETING = (
    "We received a request to reset the password of your Availity user account {user}. "
    "Select the link within {hours:g} hours to choose a new password."
)


class PasswordScreens:
    """The pages' services; the forms themselves are drawn by the login page and by My Account."""

    def __init__(self, world: World, script: Asset) -> None:
        self._world = world
        self._script = script

    def routes(self) -> list[Route]:
        """My Account and the services."""
        posts: dict[str, Callable[[Request], Awaitable[Response]]] = {
            "change-password": self.change,
            "change-password/later": self.later,
            "forgot-password": self.forgot,
            "reset-password": self.reset,
        }
        return [
            Route(paths.MY_ACCOUNT, self.my_account),
            Route(f"{paths.SIGN_IN}/reset-links/{{token}}", self.link),
            *(Route(f"{paths.SIGN_IN}/{name}", do, methods=["POST"]) for name, do in posts.items()),
        ]

    async def my_account(self, request: Request) -> Response:
        """The application My Account, in the shell's frame."""
        session = session_of(self._world, request)
        if session is None:
            return RedirectResponse(f"{paths.LOGIN}#/logout", status_code=302)
        portal = portal_of(self._world)
        account = portal.account(session)

        async def work() -> Response:
            settings = {
                "name": account.display_name,
                "userId": account.user,
                "email": account.email,
                "conditions": told_conditions(portal, account),
            }
            return page("my_account.html", self._script, settings)

        return await Step(self._world, portal, request, "change", session.user).run(work)

    async def change(self, request: Request) -> Response:
        """A new password from somebody signed in, or held up at an expired or expiring one."""
        portal = portal_of(self._world)
        session = session_of(self._world, request, HOME, EXPIRED, EXPIRING)
        if session is None:
            return unauthorized()
        body, account = await read_json(request), portal.account(session)
        current, wanted, again = _typed(body)
        step = Step(self._world, portal, request, "change_post", session.user)

        async def work() -> Response:
            verdict = change_password(portal, account, current, wanted, again)
            if verdict is not Change.DONE:
                return self._refusal(step, account, verdict, wanted)
            if session.stage != HOME:
                go_on(portal, session)
            return next_stage(portal, session)

        return await step.run(work, lambda: receive_change(portal, account, current))

    async def later(self, request: Request) -> Response:
        """Past the warning, with the old password."""
        session = session_of(self._world, request, EXPIRING)
        if session is None:
            return unauthorized()
        go_on(portal_of(self._world), session)
        return next_stage(portal_of(self._world), session)

    async def forgot(self, request: Request) -> Response:
        """Somebody asks for a link; an unknown user ID gets the same answer and no mail."""
        portal = portal_of(self._world)
        user = word(await read_json(request), "userId")

        async def work() -> Response:
            if not may_ask(portal, user):
                return JSONResponse({"message": wording.TOO_MANY_RESETS}, 429)
            if account := portal.accounts.get(user):
                send(portal, account, self._letter(account))
            return JSONResponse({})

        step = Step(self._world, portal, request, "forgot_post", user)
        return await step.run(work, lambda: receive_request(portal, user))

    async def link(self, request: Request) -> Response:
        """What the link is worth that somebody came with."""
        portal = portal_of(self._world)
        value, reset = worth(portal, request.path_params["token"])
        if reset is None or value is not Worth.GOOD:
            return JSONResponse({"worth": value.value})
        account = portal.accounts[reset.user]
        told = {"userId": account.user, "conditions": told_conditions(portal, account)}
        return JSONResponse({"worth": value.value} | told)

    async def reset(self, request: Request) -> Response:
        """A new password from somebody with a link."""
        portal, body = portal_of(self._world), await read_json(request)
        token = word(body, "token")
        value, reset = worth(portal, token)
        if reset is None:
            return JSONResponse({"worth": value.value}, 410)
        account = portal.accounts[reset.user]
        _, wanted, again = _typed(body)
        step = Step(self._world, portal, request, "reset_post", account.user)

        async def work() -> Response:
            value, _ = worth(portal, token)
            if value is not Worth.GOOD:
                return JSONResponse({"worth": value.value}, 410)
            verdict = reset_password(portal, reset, wanted, again)
            if verdict is not Change.DONE:
                return self._refusal(step, account, verdict, wanted)
            return JSONResponse({})

        return await step.run(work, lambda: receive_change(portal, account))

    def _refusal(self, step: Step, account: Account, verdict: Change, wanted: str) -> Response:
        redraw = step.take("redraw_refusal") is not None
        message = wording.change(step.portal, account, verdict, wanted)
        return JSONResponse({"message": message, "redraw": redraw}, 400)

    def _letter(self, account: Account) -> Letter:
        portal = portal_of(self._world)
        token = new_link(portal, account.user)
        return Letter(
            portal=portal.id,
            user=account.user,
            sender=_SENDER,
            to=account.email,
            subject=_SUBJECT,
            at=portal.clock.now(),
            home=portal.url,
            greeting=_GREETING.format(user=account.user, hours=portal.policy.reset_link_hours),
            link=f"{portal.url}{paths.LOGIN}#/reset-password?token={token}",
        )


def _typed(body: dict[str, Any]) -> tuple[str, str, str]:
    return word(body, "currentPassword"), word(body, "newPassword"), word(body, "confirmNewPassword")
