"""A claim status inquiry under way (276): what was asked by whom, when its answer is due, what it will say (277)."""

import secrets
import time
from dataclasses import dataclass, replace
from datetime import date, datetime

from sandbox.claims import Claim
from sandbox.inquiries import KEPT
from sandbox.members import Member
from sandbox.organizations import ORGANIZATIONS, Organization, Provider
from sandbox.sessions import Session
from sandbox.web import Step

NOT_FOUND, NO_MEMBER, PAYER_DOWN = "not found", "no member", "payer down"


@dataclass(frozen=True)
class ClaimsAsked:
    """Whose claims, of which days, by whom. What is empty was not asked for; a number names one claim.

    Without a member id it is the number alone that says which. `tin_wide` asks for those of all the tax id's providers.
    """

    payer: str
    member_id: str
    first_day: date
    last_day: date
    organization: Organization
    provider: Provider
    tin: str
    birth_date: date | None = None
    last_name: str = ""
    first_name: str = ""
    number: str = ""
    tin_wide: bool = False


@dataclass(frozen=True)
class ClaimsOutcome:
    """What a result page shows. Without claims, `why` says why there are none; an *empty* one says nothing."""

    asked: ClaimsAsked
    due: float
    transaction: str
    moment: datetime
    member: Member | None
    claims: tuple[Claim, ...]
    why: str = ""
    outage: bool = False

    def is_due(self) -> bool:
        """Whether the payer has answered. Real time: a jump of the clock hurries no payer."""
        return time.monotonic() >= self.due

    def claim(self, number: str) -> Claim | None:
        """The claim with this number, if it was found."""
        return next((each for each in self.claims if each.number == number), None)


def claims_answered(step: Step, session: Session, asked: ClaimsAsked) -> str:
    """Put the inquiry to the payer, as the ordered faults have it; the number to fetch it by."""
    portal = step.portal
    portal.account(session).tally.lookups += 1
    portal.note(session.user, "claims_lookup", payer=asked.payer, npi=asked.provider.npi)
    outcome = _disturbed(step, session, _outcome(step, asked))
    number = secrets.token_hex(8)
    while len(session.answers) >= KEPT:
        session.answers.pop(next(iter(session.answers)))
    session.answers[number] = outcome
    session.last_claims = outcome
    return number


def _outcome(step: Step, asked: ClaimsAsked) -> ClaimsOutcome:
    world = step.world
    slow = step.take("slow_answer")
    if asked.member_id:
        member = next((each for each in world.members_of(step.portal.id) if _asked_for(each, asked)), None)
        claims = tuple(each for each in world.claims if member and each.member == member and _found(each, asked))
    else:
        claims = tuple(each for each in world.claims if each.member.payer.id == asked.payer and _found(each, asked))
        member = claims[0].member if claims else None
    return ClaimsOutcome(
        asked=asked,
        due=time.monotonic() + step.portal.policy.answer_seconds + (slow.seconds if slow else 0),
        transaction=world.transaction(),
        moment=world.clock.moment(),
        member=member,
        claims=claims,
        why="" if claims else NOT_FOUND if member else NO_MEMBER,
    )


def _asked_for(member: Member, asked: ClaimsAsked) -> bool:
    """Whether it is this patient; a payer that is given no name or birth date does without."""
    patient = member.patient
    return (
        member.plan is not None
        and member.payer.id == asked.payer
        and member.member_id == asked.member_id.upper()
        and asked.birth_date in (None, patient.birth_date)
        and asked.last_name.casefold() in ("", patient.last_name.casefold())
        and asked.first_name.casefold() in ("", patient.first_name.casefold())
    )


def _found(claim: Claim, asked: ClaimsAsked) -> bool:
    billed_by_them = claim.provider.tin == asked.tin if asked.tin_wide else claim.provider == asked.provider
    if asked.number:
        return billed_by_them and claim.number == asked.number
    return billed_by_them and asked.first_day <= claim.first_day <= asked.last_day


def _disturbed(step: Step, session: Session, outcome: ClaimsOutcome) -> ClaimsOutcome:
    if step.take("payer_down"):
        return replace(outcome, member=None, claims=(), why=PAYER_DOWN)
    if step.take("stale_result"):
        before = session.last_claims or _of_another(step, outcome)
        return replace(before, due=outcome.due)
    if (before := session.last_claims) and outcome.member and step.take("half_stale"):
        claims = tuple(replace(each, member=outcome.member) for each in before.claims)
        return replace(outcome, claims=claims, why=before.why)
    if step.take("nobody_known"):
        return replace(outcome, member=None, claims=(), why=NO_MEMBER)
    if step.take("other_member"):
        return _of_another(step, outcome)
    if step.take("other_organization"):
        return replace(outcome, asked=_by_another(outcome.asked))
    if step.take("outage_text"):
        return replace(outcome, outage=True)
    if step.take("empty_result"):
        return replace(outcome, claims=(), why="")
    return outcome


def _of_another(step: Step, outcome: ClaimsOutcome) -> ClaimsOutcome:
    """The same question, answered with somebody else's claims."""
    asked = outcome.asked
    claim = next(
        each
        for each in step.world.claims
        if each.member.payer.id == asked.payer and each.member.member_id != asked.member_id
    )
    return replace(outcome, member=claim.member, claims=(claim,), why="")


def _by_another(asked: ClaimsAsked) -> ClaimsAsked:
    other = next(each for each in ORGANIZATIONS if each.id != asked.organization.id)
    return replace(asked, organization=other, provider=other.providers[0], tin=other.providers[0].tin)
