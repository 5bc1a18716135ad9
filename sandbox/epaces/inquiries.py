"""ePACES's eligibility requests and claim status inquiries: form, acknowledgement, response list, response."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.epaces.filed import CLAIMS, ELIGIBILITY, Filed, file_claims, file_eligibility, response, responses
from sandbox.epaces.providers import remember_provider
from sandbox.epaces.visit import Visit, posted, to, to_login, visit_of, written
from sandbox.lookups import REJECTS
from sandbox.web import Step
from sandbox.world import World

_TEN = 10
_CHECK = "Check the highlighted fields: "


@dataclass(frozen=True)
class Kind:
    """One kind of inquiry: its pages, its places for faults, its role, its fields by what they are called here."""

    name: str
    pages: tuple[str, str, str]
    at: tuple[str, str]
    template: str
    days: tuple[str, ...]
    file: Callable[[Visit, Step, str, list[date], str], Filed]


KINDS = (
    Kind(
        name=ELIGIBILITY,
        pages=("/EligibilityRequest.aspx", "/EligibilityResponse.aspx", "/EligibilityResponseDetails.aspx"),
        at=("eligibility", "lookup"),
        template="eligibility",
        days=("textBoxDateOfService",),
        file=lambda visit, step, client, days, number: file_eligibility(visit, step, client, days[0]),
    ),
    Kind(
        name=CLAIMS,
        pages=("/ClaimStatusInquiry.aspx", "/ClaimStatusResponse.aspx", "/ClaimStatusResponseDetails.aspx"),
        at=("claims", "claim_lookup"),
        template="claims",
        days=("textBoxFromDate", "textBoxToDate"),
        file=lambda visit, step, client, days, number: file_claims(visit, step, client, (days[0], days[1]), number),
    ),
)


class Inquiries:
    """The pages of both kinds."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """All of them."""
        return [route for kind in KINDS for route in self._routes(kind)]

    def _routes(self, kind: Kind) -> list[Route]:
        async def form(request: Request) -> Response:
            return await self.form(request, kind)

        async def submit(request: Request) -> Response:
            return await self.submit(request, kind)

        async def listed(request: Request) -> Response:
            return await self.listed(request, kind)

        async def details(request: Request) -> Response:
            return await self.details(request, kind)

        asked, answers, answer = kind.pages
        return [
            Route(asked, form),
            Route(asked, submit, methods=["POST"]),
            Route(answers, listed),
            Route(answer, details),
        ]

    async def form(self, request: Request, kind: Kind) -> Response:
        """The form, as it is before anything is typed."""
        visit = visit_of(self._world, request)
        if visit is None:
            return to_login("timeout")
        step = visit.step(kind.at[0])

        async def work() -> Response:
            return visit.render(f"{kind.template}_form.html", step, summary="", error="", sent=False)

        return await step.run(work)

    async def submit(self, request: Request, kind: Kind) -> Response:
        """File the inquiry and acknowledge it; its answer comes in the response list."""
        visit = visit_of(self._world, request)
        if visit is None:
            return to_login("timeout")
        fields = await posted(request)
        if remember_provider(visit.account.remembered, fields):
            return to(request.url.path)
        step, name = visit.step(kind.at[1]), f"{kind.template}_form.html"

        async def work() -> Response:
            days = [_day(fields.get(each, "")) for each in kind.days]
            client = fields.get("textBoxClientID", fields.get("txtRecipient", "")).strip()
            if visit.provider is None or not client or None in days or kind.name not in _may(visit):
                wrong = "Provider, Client ID, " + ", ".join(kind.days)
                return visit.render(name, step, summary="", error=_CHECK + wrong, sent=False)
            known = [day for day in days if day]
            filed = kind.file(visit, step, client, known, fields.get("textBoxTCN", "").strip())
            return visit.render(name, step, summary=f"Submitted {filed.requested}", error="", sent=True)

        return await step.run(work)

    async def listed(self, request: Request, kind: Kind) -> Response:
        """The response list."""
        visit = visit_of(self._world, request)
        if visit is None:
            return to_login("timeout")
        rows = responses(visit, kind.name)
        return visit.render("responses.html", visit.step("responses"), rows=rows, kind=kind, details=kind.pages[2])

    async def details(self, request: Request, kind: Kind) -> Response:
        """One response."""
        visit = visit_of(self._world, request)
        if visit is None:
            return to_login("timeout")
        filed = response(visit, kind.name, request.query_params.get("id", ""))
        if filed is None:
            return to(kind.pages[1])
        visit.portal.note(visit.session.user, "response_opened", of=filed.user, requested=filed.requested)
        shown = {
            "found": filed.found,
            "requested": written(filed.found.moment),
            "asked": filed.found.asked,
            "rejects": REJECTS,
            "most": _TEN,
        }
        return visit.render(f"{kind.template}_details.html", visit.step("details"), **shown)


def _may(visit: Visit) -> list[str]:
    return [{"claim_status": CLAIMS}.get(role, role) for role in visit.account.roles]


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text.strip(), "%m/%d/%Y").date()  # noqa: DTZ007 - a calendar date has no zone
    except ValueError:
        return None
