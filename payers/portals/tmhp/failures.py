"""The screens that may come in place of any other, and what each means."""

from __future__ import annotations

from typing import TypeVar

from playwright.async_api import Page

from flows import errors
from payers import kit
from payers.identity import okta
from payers.kit import AnyOf, Screen
from payers.portals.tmhp.screens import ApplicationError, Expired, Locked, NewTerms, NoAccess, SessionEnded

S = TypeVar("S", bound=Screen)


def ends(page: Page) -> tuple[Screen, ...]:
    """Where a sign-in that was accepted may end without My Apps, or My Account."""
    return Locked(page), Expired(page), ApplicationError(page), NewTerms(page)


async def reach(page: Page, *screens: S, seconds: float, settle: float = 0) -> S:
    """Wait, signed in, for one of `screens`; raise what a failure in their place means."""
    return await kit.reach(page, *screens, failures=failures(page), meaning=meaning, seconds=seconds, settle=settle)


def failures(page: Page) -> list[AnyOf]:
    """The screens that end a visit of somebody who is signed in."""
    gone = SessionEnded(page), okta.UserId(page)
    return [AnyOf(*gone, NoAccess(page), *ends(page), *okta.failures(page).screens)]


def meaning(screen: Screen) -> errors.PortalkeeperError:
    """The error that a failure screen stands for."""
    name = type(screen).__name__
    match screen:
        case SessionEnded() | okta.UserId():
            return errors.SessionEnded("the portal ended the session", phrase="session_ended", screen=name)
        case ApplicationError():
            words = "the portal shows an application error, as it does for accounts that were not used for too long"
            return errors.AccountDisabled(words, phrase="application_error", screen=name)
        case Expired():
            words = "the portal wants the password changed first"
            return errors.PasswordExpired(words, phrase="password_expired", screen=name)
        case NoAccess():
            words = "the account lacks the role for this"
            return errors.PermissionMissing(words, phrase="no_access", screen=name)
    return okta.meaning(screen)
