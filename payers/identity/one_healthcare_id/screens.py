"""What One Healthcare ID shows: one class per screen, one line per locator.

Sources: public automation code (ids and *Verify Your Identity*); other headings as in docs/sandbox.md, not seen live.
"""

from __future__ import annotations

import re

from playwright.async_api import Page

OUTAGE = re.compile("maintenance|unavailable|server error", re.IGNORECASE)


class UserId:
    """The first page: the user id alone."""

    def __init__(self, page: Page) -> None:
        self.user_id = page.get_by_test_id("username")
        self.go_on = page.get_by_role("button", name="Continue", exact=True)
        self.landmark = self.user_id


class Password:
    """The second page: the password alone."""

    def __init__(self, page: Page) -> None:
        self.password = page.get_by_test_id("login-pwd")
        self.submit = page.get_by_role("button", name="Continue", exact=True)
        self.landmark = self.password


class Alert:
    """Any page of the sign-in with an error above its form."""

    def __init__(self, page: Page) -> None:
        self.words = page.locator("#loginerrorsummary")
        self.landmark = self.words


class ChooseMethod:
    """Verify Your Identity: how? The code's page has the same heading."""

    def __init__(self, page: Page) -> None:
        self.authenticator = page.locator("button#totp")
        self.landmark = self.authenticator


class NoAuthenticator:
    """Verify Your Identity, with a text message or a call and nothing else."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("body:not(:has(button#totp)) #sms")  # a list of methods without the authenticator


class EnterCode:
    """Verify Your Identity: the box for the authenticator's code."""

    def __init__(self, page: Page) -> None:
        self.code = page.locator("input#totp")
        self.go_on = page.get_by_role("button", name="Verify", exact=True)
        self.landmark = self.code


class Locked:
    """The account is locked; the heading is all that tells."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("h1#page-title").filter(has_text=re.compile(r"\blocked\b", re.IGNORECASE))


class NewTerms:
    """Terms that a person has to read and accept."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("label").filter(has_text="I confirm that I have read and agree to the above")


class SignedInElsewhere:
    """Somebody else is signed in with this user id."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("h1").filter(has_text="You are already signed in")


class Captcha:
    """Proof of a human is wanted."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("iframe[title*=challenge i], iframe[src*=captcha i]")


class Outage:
    """Maintenance or a server error in place of the application."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("h1").filter(has_text=OUTAGE)


class AccessDenied:
    """The site refuses this address."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("h1").filter(has_text="access denied")
