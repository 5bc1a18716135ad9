"""Eligibility and benefits: the 270 inquiry and the 271 answer."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from pydantic import Field

from flows.parties import Member, Npi, Organization, Provider, Record
from flows.session import Session


class EligibilityInquiry(Record):
    """One question (X12 270): who asks (`organization`, `provider`), about whom, for which day and service.

    `service_type` is an X12 service type code; 30 is Health Benefit Plan Coverage. `state` is the region
    where a portal has regions, as its two letters.
    """

    organization: Organization
    provider: Provider
    member: Member
    service_date: date
    service_type: str = Field(default="30", pattern=r"^[0-9A-Z]{1,2}$")
    state: str = Field(default="", pattern=r"^([A-Z]{2})?$")


class Coverage(StrEnum):
    """What the payer says of the patient on the service date."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    NOT_FOUND = "not_found"
    REJECTED = "rejected"


class Match(StrEnum):
    """Whose page the answer came from, beside the patient that was asked for. *Differs* is never an answer."""

    EXACT = "exact"
    DIFFERS = "differs"
    NOT_SHOWN = "not_shown"


class Benefit(Record):
    """One benefit line (271 EB): money as Decimal in US dollars, percent 0–100 as the member's share."""

    benefit: str
    service_type: str = "30"
    coverage_level: str = ""
    network: str = ""
    amount: Decimal | None = None
    percent: Decimal | None = None
    remaining: Decimal | None = None
    period: str = ""
    words: str = ""


class EligibilityAnswer(Record):
    """One answer (X12 271), with the portal's own words.

    `organization` and `provider_npi` are read back from the page, not repeated from the question.
    `reject_code` is AAA03, `follow_up_code` AAA04 (X12 271). `asked_at` is an instant, `as_of` the local
    service date the portal answered for. What the page does not show is absent.
    """

    coverage: Coverage
    match: Match
    portal_words: str = Field(repr=False)
    organization: str
    provider_npi: Npi
    as_of: date
    asked_at: datetime | None = None
    returned_member_id: str | None = Field(default=None, repr=False)
    returned_last_name: str | None = Field(default=None, repr=False)
    returned_first_name: str | None = Field(default=None, repr=False)
    returned_birth_date: date | None = Field(default=None, repr=False)
    plan_name: str | None = None
    product_type: str | None = None
    group_number: str | None = None
    group_name: str | None = None
    coverage_begin: date | None = None
    coverage_end: date | None = None
    network: str | None = None
    other_insurance: bool | None = None
    other_payer: str | None = None
    reject_code: str | None = None
    follow_up_code: str | None = None
    portal_transaction_id: str | None = None
    benefits: tuple[Benefit, ...] = ()


class CheckEligibility(Protocol):
    """A portal's eligibility screen: drive it to the answer, and read that."""

    def __call__(self, session: Session, inquiry: EligibilityInquiry, /) -> Awaitable[EligibilityAnswer]:
        """Ask."""
