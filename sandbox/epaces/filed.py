"""Requests that are filed and answered later: the response lists, with other people's requests among one's own."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sandbox.epaces.visit import Visit, written
from sandbox.inquiries import Asked, Outcome, answered
from sandbox.lookups import Inquiry
from sandbox.medicaid_inquiries import ClaimsAsked, ClaimsFound, find_claims
from sandbox.web import Step

ELIGIBILITY, CLAIMS = "eligibility", "claims"
PAYER = "new-york-medicaid"
_SHOWN = 20
_COLLEAGUE = "acolleague"


@dataclass(frozen=True)
class Filed:
    """One line of a response list."""

    kind: str
    number: str
    user: str
    requested: str
    client_id: str
    service: str
    found: Outcome | ClaimsFound
    colleagues: bool = False

    @property
    def status(self) -> str:
        """What the list says: the answer may take its time."""
        return "Complete" if self.colleagues or self.found.is_due() else "In Process"


def file_eligibility(visit: Visit, step: Step, client_id: str, day: date) -> Filed:
    """Put an eligibility request to the payer; the client ID alone says who is meant."""
    chosen = _chosen(visit)
    near = (each for each in visit.world.members_of(visit.portal.id) if each.member_id == client_id.upper())
    born = next((each.patient.birth_date for each in near), date.min)
    asked = Asked(Inquiry(PAYER, client_id, born, day), chosen.organization, chosen.provider, chosen.provider.tin)
    outcome: Outcome = visit.session.answers[answered(step, visit.session, asked)]
    return _file(visit, ELIGIBILITY, client_id, f"{day:%m/%d/%Y}", outcome)


def file_claims(visit: Visit, step: Step, client_id: str, span: tuple[date, date], number: str) -> Filed:
    """Put a claim status inquiry to the payer."""
    chosen = _chosen(visit)
    asked = ClaimsAsked(PAYER, client_id, span, number, chosen.organization, chosen.provider)
    service = " - ".join(f"{day:%m/%d/%Y}" for day in span)
    return _file(visit, CLAIMS, client_id, service, find_claims(step, visit.session, asked))


def responses(visit: Visit, kind: str) -> list[Filed]:
    """The newest responses, everybody's with this provider, the newest first."""
    return [each for each in reversed(visit.portal.filed) if each.kind == kind][:_SHOWN]


def response(visit: Visit, kind: str, number: str) -> Filed | None:
    """One response, once it is complete."""
    mine = (each for each in visit.portal.filed if (each.kind, each.number) == (kind, number))
    return next((each for each in mine if each.status == "Complete"), None)


def _file(visit: Visit, kind: str, client_id: str, service: str, found: Any) -> Filed:
    """File a request, and what colleagues filed a moment before and after it: same client, same day, other people."""
    moment = visit.world.clock.moment()
    mine = Filed(kind, visit.world.transaction(), visit.session.user, written(moment), client_id, service, found)
    other = visit.world.transaction()
    earlier = written(moment - timedelta(minutes=7))
    of_mine = replace(
        mine, number=f"{other}1", requested=earlier, colleagues=True, found=replace(found, flaw="empty_result")
    )
    visit.portal.filed += [
        replace(of_mine, client_id=_neighbour(client_id)),
        of_mine,
        mine,
        replace(of_mine, number=f"{other}2", user=_COLLEAGUE, requested=mine.requested, client_id=client_id),
        replace(
            of_mine, number=f"{other}3", user=_COLLEAGUE, client_id=_neighbour(client_id), requested=mine.requested
        ),
    ]
    return mine


def _neighbour(client_id: str) -> str:
    """Another client ID of the same shape."""
    return client_id[:-2] + ("0" if client_id[-2:-1] != "0" else "1") + client_id[-1:]


def _chosen(visit: Visit) -> Any:
    chosen = visit.provider
    if chosen is None:
        raise ValueError("no provider is chosen")
    return chosen
