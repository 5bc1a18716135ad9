"""The screens that may come in place of any other, and what each means; and how a page is left."""

from __future__ import annotations

from typing import TypeVar

from playwright.async_api import Locator, Page

from flows.errors import (
    PortalkeeperError,
    SessionEnded,
)
from payers import kit
from payers.kit import AnyOf, Screen, failure_meaning
from payers.portals.epaces.screens import (
    AccessDenied,
    Captcha,
    NewTerms,
    Outage,
    SignedInElsewhere,
    SignIn,
)

SCREEN_SECONDS = 30
S = TypeVar("S", bound=Screen)


def sign_in_failures(page: Page) -> AnyOf:
    """The screens at which a sign-in ends without a session."""
    return AnyOf(Captcha(page), AccessDenied(page), Outage(page), NewTerms(page), SignedInElsewhere(page))


def meaning(screen: Screen) -> PortalkeeperError:
    """The error that a failure screen stands for."""
    if isinstance(screen, SignIn):
        return SessionEnded("the portal ended the session", screen="SignIn")
    return failure_meaning(screen)


async def reach(page: Page, *screens: S, seconds: float | None = None) -> S:
    """Wait, signed in, for one of `screens`; raise what a failure in their place means."""
    failures = AnyOf(SignIn(page), *sign_in_failures(page).screens)
    within = SCREEN_SECONDS if seconds is None else seconds
    return await kit.reach(page, *screens, failures=[failures], meaning=meaning, seconds=within, settle=0)


async def press(page: Page, button: Locator) -> None:
    """Press what leads to another page, and mark this one as left. The portal may take its time: not a click's."""
    await mark(page)
    await button.click(no_wait_after=True)


async def mark(page: Page) -> None:
    """This page is left: nothing on it is an answer."""
    await page.evaluate("() => { document.body.dataset.left = '' }")
