"""The screens that may come in place of any other, and what each means."""

from __future__ import annotations

from playwright.async_api import Page

from flows.errors import (
    AccessBlocked,
    AccountBusy,
    ActionRequired,
    CaptchaShown,
    PortalkeeperError,
    PortalUnavailable,
    ScreenNotRecognised,
    SessionEnded,
)
from payers.kit import AnyOf, Screen
from payers.portals.availity.screens import (
    AccessDenied,
    ApplicationCaptcha,
    ApplicationDenied,
    ApplicationOutage,
    Captcha,
    LoggedOut,
    NewTerms,
    Outage,
    SignedInElsewhere,
    SignIn,
)


def sign_in_failures(page: Page) -> list[AnyOf]:
    """The screens at which a sign-in ends without a session."""
    return [AnyOf(Captcha(page), AccessDenied(page), Outage(page), NewTerms(page), SignedInElsewhere(page))]


def failures(page: Page) -> list[AnyOf]:
    """The screens that end a visit of somebody who is signed in: of the shell, and in the application's frame."""
    return [
        AnyOf(LoggedOut(page), SignIn(page), Captcha(page), AccessDenied(page), Outage(page)),
        AnyOf(ApplicationCaptcha(page), ApplicationDenied(page), ApplicationOutage(page)),
    ]


def meaning(screen: Screen) -> PortalkeeperError:
    """The error that a failure screen stands for."""
    name = type(screen).__name__
    match screen:
        case LoggedOut() | SignIn():
            return SessionEnded("the portal ended the session", screen=name)
        case Captcha() | ApplicationCaptcha():
            return CaptchaShown("the portal wants proof of a human; a person signs in by hand", screen=name)
        case AccessDenied() | ApplicationDenied():
            return AccessBlocked("the portal refuses this address", screen=name)
        case Outage() | ApplicationOutage():
            return PortalUnavailable("the portal shows an outage", phrase="outage", screen=name)
        case NewTerms():
            return ActionRequired("new terms of use; a person reads and accepts them", phrase="terms", screen=name)
        case SignedInElsewhere():
            return AccountBusy("somebody is signed in with this user id", phrase="busy", screen=name)
    return ScreenNotRecognised("an unexpected screen is shown", screen=name)
