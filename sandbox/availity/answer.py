"""What Availity's result page says of an outcome."""

from datetime import date
from typing import Any

from sandbox.inquiries import Outcome
from sandbox.lookups import REJECTS
from sandbox.members import Member
from sandbox.plans import Benefits, Plan

_CORRECTABLE = ("71", "72", "73")
_CORRECT = "Please Correct and Resubmit"
_LIMITS = (
    ("Annual Deductible", "Individual", "deductible_individual"),
    ("Annual Deductible", "Family", "deductible_family"),
    ("Out of Pocket", "Individual", "out_of_pocket_individual"),
    ("Out of Pocket", "Family", "out_of_pocket_family"),
)
_COPAYS = (
    ("Co-Payment - Office Visit", "copay_office"),
    ("Co-Payment - Specialist Visit", "copay_specialist"),
)


def alert(outcome: Outcome) -> dict[str, Any]:
    """The payer rejected the inquiry: its words, without the code, as the site shows them."""
    code = outcome.reject_code or ""
    words = REJECTS[code]
    if code in _CORRECTABLE:
        words = f"{words}. {_CORRECT}"
    if code == "42":
        words = f"{words}. Please try again later."
    return {"status": "Rejected", "message": words}


def coverage(outcome: Outcome) -> dict[str, Any]:
    """The payer knows the patient: everything the page shows."""
    member = _known(outcome.member)
    plan = member.plan
    shown = {
        "status": "Complete",
        "chip": _chip(outcome, member),
        "outage": outcome.outage,
        "patient": _name(member.patient.last_name, member.patient.first_name),
        "card": _card(outcome, member),
        "planName": plan.name if plan else "",
        "dates": _dates(member),
        "facts": _facts(member, plan),
        "sections": [] if plan is None else _sections(plan),
        "otherInsurance": member.other_insurance,
    }
    empty = {"chip": "", "planName": "", "dates": [], "facts": [], "sections": [], "otherInsurance": ""}
    return shown | (empty if outcome.flaw == "empty_result" else {})


def _known(member: Member | None) -> Member:
    if member is None:
        raise ValueError("a coverage page needs a member")
    return member


def _chip(outcome: Outcome, member: Member) -> str:
    if outcome.covered:
        return "Active Coverage"
    # Some payers say it so: words that contain "eligible".
    return "Not eligible" if member.payer.id == "62308" else "Inactive"


def _card(outcome: Outcome, member: Member) -> list[tuple[str, str]]:
    asked, patient = outcome.asked, member.patient
    rows = [
        ("Member ID", member.member_id),
        ("DOB", us_date(patient.birth_date)),
        ("Gender", {"F": "Female", "M": "Male"}[patient.sex]),
        ("Relationship to Subscriber", member.relationship.capitalize()),
        ("Payer", member.payer.name),
        ("Payer ID", member.payer.id),
        ("Date of Service", us_date(asked.inquiry.as_of)),
        ("Transaction ID", outcome.transaction),
        ("Transaction Date/Time", f"{outcome.moment:%m/%d/%Y %I:%M:%S %p}"),
        ("Customer ID", asked.organization.id),
        ("Organization", asked.organization.name),
        ("Provider", asked.provider.name),
        ("Provider NPI", asked.provider.npi),
    ]
    if subscriber := member.subscriber:
        name = _name(subscriber.last_name, subscriber.first_name)
        rows += [("Subscriber", name), ("Subscriber DOB", us_date(subscriber.birth_date))]
    return rows


def _dates(member: Member) -> list[tuple[str, str]]:
    dates = (
        ("Plan Begin Date", member.begins),
        ("Eligibility Begin Date", member.begins),
        ("Plan End Date", member.ends),
    )
    return [(label, us_date(day)) for label, day in dates if day]


def _facts(member: Member, plan: Plan | None) -> list[tuple[str, str]]:
    if plan is None:
        return []
    alone = member.subscriber is None and plan.in_network.deductible_family is None
    return [
        ("Group Number", plan.group_number),
        ("Group Name", plan.group_name),
        ("Plan Number", plan.number),
        ("Insurance Type", plan.insurance_type),
        ("Coverage Level", "Individual" if alone else "Family"),
    ]


def _sections(plan: Plan) -> list[dict[str, Any]]:
    networks = (("In Network", plan.in_network), ("Out of Network", plan.out_of_network))
    return [
        {"heading": f"{name} - Health Benefit Plan Coverage - 30", "rows": _rows(name, benefits)}
        for name, benefits in networks
        if benefits != Benefits()
    ]


def _rows(network: str, benefits: Benefits) -> list[tuple[str, str, str, str, str]]:
    said = vars(benefits)
    rows = [(words, "Individual", network, money(said[name]), "") for words, name in _COPAYS if said[name] is not None]
    if benefits.coinsurance_percent is not None:
        rows.append(("Co-Insurance", "Individual", network, f"{benefits.coinsurance_percent}%", ""))
    for words, level, name in _LIMITS:
        if said[name] is not None:
            remaining = money(said[f"{name}_remaining"])
            rows.append((words, level, network, money(said[name]), remaining))
    return rows


def money(amount: str) -> str:
    """`1500.00` as `$1,500.00`."""
    whole, _, cents = amount.partition(".")
    return f"${int(whole):,}.{cents}"


def us_date(day: date) -> str:
    """MM/DD/YYYY."""
    return f"{day:%m/%d/%Y}"


def _name(last: str, first: str) -> str:
    return f"{last.upper()}, {first.upper()}"
