"""What Okta says: the key by which its widget looks the words up, and the words, for who shows what was sent."""

from sandbox.changes import Change

REFUSED = ("errors.E0000004", "Unable to sign in")
LOCKED = ("errors.E0000119", "Your account is locked. Please contact your administrator.")
GONE = ("idx.session.expired", "You have been logged out due to inactivity. Refresh or return to the sign in screen.")
WRONG_CODE = (
    "authfactor.challenge.soft_token.invalid_passcode",
    "Your code doesn't match our records. Please try again.",
)
USED_CODE = (
    "authfactor.challenge.soft_token.used_passcode",
    "Each code can only be used once. Please wait for a new code and try again.",
)
_UNMET = "Password requirements were not met"
CHANGES = {
    Change.AGAINST_RULES: f"{_UNMET}. Use at least 8 characters, a lowercase letter, an uppercase letter and a number.",
    Change.USED_BEFORE: "Password has been used too recently",
    Change.TOO_YOUNG: "The password was changed too recently",
    Change.UNCONFIRMED: "New passwords must match",
    Change.WRONG_CURRENT: "Old password is not correct",
    Change.LOCKED: LOCKED[1],
}
CHANGED = "Your password has been changed"

_UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"))


def ago(seconds: float) -> str:
    """A time as the dashboard words it: `1 hour ago`."""
    for length, unit in _UNITS:
        if count := int(seconds // length):
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "a few seconds ago"
