"""What UnitedHealthcare's result page says of an outcome: what was met, not what remains."""

from decimal import Decimal
from typing import Any

from sandbox.inquiries import Outcome
from sandbox.lookups import REJECTS
from sandbox.members import Member
from sandbox.plans import Benefits

_LIMITS = (
    ("Deductible", "Individual", "deductible_individual"),
    ("Deductible", "Family", "deductible_family"),
    ("Out of Pocket", "Individual", "out_of_pocket_individual"),
    ("Out of Pocket", "Family", "out_of_pocket_family"),
)
_COPAYS = (("Copay - Office Visit", "copay_office"), ("Copay - Specialist", "copay_specialist"))


def refusal(outcome: Outcome) -> dict[str, Any]:
    """No member: the portal's words."""
    code = outcome.reject_code or ""
    if code == "42":
        return {"message": "This information is temporarily unavailable. Please try again later."}
    if code in ("67", "75"):
        return {"message": "Member not found. Please check your entries and try again."}
    return {"message": f"{REJECTS[code]}. Please check your entries and try again."}


def overview(outcome: Outcome) -> dict[str, Any]:
    """The member's page: who, then coverage, then benefits."""
    member = outcome.member
    if member is None or member.plan is None:
        raise ValueError("an overview needs a member with a plan")
    plan, patient = member.plan, member.patient
    empty = outcome.flaw == "empty_result"
    networks = () if empty else (("In Network", plan.in_network), ("Out of Network", plan.out_of_network))
    return {
        "name": f"{patient.first_name} {patient.last_name}",
        "who": _who(outcome, member),
        "coverage": [] if empty else _coverage(outcome, member),
        "benefits": [row for network, benefits in networks for row in _rows(network, benefits)],
        "outage": outcome.outage,
    }


def _who(outcome: Outcome, member: Member) -> list[tuple[str, str]]:
    asked = outcome.asked
    rows = [
        ("Member ID", member.member_id),
        ("Date of Birth", f"{member.patient.birth_date:%m/%d/%Y}"),
        ("Relationship to Subscriber", member.relationship.capitalize()),
        ("Date of Service", f"{asked.inquiry.as_of:%m/%d/%Y}"),
        ("Organization", asked.organization.name),
        ("Tax ID", asked.tin),
        ("Provider", asked.provider.name),
        ("NPI", asked.provider.npi),
        ("Transaction ID", outcome.transaction),
    ]
    if subscriber := member.subscriber:
        rows.append(("Subscriber", f"{subscriber.first_name} {subscriber.last_name}"))
    return rows


def _coverage(outcome: Outcome, member: Member) -> list[tuple[str, str]]:
    plan = member.plan
    rows = [("Coverage Status", "Active" if outcome.covered else "Inactive")]
    if member.begins:
        rows.append(("Effective Date", f"{member.begins:%m/%d/%Y}"))
    if member.ends:
        rows.append(("End Date", f"{member.ends:%m/%d/%Y}"))
    if plan:
        rows += [
            ("Plan/Product Type", plan.name),
            ("Plan Number", plan.number),
            ("Insurance Type", plan.insurance_type),
            ("Group Number", plan.group_number),
            ("Group Name", plan.group_name),
        ]
    rows.append(("Other Insurance", member.other_insurance or "None on file"))
    return rows


def _rows(network: str, benefits: Benefits) -> list[tuple[str, str, str, str, str]]:
    said = vars(benefits)
    rows = [(words, "", network, dollars(said[name]), "") for words, name in _COPAYS if said[name]]
    if benefits.coinsurance_percent is not None:
        rows.append(("Coinsurance", "", network, f"{benefits.coinsurance_percent}%", ""))
    for words, level, name in _LIMITS:
        if said[name]:
            met = Decimal(said[name]) - Decimal(said[f"{name}_remaining"])
            rows.append((words, level, network, dollars(said[name]), dollars(str(met))))
    return rows


def dollars(amount: str) -> str:
    """`1500.00` as `$1,500.00`."""
    return f"${Decimal(amount):,.2f}"
