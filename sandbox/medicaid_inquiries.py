"""A claim status inquiry (276) under way, and what its answer (277) will say."""

import time
from dataclasses import dataclass, replace
from datetime import date, datetime

from sandbox.medicaid_claims import Claim, claims_in
from sandbox.members import Member
from sandbox.organizations import ORGANIZATIONS, Organization, Provider
from sandbox.sessions import Session
from sandbox.web import Step

_FLAWS = ("payer_down", "outage_text", "empty_result", "session_text")


@dataclass(frozen=True)
class ClaimsAsked:
    """Whose claims are asked for, of which days, by whom; with a number, that claim alone."""

    payer: str
    member_id: str
    span: tuple[date, date]
    number: str
    organization: Organization
    provider: Provider


@dataclass(frozen=True)
class ClaimsFound:
    """What the answer shows. Without a member, nobody has this id; `flaw` is the fault that spoils it."""

    asked: ClaimsAsked
    due: float
    moment: datetime
    transaction: str
    member: Member | None
    claims: tuple[Claim, ...]
    flaw: str = ""

    def is_due(self) -> bool:
        """Whether the payer has answered, in real time."""
        return time.monotonic() >= self.due


def find_claims(step: Step, session: Session, asked: ClaimsAsked) -> ClaimsFound:
    """Put the inquiry to the payer, as the ordered faults have it."""
    portal = step.portal
    portal.account(session).tally.claim_lookups += 1
    portal.note(session.user, "claim_lookup", payer=asked.payer, npi=asked.provider.npi)
    found = _disturbed(step, session, _found(step, asked, asked.member_id))
    session.last_claims = found
    return found


def _found(step: Step, asked: ClaimsAsked, member_id: str) -> ClaimsFound:
    world = step.world
    covered = (each for each in world.members_of(step.portal.id) if each.plan)
    slow = step.take("slow_answer")
    return ClaimsFound(
        asked=asked,
        due=time.monotonic() + step.portal.policy.answer_seconds + (slow.seconds if slow else 0),
        moment=world.clock.moment(),
        transaction=world.transaction(),
        member=next((each for each in covered if each.member_id == member_id.upper()), None),
        claims=tuple(claims_in(world.medicaid_claims, asked.payer, member_id, asked.span, asked.number)),
    )


def _disturbed(step: Step, session: Session, found: ClaimsFound) -> ClaimsFound:
    if step.take("stale_result"):
        before = session.last_claims or _of_another(step, found.asked)
        return replace(before, due=found.due)
    if (before := session.last_claims) and step.take("half_stale"):
        return replace(found, claims=before.claims)
    if step.take("nobody_known"):
        return replace(found, member=None, claims=())
    if step.take("other_member"):
        return _of_another(step, found.asked)
    if step.take("other_organization"):
        other = next(each for each in ORGANIZATIONS if each.id != found.asked.organization.id)
        return replace(found, asked=replace(found.asked, organization=other, provider=other.providers[0]))
    return replace(found, flaw=next((kind for kind in _FLAWS if step.take(kind)), ""))


def _of_another(step: Step, asked: ClaimsAsked) -> ClaimsFound:
    other = next(
        each.member_id
        for each in step.world.medicaid_claims
        if each.payer == asked.payer and each.member_id != asked.member_id
    )
    return _found(step, replace(asked, member_id=other), other)
