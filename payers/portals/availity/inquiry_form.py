"""Filling Availity's inquiry form: its values are sticky, so only what differs is changed."""

from __future__ import annotations

import re
from datetime import date

from playwright.async_api import Locator

from flows.eligibility import EligibilityInquiry
from flows.errors import AnswerUnreadable, InputError
from flows.parties import Relationship
from payers.kit import input_values
from payers.portals.availity.screens import Inquiry

RELATIONSHIPS = {
    Relationship.SELF: "Self",
    Relationship.SPOUSE: "Spouse",
    Relationship.CHILD: "Child",
    Relationship.OTHER: "Other Adult",
}
CODE = " - "  # before the code at the end of an option


async def fill(form: Inquiry, inquiry: EligibilityInquiry, payer: str) -> None:
    """Bring the form to exactly this question, and read it back before it is sent."""
    member = inquiry.member
    wanted = _wanted(inquiry, payer)
    now = await input_values(form.inputs)
    for name, box in form.boxes.items():
        if not fits(now.get(name), wanted[name]):
            await choose(form.options, box, wanted[name])
            now = await input_values(form.inputs)  # a choice may empty those that depend on it
    if not fits(now.get("memberId"), member.member_id):
        await form.member_id.fill(member.member_id)
    if not fits(now.get("patientBirthDatefield"), wanted["patientBirthDatefield"]):
        await _type_date(form.birth_date, member.patient.birth_date)
    if not fits(now.get("asOfDate"), wanted["asOfDate"]):
        await _type_date(form.as_of, inquiry.service_date)
    now = await input_values(form.inputs)
    if wrong := [name for name, value in wanted.items() if not fits(now.get(name), value)]:
        raise AnswerUnreadable(
            f"the form did not take {', '.join(wrong)}; nothing was sent", screen="Inquiry", locator=wrong[0]
        )


def _wanted(inquiry: EligibilityInquiry, payer: str) -> dict[str, str]:
    """What each field must hold, by its id or name: the exact value, or ` - ` and the code it must end with."""
    member = inquiry.member
    return {
        "organization-field": inquiry.organization.name,
        "payerId-field": payer,
        "provider": CODE + inquiry.provider.npi,
        "patientSearchOption": "Member ID",
        "subscriberRelationship-field": RELATIONSHIPS[member.relationship],
        "serviceType": CODE + inquiry.service_type,
        "memberId": member.member_id,
        "patientBirthDatefield": f"{member.patient.birth_date:%m/%d/%Y}",
        "asOfDate": f"{inquiry.service_date:%m/%d/%Y}",
    }


def fits(value: str | None, wanted: str) -> bool:
    """Whether a field holds what it must, in the terms of `choose`."""
    return value is not None and (value.endswith(wanted) if wanted.startswith(CODE) else value == wanted)


async def choose(options: Locator, box: Locator, wanted: str) -> None:
    """Choose the one option of `box` that is `wanted`, or ends in it where that begins with ` - `."""
    await box.click()
    await options.first.wait_for()
    start = "" if wanted.startswith(CODE) else "^"
    option = options.filter(has_text=re.compile(f"{start}{re.escape(wanted)}$"))
    if await option.count() != 1:
        raise InputError(f"the portal does not list {wanted.removeprefix(CODE)!r} for this account")
    await option.click()


async def _type_date(sections: Locator, day: date) -> None:
    """Type month, day and year, each into its section."""
    for index, digits in enumerate((f"{day:%m}", f"{day:%d}", f"{day:%Y}")):
        await sections.nth(index).fill(digits)
