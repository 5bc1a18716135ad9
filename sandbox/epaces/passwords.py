"""ePACES's pages for a new password: from the menu, forced before home, and the warning days before."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.accounts import Account
from sandbox.changes import Change, change_password, reason, receive_change
from sandbox.epaces.visit import Visit, posted, to, to_login, visit_of
from sandbox.passwords import conditions, warned_days
from sandbox.sessions import EXPIRED, EXPIRING, HOME
from sandbox.sign_in import go_on
from sandbox.web import Step
from sandbox.world import World

_CHANGED = "Your password has been changed."
_FAILED = "Your password was not changed."
_LOCKED = "Your User ID has been locked. Contact your ePACES Administrator."
_LEFT_BLANK = "All fields are required."


class PasswordPages:
    """The pages."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/ChangePassword.aspx", self.form),
            Route("/ChangePassword.aspx", self.change, methods=["POST"]),
            Route("/PasswordExpiring.aspx", self.warning, methods=["GET", "POST"]),
        ]

    async def form(self, request: Request) -> Response:
        """The form, in the place of home when the password has expired."""
        visit = visit_of(self._world, request, HOME, EXPIRED, EXPIRING)
        if visit is None:
            return to_login("timeout")
        step = visit.step("change")

        async def work() -> Response:
            return _form(visit, step, "", visit.session.stage == EXPIRED)

        return await step.run(work)

    async def change(self, request: Request) -> Response:
        """A new password."""
        visit = visit_of(self._world, request, HOME, EXPIRED, EXPIRING)
        if visit is None:
            return to_login("timeout")
        fields, account, portal = await posted(request), visit.account, visit.portal
        current, wanted = fields.get("textBoxCurrentPassword", ""), fields.get("textBoxNewPassword", "")
        step, forced = visit.step("change_post"), visit.session.stage == EXPIRED

        async def work() -> Response:
            again = fields.get("textBoxConfirmPassword", "")
            verdict = change_password(portal, account, current, wanted, again)
            if verdict is not Change.DONE:
                return _form(visit, step, _refusal(step, account, verdict, wanted), forced)
            if visit.session.stage != HOME:
                go_on(portal, visit.session)
            return _form(visit, step, _CHANGED, forced=False)

        return await step.run(work, lambda: receive_change(portal, account, current))

    async def warning(self, request: Request) -> Response:
        """The password will expire: change it, or go on."""
        visit = visit_of(self._world, request, EXPIRING)
        if visit is None:
            return to_login()
        if request.method == "GET":
            days = warned_days(visit.portal.policy, visit.account, self._world.clock.now())
            return visit.render("expiring.html", visit.step("expiring"), days=days)
        go_on(visit.portal, visit.session)
        return to("/Default.aspx")


def _form(visit: Visit, step: Step, message: str, forced: bool) -> Response:
    rules = [each.words for each in conditions(visit.portal.policy, visit.account.user)]
    return visit.render("change_password.html", step, message=message, forced=forced, rules=rules)


def _refusal(step: Step, account: Account, verdict: Change, wanted: str) -> str:
    if step.take("redraw_refusal"):
        return _LEFT_BLANK
    if verdict is Change.LOCKED and step.portal.policy.lock_told:
        return _LOCKED
    return f"{_FAILED} {reason(step.portal, account, verdict, wanted)}".strip()
