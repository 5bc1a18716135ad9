"""What TMHP's Electronic Remittance Advice shows: one class per screen, one line per locator.

Nothing of its real pages is published: all names are the sandbox's own (docs/sandbox-eras.md).
"""

from __future__ import annotations

from playwright.async_api import Page


class PaymentSearch:
    """The search, by the dates of the weekly cycle."""

    def __init__(self, page: Page) -> None:
        self.provider = page.locator("#provider")
        self.providers = self.provider.locator("option")
        self.first = page.locator("#from")
        self.last = page.locator("#to")
        self.fields = page.locator("#eraForm :is(input, select)")  # all that is sent
        self.submit = page.get_by_role("button", name="Search", exact=True)
        self.landmark = page.locator("#eraForm")


class Payments:
    """The payments that were found, or the portal's words why there are none."""

    def __init__(self, page: Page) -> None:
        self.text = page.locator("#eraResult")
        self.words = self.text.locator(".messages")
        self.asked = self.text.locator("#inquiry tr")
        self.none = self.text.locator(".none")
        self.count = self.text.locator("#eraCount")
        self.rows = self.text.locator("#payments tr")
        self.old_folder = self.text.locator("#oldFolder")
        self.landmark = self.text


class OldFiles:
    """Files that were given out and are still there for some days, of the same search."""

    def __init__(self, page: Page) -> None:
        self.text = page.locator("#oldFiles")
        self.words = self.text.locator(".messages")
        self.asked = self.text.locator("#inquiry tr")
        self.none = self.text.locator(".none")
        self.count = self.text.locator("#eraCount")
        self.rows = self.text.locator("#payments tr")
        self.new_folder = self.text.locator("#newFolder")
        self.landmark = self.text


class PaymentRow:
    """One row of the list or of the old files, counted from 0."""

    def __init__(self, page: Page, place: int) -> None:
        self.landmark = page.locator("#payments tr:has(td)").nth(place)
        self.download = self.landmark.get_by_role("link", name="Download 835", exact=True)
