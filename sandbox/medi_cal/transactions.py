"""The transactions of the Medi-Cal Provider Portal: eligibility, claim status, and in whose name they are asked."""

import re
import secrets
from collections.abc import Callable
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.accounts import Account
from sandbox.inquiries import Asked, Outcome, answered
from sandbox.lookups import Inquiry
from sandbox.medi_cal import answer
from sandbox.medi_cal.visit import ID, flaws_of, session_of
from sandbox.medicaid_inquiries import ClaimsAsked, ClaimsFound, find_claims
from sandbox.organizations import ORGANIZATIONS, Organization, Provider
from sandbox.policy import InputError
from sandbox.sessions import Session
from sandbox.web import Step, read_json, unauthorized, word
from sandbox.world import Portal, World

_PAYER = "medi-cal"
_CHECK = "Enter a valid subscriber ID and valid dates."


class Transactions:
    """The services."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/api/user", self.user),
            Route("/api/provider", self.choose_provider, methods=["POST"]),
            Route("/api/{form}/form", self.form),
            Route("/api/eligibility", self.eligibility, methods=["POST"]),
            Route("/api/claims", self.claims, methods=["POST"]),
            Route("/api/answers/{id}", self.answer),
        ]

    async def user(self, request: Request) -> Response:
        """Who is signed in, and in whose name they may ask."""
        session = session_of(self._world, request)
        if session is None:
            return unauthorized()
        account = self._portal.account(session)
        step = self._step(request, "home", session)

        async def work() -> Response:
            providers = [{"npi": who.npi, "organization": whose.name} for whose, who in _providers(account)]
            shown = {"name": account.display_name, "roles": account.roles, "providers": providers}
            return JSONResponse(shown | {"chosen": _chosen(account)[1].npi, "flaws": flaws_of(step)})

        return await step.run(work)

    async def choose_provider(self, request: Request) -> Response:
        """Remember another provider number for the account."""
        session = session_of(self._world, request)
        if session is None:
            return unauthorized()
        account, npi = self._portal.account(session), word(await read_json(request), "npi")
        if npi not in [who.npi for _, who in _providers(account)]:
            raise InputError("no such provider number for this account")
        account.remembered["npi"] = npi
        return Response(status_code=204)

    async def form(self, request: Request) -> Response:
        """What a form looks like."""
        session = session_of(self._world, request)
        if session is None:
            return unauthorized()
        step = self._step(request, request.path_params["form"], session)

        async def work() -> Response:
            return JSONResponse({"flaws": flaws_of(step)})

        return await step.run(work)

    async def eligibility(self, request: Request) -> Response:
        """Take an eligibility inquiry. The issue date of the card is not asked for by this payer."""

        def file(step: Step, session: Session, body: dict[str, Any]) -> str | None:
            born, service = _day(word(body, "birthDate")), _day(word(body, "serviceDate"))
            organization, provider = _chosen(self._portal.account(session))
            if born is None or service is None or not word(body, "subscriberId"):
                return None
            inquiry = Inquiry(_PAYER, word(body, "subscriberId"), born, service)
            return answered(step, session, Asked(inquiry, organization, provider, provider.tin))

        return await self._file(request, "lookup", file)

    async def claims(self, request: Request) -> Response:
        """Take a claim status inquiry. A total charge narrows it."""

        def file(step: Step, session: Session, body: dict[str, Any]) -> str | None:
            first, last = _day(word(body, "fromDate")), _day(word(body, "toDate"))
            if first is None or last is None or not word(body, "subscriberId"):
                return None
            who = _chosen(self._portal.account(session))
            asked = ClaimsAsked(_PAYER, word(body, "subscriberId"), (first, last), word(body, "ccn"), *who)
            number = secrets.token_hex(8)
            session.answers[number] = find_claims(step, session, asked)
            return number

        return await self._file(request, "claim_lookup", file)

    async def answer(self, request: Request) -> Response:
        """The answer, or 202 while the payer thinks."""
        session = session_of(self._world, request)
        if session is None:
            return unauthorized()
        found: Outcome | ClaimsFound | None = session.answers.get(request.path_params["id"])
        if found is None:
            return JSONResponse({"prose": _CHECK}, 404)
        if not found.is_due():
            return JSONResponse({}, 202)
        said = answer.eligibility(found) if isinstance(found, Outcome) else answer.claim_status(found)
        return JSONResponse(said)

    async def _file(
        self, request: Request, at: str, file: Callable[[Step, Session, dict[str, Any]], str | None]
    ) -> Response:
        session = session_of(self._world, request)
        if session is None:
            return unauthorized()
        body, step = await read_json(request), self._step(request, at, session)

        async def work() -> Response:
            number = file(step, session, body)
            if number is None:
                return JSONResponse({"prose": _CHECK}, 400)
            return JSONResponse({}, 202, {"Location": f"/api/answers/{number}"})

        return await step.run(work)

    @property
    def _portal(self) -> Portal:
        return self._world.portals[ID]

    def _step(self, request: Request, at: str, session: Session) -> Step:
        return Step(self._world, self._portal, request, at, session.user)


def _providers(account: Account) -> list[tuple[Organization, Provider]]:
    mine = (each for each in ORGANIZATIONS if each.id in account.organizations)
    return [(organization, provider) for organization in mine for provider in organization.providers]


def _chosen(account: Account) -> tuple[Organization, Provider]:
    """The one chosen last, else the first: there is always one, wanted or not."""
    listed = _providers(account)
    if not listed:
        raise InputError("no provider number is attached to this account")
    return next((each for each in listed if each[1].npi == account.remembered.get("npi")), listed[0])


def _day(text: str) -> date | None:
    found = re.fullmatch(r"(\d{2})/(\d{2})/(\d{4})", text)
    try:
        return date(int(found[3]), int(found[1]), int(found[2])) if found else None
    except ValueError:
        return None
