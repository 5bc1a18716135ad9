"""What TexMedConnect's result page says of an outcome."""

from sandbox.inquiries import Outcome
from sandbox.lookups import REJECTS

OUTAGE = "This transaction could not be processed. The system is unavailable."
_TRY_AGAIN = "Please try again later."


def refusal(outcome: Outcome) -> str:
    """No client: the portal's words."""
    code = outcome.reject_code or ""
    if code == "42":
        return f"{REJECTS[code]}. {_TRY_AGAIN}"
    return f"{REJECTS[code]}. Check the client's information."


def asked_rows(outcome: Outcome) -> list[tuple[str, str]]:
    """Who asked, for which day."""
    asked = outcome.asked
    return [
        ("Provider", asked.provider.name),
        ("NPI", asked.provider.npi),
        ("Organization", asked.organization.name),
        ("Tax ID", asked.tin),
        ("Eligibility Date", f"{asked.inquiry.as_of:%m/%d/%Y}"),
        ("Transaction ID", outcome.transaction),
    ]


def client_rows(outcome: Outcome) -> list[tuple[str, str]]:
    """Who the client is."""
    member = outcome.member
    if member is None:
        raise ValueError("a client is needed")
    patient = member.patient
    return [
        ("Client Name", f"{patient.last_name.upper()}, {patient.first_name.upper()}"),
        ("Client ID", member.member_id),
        ("Date of Birth", f"{patient.birth_date:%m/%d/%Y}"),
    ]


def coverage_rows(outcome: Outcome) -> list[tuple[str, str]]:
    """What the client is covered by."""
    member = outcome.member
    if member is None or member.plan is None or member.begins is None:
        raise ValueError("a client with coverage is needed")
    if outcome.flaw == "empty_result":
        return []
    rows = [
        ("Eligibility Status", "Eligible" if outcome.covered else "Not Eligible"),
        ("Program", member.plan.name),
        ("Begin Date", f"{member.begins:%m/%d/%Y}"),
    ]
    if member.ends:
        rows.append(("End Date", f"{member.ends:%m/%d/%Y}"))
    rows.append(("Other Insurance", member.other_insurance or "None on file"))
    return rows
