"""The portal's fixed words, with those of its sign-in, as far as they may leave a run."""

from payers.identity import one_healthcare_id

PHRASES = {
    **one_healthcare_id.PHRASES,
    "signed_out": "Your session has ended",
    "no_access": "You do not have access",
    "not_processed": "could not be processed",
    "not_found": "Member not found",
    "no_claims": "Member found, but no claim",
    "no_claims_listed": "No claims found",
    "no_documents": "No documents found",
    "era_span": "The date range may not be longer than",
    "era_days": "Remittances are available for",
    "no_file": "Your file could not be downloaded",
    "member_id_invalid": "Invalid/Missing Subscriber/Insured ID",
    "name_invalid": "Invalid/Missing Subscriber/Insured Name",
    "birth_date_differs": "Patient Birth Date Does Not Match",
}
