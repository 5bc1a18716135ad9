"""One Healthcare ID's fixed words, as far as they may leave a run."""

PHRASES = {
    "not_recognized": "Username and/or password is not recognized",
    "locked": "Your account is locked",
    "code_refused": "The code you entered is invalid or has expired",
    "no_answer": "We are having trouble reaching the server",
    "outage": "temporarily unavailable",
    "terms": "I confirm that I have read and agree to the above",
    "busy": "You are already signed in",
    "disabled": "Your account is inactive",
    "password_changed": "Your password was changed",
    "new_password_refused": "Your new password must contain",
    "current_password_wrong": "The current password is incorrect",
    "password_used_before": "use one of your last",
    "password_too_young": "A password can be changed again",
    "too_many_letters": "You have asked for too many access codes",
    "recovery_expired": "Your recovery has expired",
}
