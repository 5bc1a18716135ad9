"""What each class of the error tree is called in front of operations, and who acts on it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from flows.errors import PortalkeeperError, error_classes


class Acts(StrEnum):
    """Who moves next: a person, whoever repairs the portal's module, or nobody since the worker tries again."""

    PERSON = "person"
    REPAIR = "repair"
    WORKER = "worker"


@dataclass(frozen=True)
class Plain:
    """A class in plain words. `do` is the next step where the guard gives none; `{account}` stands in it."""

    state: str
    acts: Acts
    do: str = ""


_LATER = "Nothing now: the worker tries again at the next due time."
_REPAIR = "Tell whoever maintains the portal modules; the worker reads nothing from a page it does not know."
_SEE = "Sign in by hand to see how it stands, then: pk sign-in {account}"
_CODE = "Check how codes reach this account, then: pk vault check {account}, and pk sign-in {account}"

PLAIN: dict[str, Plain] = {
    "PortalkeeperError": Plain("NO ANSWER", Acts.PERSON, "See: pk why {account}"),
    "AccountError": Plain("ACCOUNT UNUSABLE", Acts.PERSON, _SEE),
    "InvalidCredentials": Plain("PASSWORD REFUSED", Acts.PERSON, "Correct it: pk vault set {account}"),
    "AccountLocked": Plain("LOCKED", Acts.PERSON, _SEE),
    "AccountDisabled": Plain("DISABLED", Acts.PERSON, _SEE),
    "ActionRequired": Plain("WAITS FOR A DECISION", Acts.PERSON, "See: pk why {account}"),
    "PermissionMissing": Plain(
        "ROLE MISSING", Acts.PERSON, "Ask the portal's administrator for the role, then: pk sign-in {account}"
    ),
    "PasswordExpired": Plain("PASSWORD EXPIRED", Acts.PERSON, "Change it on the portal, then: pk vault set {account}"),
    "NewPasswordRefused": Plain(
        "NEW PASSWORD NOT TAKEN", Acts.PERSON, "The old one stays in force. Look at the portal's rules for passwords."
    ),
    "ChallengeError": Plain("SECOND STEP FAILED", Acts.PERSON, _CODE),
    "CodeNotReceived": Plain("NO CODE CAME", Acts.PERSON, _CODE),
    "CodeRejected": Plain("CODE REFUSED", Acts.PERSON, _CODE),
    "CodesExhausted": Plain("NO CODE LEFT", Acts.PERSON, _CODE),
    "SecurityQuestionAsked": Plain(
        "SECURITY QUESTION ASKED", Acts.PERSON, "Store the right answer: pk vault set {account} --security-answers"
    ),
    "CaptchaShown": Plain("PROOF OF A HUMAN ASKED", Acts.PERSON, _SEE),
    "PortalError": Plain("PORTAL TROUBLE", Acts.WORKER, _LATER),
    "PortalUnavailable": Plain("PORTAL DOWN", Acts.WORKER, _LATER),
    "SessionEnded": Plain("SIGNED OUT BY THE PORTAL", Acts.WORKER, _LATER),
    "PayerUnavailable": Plain("PAYER DOWN", Acts.WORKER, _LATER),
    "AccountBusy": Plain("IN USE ELSEWHERE", Acts.WORKER, _LATER),
    "AccessBlocked": Plain(
        "ADDRESS BLOCKED", Acts.PERSON, "Stop the service for this portal and ask the portal why it refuses us."
    ),
    "PortalChanged": Plain("CHANGED PAGE", Acts.REPAIR, _REPAIR),
    "ScreenNotRecognised": Plain("CHANGED PAGE", Acts.REPAIR, _REPAIR),
    "AnswerUnreadable": Plain("CHANGED PAGE", Acts.REPAIR, _REPAIR),
    "AccountHeld": Plain("HELD", Acts.WORKER, _LATER),
    "AccountFrozen": Plain("FROZEN", Acts.PERSON, "See: pk why {account}"),
    "AnswersHeld": Plain("ANSWERS HELD", Acts.PERSON, "See: pk held list"),
    "VaultError": Plain("CREDENTIAL MANAGER TROUBLE", Acts.WORKER, _LATER),
    "VaultUnavailable": Plain("CREDENTIAL MANAGER DOWN", Acts.WORKER, _LATER),
    "VaultRefused": Plain("CREDENTIAL MANAGER REFUSES US", Acts.PERSON, "Renew the worker's access to it: pk doctor"),
    "WorkerLost": Plain("RUN CUT OFF", Acts.WORKER, _LATER),
    "InputError": Plain("NOT POSSIBLE AS ASKED", Acts.PERSON, "See: pk why {account}"),
}


def plain(error: str) -> Plain:
    """The plain words for a class by its name, or those of its nearest ancestor that has some."""
    known = error_classes().get(error, PortalkeeperError)
    return next(PLAIN[cls.__name__] for cls in known.__mro__ if cls.__name__ in PLAIN)


def plural(count: int, one: str, several: str = "") -> str:
    """A count with its noun."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"
