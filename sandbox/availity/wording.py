"""What Availity says of passwords and codes."""

from sandbox.accounts import Account
from sandbox.changes import Change, reason
from sandbox.sign_in import Verdict
from sandbox.world import Portal

PASSWORD = {
    Verdict.REFUSED: "User ID / Password combination was not recognized",
    Verdict.LOCKED: "Your account is locked. To unlock it, select Forgot your password?",
    Verdict.DISABLED: "Your account is inactive. Contact your Availity administrator to activate it.",
}
ANSWER = PASSWORD | {Verdict.REFUSED: "The answer is incorrect. Try again."}
CODE = PASSWORD | {Verdict.REFUSED: "The code is incorrect or has expired. Try again."}
TOO_MANY_RESETS = "You have asked for too many password resets today. Try again tomorrow."
_NOT_CHANGED = "An error occurred changing your password"


def change(portal: Portal, account: Account, verdict: Change, wanted: str) -> str:
    """Why a new password was not taken."""
    if verdict is Change.LOCKED and portal.policy.lock_told:
        return PASSWORD[Verdict.LOCKED]
    why = reason(portal, account, verdict, wanted)
    if verdict is Change.AGAINST_RULES and why:
        return why
    return f"{_NOT_CHANGED}. {why}" if why else _NOT_CHANGED
