"""Okta's fixed words, as far as they may leave a run. Those of the widget itself, unless said otherwise."""

PHRASES = {
    "not_recognized": "Unable to sign in",
    "locked": "Your account is locked",
    "code_refused": "doesn't match our records",
    "code_used": "Each code can only be used once",
    "signed_out": "You have been logged out due to inactivity",
    "no_answer": "unexpected internal error",
    "outage": "temporarily unavailable",
    "new_password_refused": "requirements were not met",
    "password_used_before": "has been used too recently",
    "password_too_young": "was changed too recently",  # assumed
    "current_password_wrong": "Old password is not correct",  # assumed
}
