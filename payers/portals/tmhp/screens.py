"""What TMHP's portal shows: one class per screen, one line per locator.

Nothing of its real pages is published, nor of the older site's. The tiles have the shape of Okta's dashboard; the rest
is the sandbox's own (docs/sandbox-tmhp.md).
"""

from __future__ import annotations

import re

from playwright.async_api import Page


class Home:
    """The header of My Apps, or of the older site's My Account, with the user's name in it."""

    def __init__(self, page: Page) -> None:
        self.settings = page.locator("[data-se=settings]")
        self.landmark = page.locator("[data-se=user-name], #accountName").filter(has_text=re.compile(r"\S"))


class Apps:
    """An application each: the tiles of My Apps, which may come later than the header, or the list of My Account."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("[data-se=app-card], #applications a")
        self.texmedconnect = self.landmark.filter(has_text="TexMedConnect")
        self.remittances = self.landmark.filter(has_text="Electronic Remittance Advice")


class ApplicationError:
    """What a stale account gets in the place of My Apps."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("h1").filter(has_text=re.compile("application error", re.IGNORECASE))


class Locked:
    """The same on the older site, for a locked account; the words are assumed."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("main").filter(has=ApplicationError(page).landmark, has_text="account is locked")


class Expired:
    """The same on the older site, for a password that is too old; the words are assumed."""

    def __init__(self, page: Page) -> None:
        error = ApplicationError(page).landmark
        self.landmark = page.locator("main").filter(has=error, has_text="password has expired")


class NewTerms:
    """Terms that a person has to read and accept."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("label").filter(has_text="I confirm that I have read and agree to the above")


class SessionEnded:
    """The session has ended."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("h1").filter(has_text="Your online session has ended")


class NoAccess:
    """The account may not use TexMedConnect."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("#noAccess")


class Inquiry:
    """TexMedConnect's eligibility form."""

    def __init__(self, page: Page) -> None:
        self.provider = page.locator("#provider")
        self.providers = self.provider.locator("option")
        self.client_id = page.locator("#clientId")
        self.birth_date = page.locator("#dateOfBirth")
        self.service_date = page.locator("#eligibilityDate")
        self.fields = page.locator("#eligibilityForm :is(input, select)")  # all that is sent
        self.submit = page.get_by_role("button", name="Verify", exact=True)
        self.landmark = self.client_id


class Result:
    """The answer below the form, or the portal's words why there is none."""

    def __init__(self, page: Page) -> None:
        self.text = page.locator("#eligibilityResult")
        self.words = self.text.locator(".messages")
        self.asked = self.text.locator("#inquiry tr")
        self.client = self.text.locator("#client tr")
        self.coverage = self.text.locator("#coverage tr")
        self.coverage_words = self.text.locator("#coverageMessage")
        self.landmark = self.text
