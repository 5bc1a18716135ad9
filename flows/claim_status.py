"""Claim status: the 276 inquiry and the 277 answer."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from pydantic import Field, model_validator

from flows.eligibility import Match
from flows.parties import Member, Npi, Organization, Provider, Record
from flows.session import Session


class ClaimStatusInquiry(Record):
    """One question (X12 276): who asks, about whose claims, of which days of service.

    `provider` is the billing provider. `payer_claim_number` (REF 1K) or `patient_control_number` (CLM01) name one
    claim; without them the claims of the member in the span of days are asked for. `billed_amount` in US dollars.
    """

    organization: Organization
    provider: Provider
    member: Member
    service_from: date
    service_to: date
    payer_claim_number: str = Field(default="", max_length=50, repr=False)
    patient_control_number: str = Field(default="", max_length=38, repr=False)
    rendering_npi: Npi | None = None
    billed_amount: Decimal | None = None
    state: str = Field(default="", pattern=r"^([A-Z]{2})?$")

    @model_validator(mode="after")
    def _days_in_order(self) -> ClaimStatusInquiry:
        if self.service_to < self.service_from:
            raise ValueError("service_to is before service_from")
        return self


class Status(StrEnum):
    """Where a claim stands, mapped from the status category (X12 507) or, where none is shown, the portal's words."""

    RECEIVED = "received"
    PENDING = "pending"
    NEEDS_INFORMATION = "needs_information"
    DENIED = "denied"
    PAID = "paid"
    PARTLY_PAID = "partly_paid"
    REJECTED = "rejected"
    NOT_ON_FILE = "not_on_file"


class ClaimLine(Record):
    """One service line of a claim; money as Decimal in US dollars. What the page does not show is absent."""

    line: int
    service_date: date | None = None
    procedure: str = ""
    modifiers: tuple[str, ...] = ()
    units: Decimal | None = None
    billed: Decimal | None = None
    allowed: Decimal | None = None
    paid: Decimal | None = None
    adjustment_codes: tuple[str, ...] = ()
    remark_codes: tuple[str, ...] = ()
    words: str = ""


class Claim(Record):
    """One claim that the payer has, with the portal's own words; money as Decimal in US dollars.

    `category_code` is X12 507, `status_code` 508, `entity_code` 98, each only where shown. `adjustment_codes` are as
    shown, such as `CO-45`. `payment_number` is that of the check or EFT (TRN02).
    """

    status: Status
    portal_words: str = Field(repr=False)
    payer_claim_number: str | None = Field(default=None, repr=False)
    patient_control_number: str | None = Field(default=None, repr=False)
    category_code: str | None = None
    status_code: str | None = None
    entity_code: str | None = None
    status_date: date | None = None
    received_on: date | None = None
    finalized_on: date | None = None
    service_from: date | None = None
    service_to: date | None = None
    billed: Decimal | None = None
    allowed: Decimal | None = None
    paid: Decimal | None = None
    patient_responsibility: Decimal | None = None
    payment_number: str | None = None
    payment_method: str | None = None
    payment_date: date | None = None
    adjustment_codes: tuple[str, ...] = ()
    remark_codes: tuple[str, ...] = ()
    lines: tuple[ClaimLine, ...] = ()


class ClaimStatusAnswer(Record):
    """One answer (X12 277): the claims that were found, in the portal's order. None found is an answer too.

    `portal_words` are what the page says when it shows no claim; `status`, `category_code` and `status_code` (such as
    A4 and 35) belong to that. `organization` and `provider_npi` are read back from the page. `asked_at` is an instant.
    """

    claims: tuple[Claim, ...]
    match: Match
    organization: str
    provider_npi: Npi
    status: Status | None = None
    portal_words: str = Field(default="", repr=False)
    category_code: str | None = None
    status_code: str | None = None
    asked_at: datetime | None = None
    returned_member_id: str | None = Field(default=None, repr=False)
    returned_last_name: str | None = Field(default=None, repr=False)
    returned_first_name: str | None = Field(default=None, repr=False)
    portal_transaction_id: str | None = None

    @model_validator(mode="after")
    def _says_something(self) -> ClaimStatusAnswer:
        if bool(self.claims) == bool(self.status):
            raise ValueError("either claims are found, or the status says why there are none")
        return self


class CheckClaimStatus(Protocol):
    """A portal's claim status screen: drive it to the answer, and read that."""

    def __call__(self, session: Session, inquiry: ClaimStatusInquiry, /) -> Awaitable[ClaimStatusAnswer]:
        """Ask."""
