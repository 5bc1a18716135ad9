"""Availity's eligibility application: organizations, payers, providers and the inquiry itself."""

import asyncio
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.accounts import Account
from sandbox.availity import paths
from sandbox.availity.answer import alert, coverage
from sandbox.availity.shell import envelope
from sandbox.availity.visit import asking, organizations_here, page, portal_of, session_of
from sandbox.bundle import Asset
from sandbox.inquiries import Asked, Outcome, answered
from sandbox.lookups import Inquiry
from sandbox.members import PAYERS
from sandbox.policy import InputError
from sandbox.sessions import Session
from sandbox.web import Step, read_json, unauthorized, word
from sandbox.world import World

# Neighbours whose names begin like a real choice: an unexact selection picks them.
_OTHER_PAYERS = (
    ("128FL", "Aetna Better Health of Florida"),
    ("TRICAR", "Humana Military"),
    ("BLUEMA", "Florida Blue Medicare"),
)
_BY_ID, _BY_NAME = "Member ID", "Patient Name and Date of Birth"
_RELATIONSHIPS = {"Self": "self", "Spouse": "spouse", "Child": "child", "Other Adult": "other"}
_SERVICE_TYPES = ("Health Benefit Plan Coverage - 30", "Urgent Care - UC", "Chiropractic - 33")
_REMEMBERED = ("organization", "payer", "provider", "searchOption", "relationship", "serviceType")
_PROVIDERS_SECONDS = 0.05


class EligibilityApp:
    """The application inside the shell's frame."""

    def __init__(self, world: World, script: Asset) -> None:
        self._world = world
        self._script = script

    def routes(self) -> list[Route]:
        """The page and its services."""
        return [
            Route(paths.ELIGIBILITY, self.frame),
            Route(f"{paths.PLATFORM}/organizations", self.organizations),
            Route("/api/internal/v1/providers", self.providers),
            Route("/api/internal/v1/extended-payers", self.payers),
            Route("/api/utils/v1/settings", self.settings),
            Route(paths.COVERAGES, self.inquire, methods=["POST"]),
            Route(paths.COVERAGES + "/{id}", self.result),
        ]

    async def frame(self, request: Request) -> Response:
        """The application's page."""
        session = session_of(self._world, request)
        if session is None:
            return RedirectResponse(f"{paths.LOGIN}#/logout", status_code=302)
        step = Step(self._world, portal_of(self._world), request, "eligibility", session.user)

        async def work() -> Response:
            settings = {
                "changedLabels": step.take("changed_labels") is not None,
                "changedIds": step.take("changed_ids") is not None,
                "today": self._world.clock.today().isoformat(),
                "relationships": list(_RELATIONSHIPS),
                "serviceTypes": _SERVICE_TYPES,
            }
            return page("eligibility.html", self._script, settings)

        return await step.run(work)

    async def organizations(self, request: Request) -> Response:
        """The account's organizations in its current region."""
        session = session_of(self._world, request)
        if session is None:
            return unauthorized()
        rows = [
            {"id": each.id, "customerId": each.id, "name": each.name, "status": "Live"}
            for each in organizations_here(self._account(session))
        ]
        return JSONResponse(envelope("organizations", rows))

    async def providers(self, request: Request) -> Response:
        """The providers of one organization, after a moment."""
        session = session_of(self._world, request)
        if session is None:
            return unauthorized()
        await asyncio.sleep(_PROVIDERS_SECONDS)
        chosen = asking(self._account(session), request.query_params.get("customerId", ""))
        rows = [{"id": each.npi, "npi": each.npi, "uiDisplayName": each.label} for each in chosen.providers]
        return JSONResponse(envelope("providers", rows))

    async def payers(self, request: Request) -> Response:
        """Payers with the search options each offers."""
        if session_of(self._world, request) is None:
            return unauthorized()
        rows = [
            {
                "id": each.id,
                "payerId": each.id,
                "payerName": each.name,
                "searchOptions": [_BY_ID, _BY_NAME] if each.by_name else [_BY_ID],
            }
            for each in PAYERS
            if each.portal == "availity"
        ]
        others = [
            {"id": number, "payerId": number, "payerName": name, "searchOptions": [_BY_ID]}
            for number, name in _OTHER_PAYERS
        ]
        ordered = sorted(rows + others, key=lambda row: str(row["payerName"]))
        return JSONResponse(envelope("payers", ordered))

    async def settings(self, request: Request) -> Response:
        """What the form remembers of the last visit."""
        session = session_of(self._world, request)
        if session is None:
            return unauthorized()
        return JSONResponse(self._account(session).remembered)

    async def inquire(self, request: Request) -> Response:
        """Take an inquiry; the answer is fetched from where Location says."""
        session = session_of(self._world, request)
        if session is None:
            return unauthorized()
        body = await read_json(request)
        asked = self._read(session, body)
        self._account(session).remembered |= {name: word(body, name) for name in _REMEMBERED}
        step = Step(self._world, portal_of(self._world), request, "lookup", session.user)

        async def work() -> Response:
            number = answered(step, session, asked)
            headers = {"Location": f"{paths.COVERAGES}/{number}"}
            return JSONResponse({"id": number, "status": "In Progress"}, 202, headers)

        return await step.run(work)

    async def result(self, request: Request) -> Response:
        """The answer, or 202 while the payer thinks."""
        session = session_of(self._world, request)
        if session is None:
            return unauthorized()
        outcome: Outcome | None = session.answers.get(request.path_params["id"])
        if outcome is None:
            return JSONResponse({"message": "No such inquiry."}, 404)
        if not outcome.is_due():
            headers = {"Location": request.url.path}
            return JSONResponse({"status": "In Progress"}, 202, headers)
        said = coverage(outcome) if outcome.member else alert(outcome)
        return JSONResponse(said)

    def _read(self, session: Session, body: dict[str, Any]) -> Asked:
        chosen = asking(self._account(session), word(body, "organization"))
        provider = chosen.provider(word(body, "provider"))
        relationship = _RELATIONSHIPS.get(word(body, "relationship"))
        if provider is None or relationship is None:
            raise InputError("a known provider and relationship are needed")
        inquiry = Inquiry(
            payer=word(body, "payer"),
            member_id=word(body, "memberId") if word(body, "searchOption") == _BY_ID else "",
            birth_date=_day(word(body, "birthDate")),
            as_of=_day(word(body, "asOfDate")),
            last_name=word(body, "lastName"),
            first_name=word(body, "firstName"),
            relationship=relationship,
        )
        return Asked(inquiry, chosen, provider, chosen.tins[0])

    def _account(self, session: Session) -> Account:
        return portal_of(self._world).account(session)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError("a date must be written YYYY-MM-DD") from None
