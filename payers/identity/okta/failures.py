"""What comes next at Okta: a screen, a screen that ends the sign-in, or an alert, and what each means."""

from __future__ import annotations

from typing import TypeVar

from playwright.async_api import Page

from flows.errors import (
    AccessBlocked,
    AccountLocked,
    CaptchaShown,
    InvalidCredentials,
    PortalkeeperError,
    PortalUnavailable,
    ScreenNotRecognised,
    SessionEnded,
)
from payers.identity.okta.phrases import PHRASES
from payers.identity.okta.screens import AccessDenied, Alert, Captcha, Locked, Outage, SignedOut
from payers.kit import AnyOf, Screen, phrase_in, reach

SCREEN_SECONDS = 30
S = TypeVar("S", bound=Screen)


async def next_screen(page: Page, *screens: S) -> S:
    """The screen that comes; raises what a failure screen means."""
    return await reach(page, *screens, failures=[failures(page)], meaning=meaning, seconds=SCREEN_SECONDS)


def failures(page: Page) -> AnyOf:
    """The screens that end a sign-in."""
    return AnyOf(Captcha(page), AccessDenied(page), Outage(page), Locked(page), SignedOut(page))


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
        case SignedOut():
            return SessionEnded("the sign-in took longer than Okta waits", phrase="signed_out", screen=name)
    return ScreenNotRecognised("an unexpected screen is shown", screen=name)


async def said(alert: Alert) -> str | None:
    """The listed phrase of an alert."""
    return phrase_in(" ".join(await alert.words.all_inner_texts()), PHRASES)


async def explain(alert: Alert) -> None:
    """Raise what an alert of the sign-in means; an unlisted one, such as that of an empty field, is no refusal."""
    match await said(alert):
        case "not_recognized":
            raise InvalidCredentials("the portal refused the password", phrase="not_recognized", screen="Password")
        case "no_answer":
            raise PortalUnavailable("the portal could not be reached from its own page", phrase="no_answer")
        case _:
            raise ScreenNotRecognised("the sign-in shows an alert that is not listed", screen="Alert")
