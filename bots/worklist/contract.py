"""The column names of batches, in order: a contract, since billing systems import by these words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """The columns of one flow's batches.

    `required` is what a file of questions must have (`organization` only where several are registered), `optional` what
    it may have; every other column passes through. `answers` follow `reference` and the passed-through columns in the
    answers file. `details` are those of the companion file, which is called `companion` and has one row per line of an
    answer.
    """

    flow: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    answers: tuple[str, ...]
    companion: str
    details: tuple[str, ...]

    @property
    def questions(self) -> frozenset[str]:
        """Every column that a file of questions may have."""
        return frozenset(self.required + self.optional)


ELIGIBILITY: Final = Contract(
    flow="eligibility",
    required=(
        "reference",
        "payer",
        "organization",
        "provider_npi",
        "member_id",
        "patient_last_name",
        "patient_first_name",
        "patient_birth_date",
        "service_date",
    ),
    optional=(
        "patient_sex",
        "relationship",
        "subscriber_last_name",
        "subscriber_first_name",
        "subscriber_birth_date",
        "card_issue_date",
        "group_number",
        "service_type",
        "state",
        "coverage_order",
        "appointment_at",
        "location",
        "patient_account",
        "account",
    ),
    answers=(
        "outcome",
        "coverage",
        "match",
        "returned_member_id",
        "returned_last_name",
        "returned_first_name",
        "returned_birth_date",
        "plan_name",
        "product_type",
        "group_number",
        "group_name",
        "coverage_begin",
        "coverage_end",
        "network",
        "pcp",
        "managed_care_plan",
        "share_of_cost",
        "other_insurance",
        "other_payer",
        "copay_office",
        "copay_specialist",
        "coinsurance_percent",
        "deductible_individual",
        "deductible_individual_remaining",
        "deductible_family",
        "deductible_family_remaining",
        "out_of_pocket_individual",
        "out_of_pocket_individual_remaining",
        "out_of_pocket_family",
        "out_of_pocket_family_remaining",
        "reject_code",
        "follow_up_code",
        "portal_words",
        "as_of",
        "asked_at",
        "portal",
        "account",
        "organization",
        "provider_npi",
        "portal_transaction_id",
        "reason_not_answered",
        "try_again_after",
        "run_id",
        "module_version",
    ),
    companion="benefits",
    details=(
        "reference",
        "service_type",
        "benefit",
        "coverage_level",
        "network",
        "amount",
        "percent",
        "quantity",
        "period",
        "remaining",
        "words",
    ),
)

CLAIM_STATUS: Final = Contract(
    flow="claim_status",
    required=(
        "reference",
        "payer",
        "organization",
        "billing_npi",
        "member_id",
        "patient_last_name",
        "patient_first_name",
        "patient_birth_date",
        "service_from",
    ),
    optional=(
        "service_to",
        "payer_claim_number",
        "patient_control_number",
        "billed_amount",
        "rendering_npi",
        "patient_sex",
        "relationship",
        "subscriber_last_name",
        "subscriber_first_name",
        "subscriber_birth_date",
        "state",
        "submitted_on",
        "filing_limit_on",
        "patient_account",
        "account",
    ),
    answers=(
        "outcome",
        "claims_found",
        "claim_rank",
        "matched_by",
        "status",
        "category_code",
        "status_code",
        "entity_code",
        "portal_words",
        "status_date",
        "received_on",
        "finalized_on",
        "payer_claim_number",
        "billed",
        "allowed",
        "paid",
        "patient_responsibility",
        "payment_number",
        "payment_method",
        "payment_date",
        "adjustment_codes",
        "remark_codes",
        "changed_since_last",
        "next_action",
        "follow_up_on",
        "appeal_by",
        "era",
        "asked_at",
        "portal",
        "account",
        "organization",
        "provider_npi",
        "portal_transaction_id",
        "reason_not_answered",
        "try_again_after",
        "run_id",
        "module_version",
    ),
    companion="lines",
    details=(
        "reference",
        "payer_claim_number",
        "line",
        "service_date",
        "procedure",
        "modifiers",
        "units",
        "billed",
        "allowed",
        "paid",
        "adjustment_codes",
        "remark_codes",
        "words",
    ),
)

CONTRACTS: Final = {contract.flow: contract for contract in (ELIGIBILITY, CLAIM_STATUS)}
