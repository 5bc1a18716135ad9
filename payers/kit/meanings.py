"""What the screens and phrases that most portals have stand for, in the same words at each of them."""

from __future__ import annotations

from flows.errors import (
    AccessBlocked,
    AccountBusy,
    AccountDisabled,
    AccountLocked,
    ActionRequired,
    CaptchaShown,
    InvalidCredentials,
    NewPasswordRefused,
    PortalkeeperError,
    PortalUnavailable,
    ScreenNotRecognised,
)
from payers.kit.arriving import Screen


def failure_meaning(screen: Screen, like: str = "") -> PortalkeeperError:
    """The error that a failure screen stands for, by its class's name; or by that of the screen it is `like`."""
    name = type(screen).__name__
    match like or name:
        case "Captcha":
            return CaptchaShown("the portal wants proof of a human; a person signs in by hand", screen=name)
        case "AccessDenied":
            return AccessBlocked("the portal refuses this address", screen=name)
        case "Outage":
            return PortalUnavailable("the portal shows an outage", phrase="outage", screen=name)
        case "Locked":
            return AccountLocked("the portal says the account is locked", phrase="locked", screen=name)
        case "Disabled":
            return AccountDisabled("the portal says the account is inactive", phrase="disabled", screen=name)
        case "NewTerms":
            return ActionRequired("new terms of use; a person reads and accepts them", phrase="terms", screen=name)
        case "SignedInElsewhere":
            return AccountBusy("somebody is signed in with this user id", phrase="busy", screen=name)
    return ScreenNotRecognised("an unexpected screen is shown", screen=name)


def sign_in_meaning(phrase: str | None, screen: str) -> PortalkeeperError:
    """The error that an alert of a sign-in stands for; an unlisted one, such as "fill this in", is no refusal."""
    match phrase:
        case "not_recognized" | "password_refused" | "password_not_recognized":
            return InvalidCredentials("the portal refused user id and password", phrase=phrase, screen=screen)
        case "locked":
            return AccountLocked("the portal says the account is locked", phrase=phrase, screen=screen)
        case "disabled":
            return AccountDisabled("the portal says the account is inactive", phrase=phrase, screen=screen)
        case "no_answer":
            return PortalUnavailable("the portal could not be reached after the submission", phrase=phrase)
    return ScreenNotRecognised("the sign-in shows an alert that is not listed", screen=screen)


def change_meaning(phrase: str | None, screen: str = "ChangeAnswer") -> PortalkeeperError:
    """The error that a change form's words stand for. A network failure says nothing either way."""
    match phrase:
        case "current_password_wrong" | "password_refused":
            return InvalidCredentials("the portal refused the password in force", phrase=phrase, screen=screen)
        case "locked":
            return AccountLocked("the portal says the account is locked", phrase=phrase, screen=screen)
        case "new_password_refused" | "password_used_before" | "password_too_young":
            return NewPasswordRefused("the portal does not take the new password", phrase=phrase, screen=screen)
        case "no_answer":
            return PortalUnavailable("the portal could not be reached after the submission", phrase=phrase)
    return ScreenNotRecognised("the change form says something that is not listed", screen=screen)
