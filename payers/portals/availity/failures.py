"""The screens that may come in place of any other, and what each means."""

from __future__ import annotations

from playwright.async_api import Page

from flows.errors import (
    PortalkeeperError,
    SecurityQuestionAsked,
    SessionEnded,
)
from payers.kit import AnyOf, Overlay, Screen, failure_meaning, sign_in_meaning
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
    match screen:
        case LoggedOut() | SignIn():
            return SessionEnded("the portal ended the session", screen=type(screen).__name__)
        case ApplicationCaptcha():
            return failure_meaning(screen, like="Captcha")
        case ApplicationDenied():
            return failure_meaning(screen, like="AccessDenied")
        case ApplicationOutage():
            return failure_meaning(screen, like="Outage")
    return failure_meaning(screen)


def alert_meaning(phrase: str | None) -> PortalkeeperError:
    """The error that an alert on the sign-in form stands for."""
    screen = "SignInAlert"
    if phrase == "answer_refused":
        return SecurityQuestionAsked("the portal refused the answer to its question", phrase=phrase, screen=screen)
    return sign_in_meaning(phrase, screen)


def overlays(page: Page) -> tuple[Overlay, ...]:
    """What may be in front of any screen, and may simply be closed."""
    return (CookieBanner(page), Announcement(page))
