"""The screens at which a sign-in by One Healthcare ID ends without a session, and what each means."""

from __future__ import annotations

from playwright.async_api import Page

from flows.errors import (
    ActionRequired,
    PortalkeeperError,
)
from payers.identity.one_healthcare_id.screens import (
    AccessDenied,
    Captcha,
    Disabled,
    Locked,
    NewTerms,
    NoAuthenticator,
    Outage,
    SignedInElsewhere,
)
from payers.kit import AnyOf, Screen, failure_meaning


def failures(page: Page) -> AnyOf:
    """The screens that end a sign-in."""
    return AnyOf(
        Captcha(page),
        AccessDenied(page),
        Outage(page),
        Locked(page),
        Disabled(page),
        NewTerms(page),
        SignedInElsewhere(page),
        NoAuthenticator(page),
    )


def meaning(screen: Screen) -> PortalkeeperError:
    """The error that a failure screen stands for."""
    if isinstance(screen, NoAuthenticator):
        words = "the second step offers no authenticator app; a person sets one up"
        return ActionRequired(words, screen="NoAuthenticator")
    return failure_meaning(screen)
