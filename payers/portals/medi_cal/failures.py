"""The screens that may come in place of any other, and what each means; and typing into fields that lose characters."""

from __future__ import annotations

from typing import TypeVar

from playwright.async_api import Locator, Page

from flows.errors import (
    AnswerUnreadable,
    PortalkeeperError,
    SessionEnded,
)
from payers import kit
from payers.kit import AnyOf, Screen, failure_meaning
from payers.portals.medi_cal.screens import AccessDenied, Agreement, Captcha, Email, Outage, SignedInElsewhere

FORM_SECONDS = 30
PAUSES = (0, 30, 90)  # milliseconds between keys, slower at each try; 0 fills at once
S = TypeVar("S", bound=Screen)


def sign_in_failures(page: Page) -> AnyOf:
    """The screens at which a sign-in ends without a session."""
    return AnyOf(Captcha(page), AccessDenied(page), Outage(page), SignedInElsewhere(page))


def meaning(screen: Screen) -> PortalkeeperError:
    """The error that a failure screen stands for."""
    match screen:
        case Email():
            return SessionEnded("the portal ended the session", screen="Email")
        case Agreement():
            return failure_meaning(screen, like="NewTerms")
    return failure_meaning(screen)


async def reach(page: Page, *screens: S, seconds: float | None = None) -> S:
    """Wait, signed in, for one of `screens`; raise what a failure in their place means."""
    failures = AnyOf(Email(page), Agreement(page), *sign_in_failures(page).screens)
    within = FORM_SECONDS if seconds is None else seconds
    return await kit.reach(page, *screens, failures=[failures], meaning=meaning, seconds=within, settle=0)


async def leave(page: Page) -> None:
    """This view is left: nothing in it is an answer."""
    await page.evaluate("() => document.querySelectorAll('main').forEach(view => { view.dataset.left = '' })")


async def write(field: Locator, value: str, name: str) -> None:
    """Type into a field, and read it back: these lose characters. Raises `AnswerUnreadable` if it never fits."""
    for pause in PAUSES:
        if pause:
            await field.fill("")
            await field.press_sequentially(value, delay=pause)
        else:
            await field.fill(value)
        if await field.input_value() == value:
            return
    raise AnswerUnreadable(f"the form did not take {name}; nothing was sent", screen="Form", locator=name)
