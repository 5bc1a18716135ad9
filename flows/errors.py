"""What can go wrong, sorted by who acts next.

    PortalkeeperError
      AccountError          freeze this account, tell its owner; never retried
        InvalidCredentials  the portal refused user id and password
        AccountLocked       the portal says the account is locked
        AccountDisabled     the portal says the account is inactive or closed
        ActionRequired      the portal wants something only a person may decide (new terms, first device)
        PermissionMissing   the account lacks the role for this flow
      PasswordExpired       no freeze: the password has to be changed first
      NewPasswordRefused    the portal does not take the new password; the old one stays in force
      ChallengeError        a fresh code once, then a person
        CodeNotReceived     no code came in time
        CodeRejected        the portal refused the code
        CodesExhausted      no unused code is left
        SecurityQuestionAsked
        CaptchaShown        a person; never solved or evaded here
      PortalError           their side: back off, retry inside the window
        PortalUnavailable   outage, maintenance, no connection
        SessionEnded        the portal ended the session
        PayerUnavailable    the portal works, the payer behind it does not answer
        AccountBusy         someone else is signed in; never end their session
        AccessBlocked       the portal refuses this address: pause it for every account
      PortalChanged         our side: stop this flow on this portal, open a repair
        ScreenNotRecognised none of the expected screens came
        AnswerUnreadable    the screen came, a value on it could not be read
      AccountHeld           the guard does not allow a submission now; says why and what to do
        AccountFrozen       refused or reported unusable, until the vault or a person changes that
      AnswersHeld           the answers do not look right together; a person releases or discards them
      VaultError            the credential manager: nothing was submitted, what it holds is as it was
        VaultUnavailable    no answer, sealed or overloaded: again later
        VaultRefused        our access to it has expired or lacks a right: a person renews it
      WorkerLost            the machine: the run died, an attempt may be open
      InputError            the person asked for something that can't be; nothing was touched

The class name is the one word used in the inventory, the report, the command line and the docs.
"""

from __future__ import annotations

from typing import ClassVar


class PortalkeeperError(Exception):
    """Anything that keeps Portalkeeper from giving an answer.

    `phrase` is the id of a listed phrase of the portal, `screen` the class of the screen it was read
    from, `locator` the name of the element that was missing. None of them ever holds portal text.
    """

    exit_code: ClassVar[int] = 1

    def __init__(
        self, message: str = "", *, phrase: str | None = None, screen: str | None = None, locator: str | None = None
    ) -> None:
        super().__init__(message)
        self.phrase = phrase
        self.screen = screen
        self.locator = locator


class AccountError(PortalkeeperError):
    """The account cannot be used until a person acts."""

    exit_code = 10


class InvalidCredentials(AccountError):
    """The portal refused user id and password."""


class AccountLocked(AccountError):
    """The portal says the account is locked."""


class AccountDisabled(AccountError):
    """The portal says the account is inactive or closed."""


class ActionRequired(AccountError):
    """The portal wants something only a person may decide, such as new terms."""


class PermissionMissing(AccountError):
    """The account lacks the role that this flow needs."""


class PasswordExpired(PortalkeeperError):
    """The password has to be changed before the portal lets anybody in."""

    exit_code = 11


class NewPasswordRefused(PortalkeeperError):
    """The portal does not take the new password; the old one stays in force."""

    exit_code = 17


class ChallengeError(PortalkeeperError):
    """The second step of a sign-in could not be passed."""

    exit_code = 12


class CodeNotReceived(ChallengeError):
    """No code came in time."""


class CodeRejected(ChallengeError):
    """The portal refused the code."""


class CodesExhausted(ChallengeError):
    """No unused code is left."""


class SecurityQuestionAsked(ChallengeError):
    """The portal asks a security question."""


class CaptchaShown(ChallengeError):
    """The portal asks for proof of a human; a person does that, never the worker."""


class PortalError(PortalkeeperError):
    """The portal's side: worth another try later."""

    exit_code = 13


class PortalUnavailable(PortalError):
    """Outage, maintenance or no connection."""


class SessionEnded(PortalError):
    """The portal ended the session."""


class PayerUnavailable(PortalError):
    """The portal works, the payer behind it does not answer."""


class AccountBusy(PortalError):
    """Someone else is signed in with this account."""


class AccessBlocked(PortalError):
    """The portal refuses this address."""


class PortalChanged(PortalkeeperError):
    """The portal does not look as the module expects: a repair is due."""

    exit_code = 14


class ScreenNotRecognised(PortalChanged):
    """None of the expected screens came."""


class AnswerUnreadable(PortalChanged):
    """The screen came, but a value on it could not be read."""


class AccountHeld(PortalkeeperError):
    """The guard does not allow a submission now."""

    exit_code = 15


class AccountFrozen(AccountHeld):
    """The account was refused or reported unusable, until the vault or a person changes that."""


class AnswersHeld(PortalkeeperError):
    """A payer's answers do not look right together, and wait for a person."""

    exit_code = 18


class VaultError(PortalkeeperError):
    """The credential manager that holds an account's secrets could not be used."""

    exit_code = 19


class VaultUnavailable(VaultError):
    """The credential manager gives no answer, is sealed or overloaded, or did not confirm a change."""


class VaultRefused(VaultError):
    """The credential manager refuses the worker: its access has expired, or lacks a right."""


class WorkerLost(PortalkeeperError):
    """The run died or its lease was taken; an attempt may be open."""

    exit_code = 16


class InputError(PortalkeeperError):
    """The person asked for something that can't be; nothing was touched."""

    exit_code = 2


def error_classes() -> dict[str, type[PortalkeeperError]]:
    """Every class of the tree by its name, parents first."""
    found: dict[str, type[PortalkeeperError]] = {}
    pending: list[type[PortalkeeperError]] = [PortalkeeperError]
    while pending:
        cls = pending.pop(0)
        found[cls.__name__] = cls
        pending.extend(cls.__subclasses__())
    return found
