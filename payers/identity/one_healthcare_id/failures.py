"""The screens at which a sign-in by One Healthcare ID ends without a session, and what each means."""

from __future__ import annotations

from playwright.async_api import Page

from flows.errors import (
    AccessBlocked,
    AccountBusy,
    AccountDisabled,
    AccountLocked,
    ActionRequired,
    CaptchaShown,
    PortalkeeperError,
    PortalUnavailable,
    ScreenNotRecognised,
)
from payers.identity.one_healthcare_id.screens import (
    AccessDenied,
    Captcha,
    Disabled,
    Locked,
    NewTerms,
    NoAuthenticator,
    Outage,
    SignedInElsewhere,
)
from payers.kit import AnyOf, Screen


def failures(page: Page) -> AnyOf:
    """The screens that end a sign-in."""
    return AnyOf(
        Captcha(page),
        AccessDenied(page),
        Outage(page),
        Locked(page),
        Disabled(page),
        NewTerms(page),
        SignedInElsewhere(page),
        NoAuthenticator(page),
    )


def meaning(screen: Screen) -> PortalkeeperError:
    """The error that a failure screen stands for."""
    name = type(screen).__name__
    match screen:
        case Captcha():
            return CaptchaShown("the portal wants proof of a human; a person signs in by hand", screen=name)
        case AccessDenied():
            return AccessBlocked("the portal refuses this address", screen=name)
        case Outage():
            return PortalUnavailable("the portal shows an outage", phrase="outage", screen=name)
        case Locked():
            return AccountLocked("the portal says the account is locked", phrase="locked", screen=name)
        case Disabled():
            return AccountDisabled("the portal says the account is inactive", phrase="disabled", screen=name)
        case NewTerms():
            return ActionRequired("new terms of use; a person reads and accepts them", phrase="terms", screen=name)
        case SignedInElsewhere():
            return AccountBusy("somebody is signed in with this user id", phrase="busy", screen=name)
        case NoAuthenticator():
            return ActionRequired("the second step offers no authenticator app; a person sets one up", screen=name)
    return ScreenNotRecognised("an unexpected screen is shown", screen=name)
