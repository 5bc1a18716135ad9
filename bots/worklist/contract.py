"""The column names of eligibility batches, in order: a contract, since billing systems import by these words."""

from __future__ import annotations

from typing import Final

REQUIRED: Final = (
    "reference",
    "payer",
    "organization",
    "provider_npi",
    "member_id",
    "patient_last_name",
    "patient_first_name",
    "patient_birth_date",
    "service_date",
)
"""What an eligibility file must have; `organization` only where several are registered."""

OPTIONAL: Final = (
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
)
"""What an eligibility file may have. Every other column passes through."""

QUESTION_COLUMNS: Final = frozenset(REQUIRED + OPTIONAL)

ANSWER_COLUMNS: Final = (
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
)
"""What follows `reference` and the passed-through columns in the answers file."""

BENEFIT_COLUMNS: Final = (
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
)
"""The companion file: one row per benefit line of an answer."""
