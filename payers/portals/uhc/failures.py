"""The screens that may come in place of any other, and what each means."""

from __future__ import annotations

from typing import TypeVar

from playwright.async_api import Page

from flows.errors import PermissionMissing, PortalkeeperError, SessionEnded
from payers import kit
from payers.identity import one_healthcare_id
from payers.kit import AnyOf, Screen
from payers.portals.uhc.screens import NoAccess, SignedOut

S = TypeVar("S", bound=Screen)


async def reach(page: Page, *screens: S, seconds: float) -> S:
    """Wait, signed in, for one of `screens`; raise what a failure in their place means."""
    return await kit.reach(page, *screens, failures=failures(page), meaning=meaning, seconds=seconds, settle=0)


def failures(page: Page) -> list[AnyOf]:
    """The screens that end a visit of somebody who is signed in."""
    elsewhere = one_healthcare_id.failures(page).screens
    return [AnyOf(SignedOut(page), one_healthcare_id.UserId(page), NoAccess(page), *elsewhere)]


def meaning(screen: Screen) -> PortalkeeperError:
    """The error that a failure screen stands for."""
    name = type(screen).__name__
    match screen:
        case SignedOut() | one_healthcare_id.UserId():
            return SessionEnded("the portal ended the session", phrase="signed_out", screen=name)
        case NoAccess():
            return PermissionMissing("the account lacks the role for this", phrase="no_access", screen=name)
    return one_healthcare_id.meaning(screen)
