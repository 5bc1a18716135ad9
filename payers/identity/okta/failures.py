"""What comes next at Okta: a screen, a screen that ends the sign-in, or an alert, and what each means."""

from __future__ import annotations

from typing import TypeVar

from playwright.async_api import Page

from flows.errors import (
    PortalkeeperError,
    SessionEnded,
)
from payers.identity.okta.phrases import PHRASES
from payers.identity.okta.screens import AccessDenied, Alert, Captcha, Locked, Outage, SignedOut
from payers.kit import AnyOf, Screen, failure_meaning, phrase_in, reach, sign_in_meaning

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
    if isinstance(screen, SignedOut):
        return SessionEnded("the sign-in took longer than Okta waits", phrase="signed_out", screen="SignedOut")
    return failure_meaning(screen)


async def said(alert: Alert) -> str | None:
    """The listed phrase of an alert."""
    return phrase_in(" ".join(await alert.words.all_inner_texts()), PHRASES)


async def explain(alert: Alert) -> None:
    """Raise what an alert of the sign-in means."""
    raise sign_in_meaning(await said(alert), "Alert")
