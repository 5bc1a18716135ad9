"""UnitedHealthcare's claims: the search, its results, one claim."""

from datetime import date
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.accounts import Account
from sandbox.claim_inquiries import ClaimsAsked, ClaimsOutcome, claims_answered
from sandbox.sessions import Session
from sandbox.uhc.claims_answer import detail, nothing, results
from sandbox.web import Step, read_json, unauthorized, us_day, word
from sandbox.world import World

if TYPE_CHECKING:
    from sandbox.uhc.site import Uhc

_PAYER = "87726"
_CHECK = "Please check your entries and try again."
_EVER = (date(1900, 1, 1), date(2999, 12, 31))


class UhcClaims:
    """The services behind #/claims."""

    def __init__(self, world: World, site: "Uhc") -> None:
        self._world = world
        self._site = site

    async def options(self, request: Request) -> Response:
        """What the search needs: providers of the chosen tax number."""
        session = self._site.session_of(request)
        if session is None:
            return unauthorized()
        account = self._site.account_of(session)
        step = Step(self._world, self._site.portal, request, "claims", session.user)

        async def work() -> Response:
            if "claim_status" not in account.roles:
                return JSONResponse({"message": "You do not have access."}, 403)
            tin = self._site.tin(account)
            providers = [each for each in self._site.asking(account).providers if each.tin == tin]
            return JSONResponse(
                {
                    "providers": [{"npi": each.npi, "label": each.label} for each in providers],
                    "remembered": account.remembered.get("npi", ""),
                    "changedLabels": step.take("changed_labels") is not None,
                    "changedIds": step.take("changed_ids") is not None,
                }
            )

        return await step.run(work)

    async def search(self, request: Request) -> Response:
        """Take a search; the answer is fetched from where Location says."""
        session = self._site.session_of(request)
        if session is None:
            return unauthorized()
        account = self._site.account_of(session)
        asked = self._read(account, await read_json(request))
        if asked is None:
            return JSONResponse({"message": _CHECK}, 400)
        account.remembered["npi"] = asked.provider.npi

        async def work() -> Response:
            number = claims_answered(step, session, asked)
            return JSONResponse({"id": number}, 202, {"Location": f"/api/claims/search/{number}"})

        step = Step(self._world, self._site.portal, request, "lookup", session.user)
        return await step.run(work)

    async def result(self, request: Request) -> Response:
        """The answer, or 202 while it is being fetched."""
        session = self._site.session_of(request)
        if session is None:
            return unauthorized()
        outcome = _outcome(session, request)
        if outcome is None:
            return JSONResponse({"message": _CHECK}, 404)
        if not outcome.is_due():
            return JSONResponse({}, 202)
        return JSONResponse(nothing(outcome) if outcome.why else results(outcome))

    async def claim(self, request: Request) -> Response:
        """One of the claims that were found."""
        session = self._site.session_of(request)
        if session is None:
            return unauthorized()
        outcome = _outcome(session, request)
        found = outcome.claim(request.path_params["number"]) if outcome else None
        return JSONResponse(detail(found) if found else {"message": _CHECK}, 200 if found else 404)

    def _read(self, account: Account, body: dict[str, Any]) -> ClaimsAsked | None:
        """The search, or None when something is missing or wrong."""
        organization, tin = self._site.asking(account), self._site.tin(account)
        provider = organization.provider(word(body, "npi"))
        number = word(body, "claimNumber")
        born, member_id = us_day(word(body, "dateOfBirth")), word(body, "memberId")
        first, last = us_day(word(body, "firstServiceDate")), us_day(word(body, "lastServiceDate"))
        if provider is None or provider.tin != tin or not (number or (born and member_id and first and last)):
            return None
        return ClaimsAsked(
            payer=_PAYER,
            member_id=member_id,
            first_day=first or _EVER[0],
            last_day=last or _EVER[1],
            organization=organization,
            provider=provider,
            tin=tin,
            birth_date=born,
            number=number,
            tin_wide=body.get("tinWideSearch") is True,
        )


def _outcome(session: Session, request: Request) -> ClaimsOutcome | None:
    outcome = session.answers.get(request.path_params["id"])
    return outcome if isinstance(outcome, ClaimsOutcome) else None
