"""What UnitedHealthcare's provider portal shows: one class per screen, one line per locator.

Sources: public automation code (ids and test ids of links, form and buttons); the rest as in docs/sandbox.md.
"""

from __future__ import annotations

import re

from playwright.async_api import Page


class Home:
    """The header of every page, with the user's name in it."""

    def __init__(self, page: Page) -> None:
        self.eligibility = page.get_by_test_id("eligibility-link")
        self.claims = page.get_by_test_id("claims-and-payments-link")
        self.documents = page.get_by_test_id("document-library-link")
        self.user = page.locator("#icon-userfullname-arrow-down").filter(has_text=re.compile(r"\S"))
        self.profile = page.get_by_test_id("manage-id-link")  # in the menu that the name opens
        self.landmark = self.user


class SignedOut:
    """The session has ended."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("h1").filter(has_text="Your session has ended")


class NoAccess:
    """The account lacks the role for what was opened."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("p").filter(has_text="You do not have access")


class Header:
    """The header's choice of the organization by its tax id."""

    def __init__(self, page: Page) -> None:
        self.tin = page.get_by_test_id("tin-select")
        self.tins = self.tin.locator("option")
        self.chosen = page.locator("[data-testid=tin-select] option:checked")  # what a closed list shows
        self.landmark = self.tin


class Inquiry:
    """The eligibility form."""

    def __init__(self, page: Page) -> None:
        self.member_id = page.get_by_test_id("eligibility-search-member-id-abyss-text-input")
        self.before = page.locator("[data-before]")  # the same field, marked before another organization was chosen
        self.birth_date = page.get_by_test_id("eligibility-search-DOB-abyss-date-picker-input")
        self.service_date = page.get_by_test_id("eligibility-search-DOS-abyss-date-picker-input")
        self.provider = page.get_by_test_id("eligibility-search-provider-abyss-select-input")
        self.providers = self.provider.locator("option")
        self.fields = page.locator("#tin-select, form input, form select")  # all that is sent
        self.submit = page.get_by_role("button", name="Verify Eligibility", exact=True)
        self.landmark = self.member_id


class Result:
    """A member's page, or the form with the portal's words why there is none.

    The page is drawn in several steps: it counts when nothing is loading and no part is a skeleton any more.
    """

    def __init__(self, page: Page) -> None:
        self.words = page.get_by_test_id("loading-error-message")
        self.header = Header(page)
        self.provider = page.get_by_test_id("eligibility-search-provider-abyss-select-input")
        self.new_search = page.get_by_test_id("overview-new-search-button-abyss-button-root")
        self.text = page.locator("main")
        self.name = page.get_by_test_id("overview-member-name")
        self.items = page.locator(".overview-item")
        self.coverage = page.get_by_test_id("overview-coverage")
        self.benefits = page.get_by_test_id("benefits-table").locator("tr")
        # CSS, for only :has() can say that something is absent
        self.landmark = page.locator(
            "body:not(:has(.abyss-skeleton, .abyss-loading-overlay-root)) "
            ":is([data-testid=loading-error-message], [data-testid=overview-new-search-button-abyss-button-root])"
        )
