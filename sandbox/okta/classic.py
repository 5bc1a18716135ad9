"""Okta's classic engine as its widget reads it: `/api/v1/authn`, a transaction known by its state token."""

import secrets
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.changes import Change, change_password, receive_change
from sandbox.mailed_codes import mail_code
from sandbox.okta.idx import age, complexity
from sandbox.okta.visit import CHALLENGE, CHOOSE, COOKIE, DONE, SENDER, Visit, Visits, is_used
from sandbox.okta.wording import CHANGES, USED_CODE
from sandbox.passwords import warned_days
from sandbox.policy import InputError
from sandbox.sessions import EXPIRED, EXPIRING, HOME
from sandbox.sign_in import Verdict, begin, complete, go_on, judge_code, judge_password, receive_code, receive_password
from sandbox.web import Step, read_json, word
from sandbox.world import Portal, World

AUTHN = "/api/v1/authn"
_FACTORS = {
    "authenticator": ("ufg1", "token:software:totp", "GOOGLE"),
    "text": ("ufe1", "email", "OKTA"),
}
_REFUSED = ("E0000004", "Authentication failed")
_WRONG_CODE = "Your passcode doesn't match our records. Please try again."


class Classic:
    """The services of the classic sign-in."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._name = name
        self._visits = Visits()

    def routes(self) -> list[Route]:
        """All of them."""
        posts = {
            "": self.password,
            "/factors/{factor}/verify": self.code,
            "/credentials/change_password": self.change,
            "/skip": self.skip,
            "/cancel": self.cancel,
        }
        services = [Route(f"{AUTHN}{path}", do, methods=["POST"]) for path, do in posts.items()]
        return [*services, Route("/login/sessionCookieRedirect", self.redirect)]

    async def password(self, request: Request) -> Response:
        """User name and password together."""
        body = await read_json(request)
        user, password, portal = word(body, "username"), word(body, "password"), self._portal
        step = self._step(request, "login_post", user)

        async def work() -> Response:
            verdict = judge_password(portal, user, password)
            if verdict is Verdict.LOCKED:
                return JSONResponse({"status": "LOCKED_OUT", "_links": {}})
            if verdict is Verdict.REFUSED:
                return _error(401, *_REFUSED)
            visit = self._visits.begin()
            visit.user, visit.closed, visit.asked = user, verdict is Verdict.DISABLED, True
            if verdict is Verdict.ACCEPTED:
                visit.session = begin(portal, self._world.faults, user)
            return self._answer(request, visit)

        return await step.run(work, lambda: receive_password(portal, user, password))

    async def code(self, request: Request) -> Response:
        """Judge a one-time code; without one, a factor is told to send it."""
        body, portal = await read_json(request), self._portal
        visit, code = self._visit(body), word(body, "passCode")
        if visit.session is None:
            raise InputError("no code is wanted now")
        session, account = visit.session, visit.account(portal)
        session.method = "text" if request.path_params["factor"] == _FACTORS["text"][0] else "authenticator"
        if session.method == "text" and not code:
            mail_code(portal, account, SENDER)
            return self._answer(request, visit, sent=True)
        step = self._step(request, "code_post", visit.user)
        used = is_used(step, account, code)

        async def work() -> Response:
            verdict = judge_code(portal, self._world.clock, session, code)
            if verdict is Verdict.LOCKED:
                return JSONResponse({"status": "LOCKED_OUT", "_links": {}})
            if verdict is Verdict.REFUSED:
                return _error(403, "E0000068", "Invalid Passcode/Answer", USED_CODE[1] if used else _WRONG_CODE)
            complete(portal, session)
            return self._answer(request, visit)

        return await step.run(work, lambda: receive_code(portal, account))

    async def change(self, request: Request) -> Response:
        """A new password in the place of an expired or expiring one, which is typed too."""
        body, portal = await read_json(request), self._portal
        visit = self._visit(body)
        if visit.session is None:
            raise InputError("no new password is wanted now")
        session, account = visit.session, visit.account(portal)
        current, wanted = word(body, "oldPassword"), word(body, "newPassword")

        async def work() -> Response:
            verdict = change_password(portal, account, current, wanted, wanted)
            if verdict is not Change.DONE:
                return _error(403, "E0000014", "Update of credentials failed", CHANGES[verdict])
            go_on(portal, session)
            return self._answer(request, visit)

        step = self._step(request, "change_post", visit.user)
        return await step.run(work, lambda: receive_change(portal, account, current))

    async def skip(self, request: Request) -> Response:
        """Past the warning, with the old password."""
        visit = self._visit(await read_json(request))
        if visit.session is not None and visit.session.stage == EXPIRING:
            go_on(self._portal, visit.session)
        return self._answer(request, visit)

    async def cancel(self, _: Request) -> Response:
        """The transaction is over."""
        return JSONResponse({})

    async def redirect(self, request: Request) -> Response:
        """A session token, good once, becomes a cookie; then on to where the page wanted to go."""
        portal = self._portal
        session = portal.tickets.pop(request.query_params.get("token", ""), None)
        if session is None:
            return RedirectResponse(f"{portal.url}/application-error", status_code=302)
        response = RedirectResponse("/app/UserHome", status_code=302)
        response.set_cookie(COOKIE, session.token, httponly=True, samesite="lax")
        return response

    def _answer(self, request: Request, visit: Visit, *, sent: bool = False) -> Response:
        portal, base = self._portal, f"http://{request.headers['host']}{AUTHN}"
        step = visit.step(portal)
        if step == DONE:
            token = secrets.token_urlsafe(24)
            if visit.session is not None and (visit.session.stage == HOME or visit.waits_for_terms()):
                portal.tickets[token] = visit.session
            return JSONResponse(_transaction("SUCCESS", visit, sessionToken=token))
        if step in (CHOOSE, CHALLENGE):
            if sent:
                factor = _factor(base, "text")
                links = {"next": factor["_links"]["verify"], "resend": [factor["_links"]["verify"]]}
                return JSONResponse(_transaction("MFA_CHALLENGE", visit, embedded={"factor": factor}, links=links))
            factors = [_factor(base, method) for method in visit.factors(portal)]
            return JSONResponse(_transaction("MFA_REQUIRED", visit, embedded={"factors": factors}))
        rules: dict[str, Any] = {"complexity": complexity(portal), "age": age(portal)}
        links = {"next": _link("changePassword", f"{base}/credentials/change_password")}
        if step == EXPIRED:
            return JSONResponse(_transaction("PASSWORD_EXPIRED", visit, embedded={"policy": rules}, links=links))
        days = warned_days(portal.policy, visit.account(portal), portal.clock.now())
        rules["expiration"] = {"passwordExpireDays": days}
        links["skip"] = _link("skip", f"{base}/skip")
        return JSONResponse(_transaction("PASSWORD_WARN", visit, embedded={"policy": rules}, links=links))

    def _visit(self, body: Mapping[str, Any]) -> Visit:
        visit = self._visits.find(word(dict(body), "stateToken"))
        if visit is None:
            raise InputError("no such transaction")
        return visit

    @property
    def _portal(self) -> Portal:
        return self._world.portals[self._name]

    def _step(self, request: Request, at: str, user: str) -> Step:
        return Step(self._world, self._portal, request, at, user)


def _transaction(
    status: str,
    visit: Visit,
    *,
    embedded: dict[str, Any] | None = None,
    links: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    profile = {"login": visit.user, "firstName": "W", "lastName": "K", "locale": "en", "timeZone": "UTC"}
    user = {"id": "00u1", "passwordChanged": "2026-01-01T00:00:00.000Z", "profile": profile}
    return {
        "stateToken": visit.handle,
        "expiresAt": "2099-01-01T00:00:00.000Z",
        "status": status,
        "_embedded": {"user": user} | (embedded or {}),
        "_links": links or {},
    } | more


def _factor(base: str, method: str) -> dict[str, Any]:
    number, kind, provider = _FACTORS[method]
    profile = {"email": "w***r@worker.example"} if method == "text" else {"credentialId": "worker"}
    return {
        "id": number,
        "factorType": kind,
        "provider": provider,
        "vendorName": provider,
        "profile": profile,
        "_links": {"verify": _link("verify", f"{base}/factors/{number}/verify")},
    }


def _link(name: str, href: str) -> dict[str, Any]:
    return {"name": name, "href": href, "hints": {"allow": ["POST"]}}


def _error(status: int, code: str, summary: str, *causes: str) -> Response:
    said = {"errorCode": code, "errorSummary": summary, "errorLink": code, "errorId": "oae1"}
    return JSONResponse(said | {"errorCauses": [{"errorSummary": each} for each in causes]}, status)
