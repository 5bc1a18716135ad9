"""What UnitedHealthcare's document library shows of payments: one class per screen, one line per locator.

Nothing of its real pages is published: all names are the sandbox's own (docs/sandbox-eras.md).
"""

from __future__ import annotations

from playwright.async_api import Page

from payers.portals.uhc.claim_screens import SETTLED
from payers.portals.uhc.screens import Header


class PaymentSearch:
    """The search, by the days of payment."""

    def __init__(self, page: Page) -> None:
        self.provider = page.locator("[name='documents.provider']")
        self.providers = self.provider.locator("option")
        self.before = page.locator("[data-before]")  # the same field, marked before another organization was chosen
        self.first = page.locator("[name='documents.fromDate']")
        self.last = page.locator("[name='documents.toDate']")
        self.fields = page.locator("#tin-select, form input, form select")  # all that is sent
        self.submit = page.locator("#submit-document-search-button")
        self.landmark = self.first


class Payments:
    """A page of the payments that were found, or the portal's words why there are none."""

    def __init__(self, page: Page) -> None:
        self.header = Header(page)
        self.words = page.get_by_test_id("loading-error-message")
        self.provider = page.locator("[name='documents.provider']")  # the form stays behind the words
        self.text = page.locator("main")
        self.summary = page.locator(".overview-item")
        self.none = page.get_by_test_id("no-documents-found")
        self.count = page.get_by_test_id("documents-count")
        self.heads = page.get_by_test_id("documents-heads").locator("th")
        self.body = page.locator("tbody#documents-results")
        self.rows = page.locator("tbody#documents-results tr")
        self.next = page.get_by_test_id("next-page-button").filter(has_text="Next")
        self.download = page.get_by_test_id("download-835-button").filter(has_text="Download 835")
        self.landmark = page.locator(
            f"{SETTLED} :is([data-testid=loading-error-message], "
            "[data-testid=documents-new-search-button-abyss-button-root])"
        )


class PaymentsRedrawn:
    """The same list, once the rows that carry a mark of ours have gone."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator(f"{SETTLED} tbody#documents-results:not([data-before])")


class PaymentRow:
    """One row of the page, counted from 0."""

    def __init__(self, page: Page, place: int) -> None:
        self.landmark = page.locator("tbody#documents-results tr").nth(place)
        self.box = self.landmark.locator("[name=document]")


class NoFile:
    """The portal says that it could not give a file."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.get_by_test_id("documents-error-message")
