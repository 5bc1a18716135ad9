"""What UnitedHealthcare's claims show: one class per screen, one line per locator.

Sources: public automation code (test ids and names of the search, the results and a claim); the rest as in
docs/sandbox-claims.md.
"""

from __future__ import annotations

from playwright.async_api import Page

from payers.portals.uhc.screens import Header

# CSS, for only :has() can say that something is absent: nothing is loading, and no part is a skeleton any more
SETTLED = "body:not(:has(.abyss-skeleton, .abyss-loading-overlay-root))"


class ClaimSearch:
    """The search, by the kinds of search that the portal has."""

    def __init__(self, page: Page) -> None:
        self.kind = page.get_by_test_id("claim-search-type-abyss-select-input-input")
        self.kinds = self.kind.locator("option")
        self.before = page.locator("[data-before]")  # the same field, marked before another organization was chosen
        self.number = page.locator("[name='search.claim.claimNumber']")
        self.member_id = page.locator("[name='search.claim.memberId']")
        self.birth_date = page.locator("[name='search.claim.dateOfBirth']")
        self.range = page.locator("[name='search.dateRange']")
        self.ranges = self.range.locator("option")
        self.first = page.locator("[name='search.dates.firstServiceDate']")
        self.last = page.locator("[name='search.dates.lastServiceDate']")
        self.wide = page.locator("[name='search.tinWideSearch']")
        self.provider = page.locator("[name='search.claim.provider']")
        self.providers = self.provider.locator("option")
        self.fields = page.locator("#tin-select, form input, form select")  # all that is sent
        self.submit = page.locator("#submit-claim-search-button")
        self.landmark = self.kind


class ClaimResults:
    """The claims that were found, or the portal's words why none."""

    def __init__(self, page: Page) -> None:
        self.header = Header(page)
        self.words = page.get_by_test_id("loading-error-message")
        self.provider = page.locator("[name='search.claim.provider']")  # the form stays behind the words
        self.text = page.locator("main")
        self.summary = page.locator(".overview-item")
        self.count = page.get_by_test_id("search-results-label")
        self.none = page.get_by_test_id("no-claims-found")
        self.rows = page.locator("tbody#claims-results tr")
        self.open = page.locator("tbody#claims-results a")
        self.landmark = page.locator(
            f"{SETTLED} :is([data-testid=loading-error-message], "
            "[data-testid=claims-new-search-button-abyss-button-root])"
        )


class ClaimDetail:
    """One claim, with lines whose codes are folded away."""

    def __init__(self, page: Page) -> None:
        self.text = page.locator("main")
        self.items = page.locator(".overview-item > [data-testid]")
        self.lines = page.locator("[data-testid=claim-lines] tr:not([data-testid=expanded-row])")
        self.folded = page.locator("[data-testid=expand-row-button][aria-expanded=false]")
        self.adjustments = page.get_by_test_id("expanded-row-carc-codes-text")
        self.remarks = page.get_by_test_id("expanded-row-remark-codes-text")
        self.back = page.get_by_test_id("back-to-results")
        self.landmark = page.locator(f"{SETTLED} [data-testid=overview-claim-number]")
