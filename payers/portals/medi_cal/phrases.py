"""The Medi-Cal portal's fixed words, as far as they may leave a run; and the agreement that a sign-in accepts.

Outage and session words, *not eligible* and the label of the agreement come from public automation code; the rest are
the sandbox's.
"""

PHRASES = {
    "not_recognized": "The email or password you entered is incorrect",
    "locked": "Your account has been locked",
    "disabled": "Your account is inactive",
    "no_answer": "We are having trouble reaching the server",
    "terms": "I confirm that I have read and agree to the above",
    "busy": "You are already signed in",
    "outage": "system is unavailable",
    "outage_temporary": "temporarily unavailable",
    "not_processed": "transaction could not be processed",
    "payer_down": "Unable to respond at current time",
    "session_over": "session has expired",
    "eligible": "MEDI-CAL ELIGIBLE W/ NO SOC/SPEND DOWN",
    "not_eligible": "NOT ELIGIBLE",
    "no_eligibility": "NO RECORDED ELIGIBILITY",
    "not_found": "Subscriber/Insured Not Found",
    "member_id_invalid": "Invalid/Missing Subscriber/Insured ID",
    "birth_date_differs": "Patient Birth Date Does Not Match",
    "password_changed": "Your password has been updated",
    "new_password_refused": "Your new password must contain",
    "current_password_wrong": "The current password is incorrect",
    "password_used_before": "use one of your last",
    "password_too_young": "A password can be changed again",
}

# The whole text above the box of the agreement that sometimes comes after the password. It is listed here by whoever
# read and accepted it for the organization; any other text is a person's.
AGREEMENT = (
    "Use of this portal is limited to Medi-Cal providers and their staff. "
    "Information about subscribers is confidential."
)
