"""An inquiry under way: what was asked by whom, when its answer is due, and what it will say."""

import secrets
import time
from dataclasses import dataclass, replace
from datetime import datetime

from sandbox.lookups import Inquiry, ask
from sandbox.members import Member
from sandbox.organizations import ORGANIZATIONS, Organization, Provider
from sandbox.sessions import Session
from sandbox.web import Step

KEPT = 20
_FLAWS = ("empty_result", "session_text")
_WHO = ("member_id", "patient", "relationship", "subscriber")


@dataclass(frozen=True)
class Asked:
    """An inquiry and who asks."""

    inquiry: Inquiry
    organization: Organization
    provider: Provider
    tin: str


@dataclass(frozen=True)
class Outcome:
    """What a result page shows. Without a member, `reject_code` says why; `flaw` is a fault that spoils it."""

    asked: Asked
    due: float
    transaction: str
    moment: datetime
    member: Member | None
    reject_code: str | None
    covered: bool
    outage: bool = False
    flaw: str = ""

    def is_due(self) -> bool:
        """Whether the payer has answered. Real time: a jump of the clock hurries no payer."""
        return time.monotonic() >= self.due


def answered(step: Step, session: Session, asked: Asked) -> str:
    """Put the inquiry to the payer, as the ordered faults have it; the number to fetch it by."""
    portal = step.portal
    portal.account(session).tally.lookups += 1
    portal.note(session.user, "lookup", payer=asked.inquiry.payer, npi=asked.provider.npi)
    outcome = _disturbed(step, session, _outcome(step, asked))
    number = secrets.token_hex(8)
    while len(session.answers) >= KEPT:
        session.answers.pop(next(iter(session.answers)))
    session.answers[number] = outcome
    session.last_answer = outcome
    return number


def _outcome(step: Step, asked: Asked) -> Outcome:
    world = step.world
    answer = ask(world.members_of(step.portal.id), asked.inquiry)
    slow = step.take("slow_answer")
    seconds = step.portal.policy.answer_seconds + (slow.seconds if slow else 0)
    return Outcome(
        asked=asked,
        due=time.monotonic() + seconds,
        transaction=world.transaction(),
        moment=world.clock.moment(),
        member=answer.member,
        reject_code=answer.reject_code,
        covered=answer.covered,
    )


def _disturbed(step: Step, session: Session, outcome: Outcome) -> Outcome:
    if step.take("payer_down"):
        return replace(outcome, member=None, reject_code="42")
    if step.take("stale_result"):
        before = session.last_answer or _of_another(step, outcome)
        return replace(before, due=outcome.due)
    if step.take("half_stale"):
        return _half_of(session.last_answer, outcome)
    if step.take("nobody_covered"):
        return replace(outcome, covered=False)
    if step.take("nobody_known"):
        return replace(outcome, member=None, reject_code="75")
    if step.take("other_member"):
        return _of_another(step, outcome)
    if step.take("other_organization"):
        return replace(outcome, asked=_by_another(outcome.asked))
    if step.take("outage_text"):
        return replace(outcome, outage=True)
    return replace(outcome, flaw=next((kind for kind in _FLAWS if step.take(kind)), ""))


def _half_of(before: Outcome | None, outcome: Outcome) -> Outcome:
    """The patient asked for, and everything else from the answer before."""
    if before is None or before.member is None or outcome.member is None:
        return outcome
    asked_for = {name: getattr(outcome.member, name) for name in _WHO}
    return replace(
        outcome,
        transaction=before.transaction,
        covered=before.covered,
        member=replace(before.member, **asked_for),
    )


def _of_another(step: Step, outcome: Outcome) -> Outcome:
    wanted = outcome.asked.inquiry
    member = next(
        each
        for each in step.world.members_of(step.portal.id)
        if each.plan and each.payer.id == wanted.payer and each.member_id != wanted.member_id
    )
    covered = member.covered_on(wanted.as_of)
    return replace(outcome, member=member, covered=covered, reject_code=None)


def _by_another(asked: Asked) -> Asked:
    other = next(each for each in ORGANIZATIONS if each.id != asked.organization.id)
    return replace(asked, organization=other, provider=other.providers[0], tin=other.providers[0].tin)
