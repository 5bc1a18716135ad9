"""The screens that may come in place of any other, and what each means; and how a page is left."""

from __future__ import annotations

from typing import TypeVar

from playwright.async_api import Locator, Page

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
from payers import kit
from payers.kit import AnyOf, Screen
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
    name = type(screen).__name__
    match screen:
        case SignIn():
            return SessionEnded("the portal ended the session", screen=name)
        case Captcha():
            return CaptchaShown("the portal wants proof of a human; a person signs in by hand", screen=name)
        case AccessDenied():
            return AccessBlocked("the portal refuses this address", screen=name)
        case Outage():
            return PortalUnavailable("the portal shows an outage", phrase="outage", screen=name)
        case NewTerms():
            return ActionRequired("new terms of use; a person reads and accepts them", phrase="terms", screen=name)
        case SignedInElsewhere():
            return AccountBusy("somebody is signed in with this user id", phrase="busy", screen=name)
    return ScreenNotRecognised("an unexpected screen is shown", screen=name)


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
