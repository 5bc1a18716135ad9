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
        self.user = page.locator("#icon-userfullname-arrow-down").filter(has_text=re.compile(r"\S"))
        self.landmark = self.user


class SignedOut:
    """The session has ended."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.get_by_role("heading", name="Your session has ended")


class NoAccess:
    """The account lacks the role for eligibility."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.get_by_text("You do not have access")


class Inquiry:
    """The eligibility form, and the header's choice of the organization by its tax id."""

    def __init__(self, page: Page) -> None:
        self.tin = page.get_by_test_id("tin-select")
        self.tins = self.tin.locator("option")
        self.member_id = page.get_by_test_id("eligibility-search-member-id-abyss-text-input")
        self.birth_date = page.get_by_test_id("eligibility-search-DOB-abyss-date-picker-input")
        self.service_date = page.get_by_test_id("eligibility-search-DOS-abyss-date-picker-input")
        self.provider = page.get_by_test_id("eligibility-search-provider-abyss-select-input")
        self.providers = self.provider.locator("option")
        self.fields = page.locator("#tin-select, form input, form select")  # all that is sent
        self.submit = page.get_by_role("button", name="Verify Eligibility", exact=True)
        self.landmark = self.member_id


class Refusal:
    """The form with the portal's words why there is no member to show."""

    def __init__(self, page: Page) -> None:
        self.words = page.get_by_test_id("loading-error-message")
        self.tin = page.locator("[data-testid=tin-select] option:checked")  # what a closed list shows
        self.provider = page.get_by_test_id("eligibility-search-provider-abyss-select-input")
        # only once nothing is loading: the words of the last question are gone by then
        self.landmark = page.locator(
            "body:not(:has(.abyss-loading-overlay-root)) [data-testid=loading-error-message]"
        )


class Result:
    """A member's page, drawn in several steps: it counts when no part is a skeleton any more."""

    def __init__(self, page: Page) -> None:
        self.new_search = page.get_by_test_id("overview-new-search-button-abyss-button-root")
        self.text = page.locator("main")
        self.name = page.get_by_test_id("overview-member-name")
        self.items = page.locator(".overview-item")
        self.coverage = page.get_by_test_id("overview-coverage")
        self.benefits = page.get_by_test_id("benefits-table").locator("tr")
        # :has() because being whole shows only in what is absent
        self.landmark = page.locator(
            "body:not(:has(.abyss-skeleton, .abyss-loading-overlay-root)) "
            "[data-testid=overview-new-search-button-abyss-button-root]"
        )
