"""How a payer answers an eligibility inquiry (270/271), whatever portal carries it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sandbox.members import ACTIVE, INACTIVE, Member

# AAA03 reject reasons (X12 code source 901), in the words of the portal facts where they give any.
REJECTS = {
    "42": "Unable to respond at current time",
    "67": "Patient not found",
    "71": "Patient Birth Date Does Not Match That for the Patient on the Database",
    "72": "Invalid/Missing Subscriber/Insured ID",
    "73": "Invalid/Missing Subscriber/Insured Name",
    "75": "Subscriber/Insured Not Found",
}


@dataclass(frozen=True)
class Inquiry:
    """What was typed into an eligibility form. An empty member id means: search by name."""

    payer: str
    member_id: str
    birth_date: date
    as_of: date
    last_name: str = ""
    first_name: str = ""
    relationship: str | None = None


@dataclass(frozen=True)
class Answer:
    """Either a member, or the code the payer rejects the inquiry with."""

    member: Member | None
    reject_code: str | None = None
    covered: bool = False


def ask(members: Iterable[Member], inquiry: Inquiry) -> Answer:
    """The payer's answer to `inquiry`."""
    near = [each for each in members if each.payer.id == inquiry.payer and _named(each, inquiry)]
    if not near:
        return Answer(None, "75" if inquiry.member_id else "67")
    member = next((each for each in near if _same_patient(each, inquiry)), None)
    if member is None:
        return Answer(None, near[0].reject_code or "71")
    if member.coverage not in (ACTIVE, INACTIVE):
        return Answer(None, member.reject_code)
    if not _name_fits(member, inquiry):
        return Answer(None, "73")
    return Answer(member, covered=member.covered_on(inquiry.as_of))


def _named(member: Member, inquiry: Inquiry) -> bool:
    if inquiry.member_id:
        return member.member_id == inquiry.member_id.upper()
    return _name_fits(member, inquiry)


def _same_patient(member: Member, inquiry: Inquiry) -> bool:
    related = inquiry.relationship in (None, member.relationship) or (
        inquiry.relationship == "other" and member.relationship != "self"
    )
    return related and member.patient.birth_date == inquiry.birth_date


def _name_fits(member: Member, inquiry: Inquiry) -> bool:
    patient = member.patient
    last = inquiry.last_name.casefold() in ("", patient.last_name.casefold())
    return last and inquiry.first_name.casefold() in ("", patient.first_name.casefold())
