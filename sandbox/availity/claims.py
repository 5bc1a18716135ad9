"""Availity's claim status application: the search by its tabs, the results, one claim."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.availity import paths
from sandbox.availity.claims_answer import detail, nothing, results
from sandbox.availity.visit import asking, page, portal_of, session_of
from sandbox.bundle import Asset
from sandbox.claim_inquiries import ClaimsAsked, ClaimsOutcome, claims_answered
from sandbox.policy import InputError
from sandbox.sessions import Session
from sandbox.web import Step, read_json, unauthorized, us_day, word
from sandbox.world import World

MEMBER, HIPAA = "Member", "HIPAA Standard"
_HIPAA_PAYERS = ("60054", "61101")
_REMEMBERED = ("organization", "payer", "provider")


class ClaimsApp:
    """The application inside the shell's frame."""

    def __init__(self, world: World, script: Asset) -> None:
        self._world = world
        self._script = script

    def routes(self) -> list[Route]:
        """The page and its services."""
        return [
            Route(paths.CLAIM_STATUS, self.frame),
            Route(paths.CLAIM_STATUSES, self.inquire, methods=["POST"]),
            Route(paths.CLAIM_STATUSES + "/{id}", self.result),
            Route(paths.CLAIM_STATUSES + "/{id}/claims/{number}", self.claim),
        ]

    async def frame(self, request: Request) -> Response:
        """The application's page."""
        session = session_of(self._world, request)
        if session is None:
            return RedirectResponse(f"{paths.LOGIN}#/logout", status_code=302)
        step = Step(self._world, portal_of(self._world), request, "claims", session.user)

        async def work() -> Response:
            settings = {
                "changedLabels": step.take("changed_labels") is not None,
                "changedIds": step.take("changed_ids") is not None,
                "tabs": {each: [MEMBER, HIPAA] for each in _HIPAA_PAYERS},
            }
            return page("claims.html", self._script, settings)

        return await step.run(work)

    async def inquire(self, request: Request) -> Response:
        """Take a search; the answer is fetched from where Location says."""
        session = session_of(self._world, request)
        if session is None:
            return unauthorized()
        body = await read_json(request)
        asked = self._read(session, body)
        account = portal_of(self._world).account(session)
        account.remembered |= {name: word(body, name) for name in _REMEMBERED}
        step = Step(self._world, portal_of(self._world), request, "lookup", session.user)

        async def work() -> Response:
            number = claims_answered(step, session, asked)
            headers = {"Location": f"{paths.CLAIM_STATUSES}/{number}"}
            return JSONResponse({"id": number, "status": "In Progress"}, 202, headers)

        return await step.run(work)

    async def result(self, request: Request) -> Response:
        """The answer, or 202 while the payer thinks."""
        session = session_of(self._world, request)
        if session is None:
            return unauthorized()
        outcome = _outcome(session, request)
        if outcome is None:
            return _unknown()
        if not outcome.is_due():
            return JSONResponse({"status": "In Progress"}, 202, {"Location": request.url.path})
        return JSONResponse(nothing(outcome) if outcome.why else results(outcome))

    async def claim(self, request: Request) -> Response:
        """One of the claims that were found."""
        session = session_of(self._world, request)
        if session is None:
            return unauthorized()
        outcome = _outcome(session, request)
        found = outcome.claim(request.path_params["number"]) if outcome else None
        return JSONResponse(detail(found)) if found else _unknown()

    def _read(self, session: Session, body: dict[str, Any]) -> ClaimsAsked:
        chosen = asking(portal_of(self._world).account(session), word(body, "organization"))
        provider = chosen.provider(word(body, "provider"))
        first, last = us_day(word(body, "fromDate")), us_day(word(body, "toDate"))
        born = word(body, "birthDate")
        if born and us_day(born) is None:
            raise InputError("a date must be written MM/DD/YYYY")
        if provider is None or first is None or last is None or not word(body, "memberId"):
            raise InputError("a known provider, a member and the dates of service are needed")
        return ClaimsAsked(
            payer=word(body, "payer"),
            member_id=word(body, "memberId"),
            first_day=first,
            last_day=last,
            organization=chosen,
            provider=provider,
            tin=provider.tin,
            birth_date=us_day(word(body, "birthDate")),
            last_name=word(body, "lastName"),
            first_name=word(body, "firstName"),
            number=word(body, "claimNumber"),
        )


def _outcome(session: Session, request: Request) -> ClaimsOutcome | None:
    outcome = session.answers.get(request.path_params["id"])
    return outcome if isinstance(outcome, ClaimsOutcome) else None


def _unknown() -> Response:
    return JSONResponse({"message": "No such inquiry."}, 404)
