"""The screens that may come in place of any other, and what each means."""

from __future__ import annotations

from playwright.async_api import Page

from flows.errors import (
    AccessBlocked,
    AccountBusy,
    AccountDisabled,
    AccountLocked,
    ActionRequired,
    CaptchaShown,
    InvalidCredentials,
    PortalkeeperError,
    PortalUnavailable,
    ScreenNotRecognised,
    SecurityQuestionAsked,
    SessionEnded,
)
from payers.kit import AnyOf, Overlay, Screen
from payers.portals.availity.screens import (
    AccessDenied,
    Announcement,
    ApplicationCaptcha,
    ApplicationDenied,
    ApplicationOutage,
    Captcha,
    CookieBanner,
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


def alert_meaning(phrase: str | None) -> PortalkeeperError:
    """The error that an alert on the sign-in form stands for; an unlisted one is no refusal."""
    screen = "SignInAlert"
    match phrase:
        case "password_refused" | "password_not_recognized":
            return InvalidCredentials("the portal refused user id and password", phrase=phrase, screen=screen)
        case "locked":
            return AccountLocked("the portal says the account is locked", phrase=phrase, screen=screen)
        case "disabled":
            return AccountDisabled("the portal says the account is inactive", phrase=phrase, screen=screen)
        case "answer_refused":
            return SecurityQuestionAsked("the portal refused the answer to its question", phrase=phrase, screen=screen)
        case "no_answer":
            return PortalUnavailable("the portal could not be reached after the submission", phrase=phrase)
    return ScreenNotRecognised("the sign-in form shows an alert that is not listed", screen=screen)


def overlays(page: Page) -> tuple[Overlay, ...]:
    """What may be in front of any screen, and may simply be closed."""
    return (CookieBanner(page), Announcement(page))
