"""Availity's fixed words, as far as they may leave a run."""

PHRASES = {
    "password_refused": "User ID / Password combination was not recognized",
    "password_not_recognized": "Availity does not recognize the password you entered",
    "locked": "Your account is locked",
    "code_refused": "The code is incorrect or has expired",
    "no_answer": "We could not reach the server",
    "outage": "temporarily unavailable",
    "not_processed": "could not be processed",
    "terms": "I confirm that I have read and agree to the above",
    "busy": "You are already signed in elsewhere",
    "not_found": "Patient not found",
    "subscriber_not_found": "Subscriber/Insured Not Found",
    "member_id_invalid": "Invalid/Missing Subscriber/Insured ID",
    "name_invalid": "Invalid/Missing Subscriber/Insured Name",
    "birth_date_differs": "Patient Birth Date Does Not Match",
    "payer_down": "Unable to respond",
}
