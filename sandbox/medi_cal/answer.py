"""What Medi-Cal's portal says of an outcome: prose, in which *not eligible* holds *eligible*, and outages stand too."""

from typing import Any

from sandbox.inquiries import Outcome
from sandbox.lookups import REJECTS
from sandbox.medicaid_claims import Claim
from sandbox.medicaid_inquiries import ClaimsFound
from sandbox.members import Member
from sandbox.organizations import Organization, Provider

OUTAGE = "This transaction could not be processed. The system is unavailable."
OVER = "Your session has expired. Please log in again."
NO_ANSWER = "Unable to respond at current time. Please try again later."


def eligibility(outcome: Outcome) -> dict[str, Any]:
    """The answer to an eligibility inquiry."""
    member, asked = outcome.member, outcome.asked
    said: dict[str, Any] = {"provider": provider_words(asked.organization, asked.provider)}
    if outcome.flaw == "session_text":
        return said | {"prose": OVER}
    if outcome.reject_code == "42":
        return said | {"prose": NO_ANSWER}
    if member is None:
        return said | {"prose": f"{REJECTS[outcome.reject_code or '']}. Please correct and resubmit."}
    if outcome.outage:
        return said | {"name": _name(member), "prose": OUTAGE}
    if outcome.flaw == "empty_result":
        return said | {"name": _name(member), "prose": "Response received."}
    return said | {"name": _name(member), "medicare": member.other_insurance or "", "prose": _prose(outcome, member)}


def claim_status(found: ClaimsFound) -> dict[str, Any]:
    """The answer to a claim status inquiry."""
    said: dict[str, Any] = {"provider": provider_words(found.asked.organization, found.asked.provider)}
    prose = {"payer_down": NO_ANSWER, "outage_text": OUTAGE, "session_text": OVER}.get(found.flaw)
    if prose:
        return said | {"prose": prose}
    if found.member is None:
        return said | {"prose": "A4 33 Subscriber and subscriber id not found."}
    if not found.claims:
        return said | {"name": _name(found.member), "prose": "A4 35 Claim/encounter not found."}
    rows = [[] if found.flaw == "empty_result" else _row(each) for each in found.claims]
    return said | {"name": _name(found.member), "claims": rows, "prose": f"{len(rows)} claims found."}


def provider_words(organization: Organization, provider: Provider) -> str:
    """Who asks, as the header shows it."""
    return f"{organization.name} NPI: {provider.npi}"


def _name(member: Member) -> str:
    return f"{member.patient.last_name}, {member.patient.first_name}"


def _prose(outcome: Outcome, member: Member) -> str:
    day = outcome.asked.inquiry.as_of
    if not outcome.covered:
        return f"SUBSCRIBER IS NOT ELIGIBLE FOR MEDI-CAL. NO RECORDED ELIGIBILITY FOR {day:%m/%y}."
    plan = f" HEALTH PLAN MEMBER: {member.plan.name.upper()}." if member.plan else ""
    return (
        f"SUBSCRIBER LAST NAME: {member.patient.last_name.upper()}. EVC #: {outcome.transaction}. CNTY CODE: 19. "
        f"PRMY AID CODE: M1. MEDI-CAL ELIGIBLE W/ NO SOC/SPEND DOWN.{plan}"
    )


def _row(claim: Claim) -> list[str]:
    paid_on = f"{claim.remittance_date:%m/%d/%Y}" if claim.remittance_date else ""
    days = [f"{day:%m/%d/%Y}" for day in (claim.service_from, claim.service_to)]
    codes = [claim.category_code, claim.status_code, claim.words]
    money = [f"${claim.billed}", f"${claim.paid}"]
    return [claim.number, *days, *money, *codes, f"{claim.status_date:%m/%d/%Y}", claim.trace, paid_on]
