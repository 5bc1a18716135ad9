"""Samples of files of questions, to start from."""

from __future__ import annotations

import csv
import io

from bots.worklist.contract import Contract

_EVERYBODY = {"organization": "Example Clinic", "state": "NY"}
_PATIENTS: tuple[dict[str, str], ...] = (
    {
        "reference": "0001",
        "payer": "aetna",
        "member_id": "W000000001",
        "patient_last_name": "Sample",
        "patient_first_name": "Alex",
        "patient_birth_date": "1980-02-29",
        "patient_sex": "F",
        "relationship": "self",
        "patient_account": "000123",
    },
    {
        "reference": "0002",
        "payer": "humana",
        "member_id": "H00000002",
        "patient_last_name": "Specimen",
        "patient_first_name": "Robin",
        "patient_birth_date": "3/7/2015",
        "relationship": "child",
        "subscriber_last_name": "Specimen",
        "subscriber_first_name": "Jo",
        "subscriber_birth_date": "11/30/1984",
    },
)
_ASKED: dict[str, tuple[dict[str, str], ...]] = {
    "eligibility": (
        {
            "provider_npi": "1234567893",
            "service_date": "2026-01-15",
            "service_type": "30",
            "appointment_at": "2026-01-15 09:30",
            "location": "Main Street",
        },
        {"provider_npi": "1234567893", "service_date": "2026-01-15", "service_type": "30", "coverage_order": "1"},
    ),
    "claim_status": (
        {"billing_npi": "1234567893", "service_from": "2026-01-15", "billed_amount": "185.00"},
        {
            "billing_npi": "1234567893",
            "rendering_npi": "2000001018",
            "service_from": "1/2/2026",
            "service_to": "1/4/2026",
            "payer_claim_number": "E0000000001",
            "patient_control_number": "000124-1",
            "submitted_on": "2026-01-05",
            "filing_limit_on": "2026-07-03",
        },
    ),
}


def template(contract: Contract) -> str:
    """Return a CSV with every required and optional column and two invented patients."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, contract.required + contract.optional)
    writer.writeheader()
    asked = zip(_PATIENTS, _ASKED[contract.flow], strict=True)
    writer.writerows({**_EVERYBODY, **patient, **question} for patient, question in asked)
    return text.getvalue()
