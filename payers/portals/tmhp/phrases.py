"""The portal's fixed words, with those of its sign-in, as far as they may leave a run."""

from payers.identity import okta

PHRASES = {
    **okta.PHRASES,
    "application_error": "application error",
    "password_expired": "Your password has expired",  # assumed
    "session_ended": "Your online session has ended",
    "terms": "I confirm that I have read and agree to the above",
    "no_access": "You do not have permission to use this application",
    "not_processed": "could not be processed",
    "unable_to_respond": "Unable to respond",
    "no_remittances": "No remittances were found for these dates",
    "era_span": "The date range may not be longer than",
    "era_days": "Remittances are available for",
    "not_found": "Subscriber/Insured Not Found",
    "patient_not_found": "Patient not found",
    "client_id_invalid": "Invalid/Missing Subscriber/Insured ID",
    "name_invalid": "Invalid/Missing Subscriber/Insured Name",
    "birth_date_differs": "Patient Birth Date Does Not Match",
}
