"""A sample of an eligibility file, to start from."""

from __future__ import annotations

import csv
import io

from bots.worklist.contract import OPTIONAL, REQUIRED

_ALWAYS = {
    "organization": "Example Clinic",
    "provider_npi": "1234567893",
    "service_date": "2026-01-15",
    "service_type": "30",
    "state": "NY",
}
_SAMPLES: tuple[dict[str, str], ...] = (
    {
        "reference": "0001",
        "payer": "aetna",
        "member_id": "W000000001",
        "patient_last_name": "Sample",
        "patient_first_name": "Alex",
        "patient_birth_date": "1980-02-29",
        "patient_sex": "F",
        "relationship": "self",
        "appointment_at": "2026-01-15 09:30",
        "location": "Main Street",
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
        "coverage_order": "1",
    },
)


def eligibility_template() -> str:
    """Return a CSV with every required and optional column and two invented patients."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, REQUIRED + OPTIONAL)
    writer.writeheader()
    writer.writerows({**_ALWAYS, **sample} for sample in _SAMPLES)
    return text.getvalue()
