"""ePACES's fixed words, as far as they may leave a run; and the agreement that a sign-in accepts.

None of them was seen live: they are the sandbox's, but for the category and status codes of a 277.
"""

PHRASES = {
    "not_recognized": "Invalid User ID or Password",
    "locked": "Your User ID has been locked",
    "disabled": "Your User ID is inactive",
    "terms": "I confirm that I have read and agree to the above",
    "busy": "This User ID is already logged in",
    "outage": "temporarily unavailable",
    "not_processed": "could not be processed",
    "payer_down": "Unable to respond at current time",
    "not_found": "Subscriber/Insured Not Found",
    "member_id_invalid": "Invalid/Missing Subscriber/Insured ID",
    "claim_member_not_found": "Subscriber and subscriber id not found",
    "claim_not_found": "Claim/encounter not found",
    "form_refused": "Check the highlighted fields",
    "password_changed": "Your password has been changed",
    "new_password_refused": "Your new password must contain",
    "current_password_wrong": "The current password is incorrect",
    "password_used_before": "use one of your last",
    "password_too_young": "A password can be changed again",
}

# The whole of what stands beside the box of the sign-in form. It is listed here by whoever read and accepted it for the
# organization; with any other words nothing is ticked and no password is typed.
AGREEMENT = (
    "This system holds confidential Medicaid information. It may be used only to administer the New York State "
    "Medicaid program. Use is monitored and recorded. I have read and agree to the above"
)
