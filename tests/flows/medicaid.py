"""Claims on file with Medicaid, and questions about them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from house import NPI, ORGANIZATION, House, question

from bots.desk import Question
from flows.claim_status import ClaimStatusInquiry
from flows.parties import Organization, Provider

YEAR = (date(2026, 1, 1), date(2026, 11, 23))


def medicaid_question(
    member: dict[str, Any], number: str = "", organization: Organization = ORGANIZATION, npi: str = NPI
) -> Question:
    """The question about one synthetic member's claims of the year, or the one of that number."""
    asked = question(member)
    inquiry = ClaimStatusInquiry(
        organization=organization,
        provider=Provider(npi=npi),
        member=asked.inquiry.member,
        service_from=YEAR[0],
        service_to=YEAR[1],
        payer_claim_number=number,
    )
    return Question(payer=asked.payer, inquiry=inquiry)


def on_file(house: House, member: dict[str, Any]) -> list[dict[str, Any]]:
    """The claims that the sandbox's payer has of a member."""
    return [each for each in house.world.get("/medicaid-claims") if each["member_id"] == member["member_id"]]


def with_claims(house: House, portal: str, count: Callable[[int], bool]) -> list[dict[str, Any]]:
    """The covered members of whom so many claims are on file."""
    return [each for each in house.world.members(portal, "active") if count(len(on_file(house, each)))]
