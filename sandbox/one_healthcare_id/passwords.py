"""One Healthcare ID's screens for new passwords: profile page, expired, expiring, recovery by a mailed code."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.accounts import Account
from sandbox.changes import Change, change_password, reason, receive_change, reset_password
from sandbox.letters import Letter
from sandbox.one_healthcare_id.visit import API, next_stage, portal_of, session_of
from sandbox.passwords import conditions
from sandbox.resets import Worth, exchange, may_ask, new_code, receive_request, send, worth
from sandbox.sessions import EXPIRED, EXPIRING, HOME
from sandbox.sign_in import go_on
from sandbox.web import Step, read_json, unauthorized, word
from sandbox.world import Portal, World

_SENDER = "One Healthcare ID <noreply@onehealthcareid.localhost>"
_SUBJECT = "Access Code Notification"
_NOT_CHANGED = "We could not change your password."
_TOO_MANY = "You have asked for too many access codes today. Try again tomorrow."
_WRONG_CODE = "The code you entered is invalid or has expired. Try again."
_TOO_LATE = "Your recovery has expired. Start again."


class PasswordScreens:
    """The services behind the screens."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """All of them."""
        posts: dict[str, Callable[[Request], Awaitable[Response]]] = {
            "password/change": self.change,
            "password/later": self.later,
            "recover": self.recover,
            "recover/code": self.code,
            "recover/password": self.reset,
        }
        return [
            Route(f"{API}/profile", self.profile),
            *(Route(f"{API}/{name}", do, methods=["POST"]) for name, do in posts.items()),
        ]

    async def profile(self, request: Request) -> Response:
        """Whose profile it is, for the page *Manage your One Healthcare ID*."""
        session = session_of(self._world, request, HOME)
        if session is None:
            return unauthorized()
        account = self._portal.account(session)

        async def work() -> Response:
            shown = {"username": account.user, "name": account.display_name, "email": account.email}
            return JSONResponse(shown | _rules(self._portal, account))

        return await self._step(request, "change", session.user).run(work)

    async def change(self, request: Request) -> Response:
        """A new password from somebody signed in, or held up at an expired or expiring one."""
        session = session_of(self._world, request, HOME, EXPIRED, EXPIRING)
        if session is None:
            return unauthorized()
        portal, body = self._portal, await read_json(request)
        account, current = portal.account(session), word(body, "currentPassword")
        step = self._step(request, "change_post", session.user)

        async def work() -> Response:
            wanted = word(body, "newPassword")
            verdict = change_password(portal, account, current, wanted, word(body, "confirmPassword"))
            if verdict is not Change.DONE:
                return _refusal(step, account, verdict, wanted)
            if session.stage == HOME:
                return JSONResponse({})
            go_on(portal, session)
            return next_stage(portal, session)

        return await step.run(work, lambda: receive_change(portal, account, current))

    async def later(self, request: Request) -> Response:
        """Past the warning, with the old password."""
        session = session_of(self._world, request, EXPIRING)
        if session is None:
            return unauthorized()
        go_on(self._portal, session)
        return next_stage(self._portal, session)

    async def recover(self, request: Request) -> Response:
        """Somebody asks for a code; an unknown ID gets the same answer and no mail."""
        portal, user = self._portal, word(await read_json(request), "username")

        async def work() -> Response:
            if not may_ask(portal, user):
                return JSONResponse({"message": _TOO_MANY}, 429)
            if account := portal.accounts.get(user):
                send(portal, account, _letter(portal, account))
            return JSONResponse({})

        return await self._step(request, "forgot_post", user).run(work, lambda: receive_request(portal, user))

    async def code(self, request: Request) -> Response:
        """Judge the mailed code; a right one gives what the next screen needs."""
        portal, body = self._portal, await read_json(request)
        user = word(body, "username")
        token = exchange(portal, user, word(body, "code"))
        if token is None:
            return JSONResponse({"message": _WRONG_CODE}, 400)
        return JSONResponse({"token": token} | _rules(portal, portal.accounts[user]))

    async def reset(self, request: Request) -> Response:
        """A new password from somebody whose code was right."""
        portal, body = self._portal, await read_json(request)
        token, wanted = word(body, "token"), word(body, "newPassword")
        _, reset = worth(portal, token)
        if reset is None:
            return JSONResponse({"message": _TOO_LATE}, 410)
        account = portal.accounts[reset.user]
        step = self._step(request, "reset_post", account.user)

        async def work() -> Response:
            if worth(portal, token)[0] is not Worth.GOOD:
                return JSONResponse({"message": _TOO_LATE}, 410)
            verdict = reset_password(portal, reset, wanted, word(body, "confirmPassword"))
            return JSONResponse({}) if verdict is Change.DONE else _refusal(step, account, verdict, wanted)

        return await step.run(work, lambda: receive_change(portal, account))

    @property
    def _portal(self) -> Portal:
        return portal_of(self._world)

    def _step(self, request: Request, at: str, user: str) -> Step:
        return Step(self._world, self._portal, request, at, user)


def _rules(portal: Portal, account: Account) -> dict[str, Any]:
    return {"conditions": [vars(each) for each in conditions(portal.policy, account.user)]}


def _refusal(step: Step, account: Account, verdict: Change, wanted: str) -> Response:
    if verdict is Change.LOCKED and step.portal.policy.lock_told:
        return JSONResponse({"code": "locked"}, 403)
    redraw = step.take("redraw_refusal") is not None
    why = reason(step.portal, account, verdict, wanted)
    return JSONResponse({"message": f"{_NOT_CHANGED} {why}".strip(), "redraw": redraw}, 400)


def _letter(portal: Portal, account: Account) -> Letter:
    return Letter(
        portal=portal.id,
        user=account.user,
        sender=_SENDER,
        to=account.email,
        subject=_SUBJECT,
        at=portal.clock.now(),
        home=portal.url,
        greeting=f"Use this access code to recover the One Healthcare ID {account.user}.",
        code=new_code(portal, account),
    )
