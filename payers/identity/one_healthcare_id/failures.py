"""The screens at which a sign-in by One Healthcare ID ends without a session, and what each means."""

from __future__ import annotations

from playwright.async_api import Page

from flows.errors import (
    ActionRequired,
    PortalkeeperError,
)
from payers.identity.one_healthcare_id.phrases import PHRASES
from payers.identity.one_healthcare_id.screens import (
    AccessDenied,
    Alert,
    Captcha,
    Disabled,
    Locked,
    NewTerms,
    Outage,
    SignedInElsewhere,
)
from payers.kit import AnyOf, Screen, failure_meaning, phrase_in, sign_in_meaning


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
    )


def meaning(screen: Screen) -> PortalkeeperError:
    """The error that a failure screen stands for."""
    return failure_meaning(screen)


def no_authenticator() -> ActionRequired:
    """The error for a second step without the method that the account has."""
    return ActionRequired(
        "the second step offers no authenticator app. A person sets one up; or let the worker read text messages: "
        "pk account set ACCOUNT --set code_ways=sms (docs/codes.md)",
        screen="ChooseMethod",
    )


async def phrase_of(alert: Alert) -> str | None:
    """What an alert says."""
    return phrase_in(await alert.words.inner_text(), PHRASES)


async def explain(alert: Alert) -> None:
    """Raise what an alert means."""
    raise sign_in_meaning(await phrase_of(alert), "Alert")
