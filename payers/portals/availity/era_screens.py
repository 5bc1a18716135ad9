"""What Availity's remittance viewer shows, in the shell's frame: one class per screen, one line per locator.

Sources: public automation code (address, tabs, the table called Remits, the words when nothing is found); the rest
as in docs/sandbox-eras.md.
"""

from __future__ import annotations

from playwright.async_api import Page

from payers.portals.availity.screens import application


class PaymentSearch:
    """The search by payment: who was paid by whom, and when."""

    def __init__(self, page: Page) -> None:
        frame = application(page)
        self.boxes = {  # in the order in which they depend on each other
            "remit-organization": frame.locator("input#remit-organization"),
            "remit-payer": frame.locator("input#remit-payer"),
            "remit-taxId": frame.locator("input#remit-taxId"),
            "remit-provider": frame.locator("input#remit-provider"),
        }
        self.fields = {
            "paymentDate-start": frame.locator("#paymentDate-start"),
            "paymentDate-end": frame.locator("#paymentDate-end"),
        }
        self.inputs = frame.locator("form input")
        self.options = frame.get_by_role("option")
        self.submit = frame.locator("#checkSearchButton")
        self.landmark = page.frame_locator("#newBodyFrame").locator("input#remit-taxId")


class Payments:
    """A page of the payments that were found, or the words why there are none. Not while a page is being fetched."""

    def __init__(self, page: Page) -> None:
        frame = application(page)
        self.text = frame.locator("#remits-response")
        self.alert = frame.locator("#remits-response .MuiAlert-message")
        self.summary = frame.locator(".search-summary-item")
        self.table = frame.get_by_role("table", name="Remits", exact=True)
        self.heads = self.table.get_by_role("columnheader")
        self.rows = frame.locator("[role=table][aria-label=Remits] .remit-row")
        self.shown_of = frame.locator(".MuiTablePagination-displayedRows")
        self.next = frame.get_by_role("button", name="Go to next page", exact=True)
        self.new_search = frame.get_by_role("button", name="New Search", exact=True)
        # CSS, for only :has() can say that something is absent
        settled = page.frame_locator("#newBodyFrame").locator("#remits-response:not(:has([aria-busy=true]))")
        self.landmark = settled.get_by_role("button", name="New Search", exact=True)


class PaymentsRedrawn:
    """The same list, once the table that carries a mark of ours has gone."""

    def __init__(self, page: Page) -> None:
        anew = page.frame_locator("#newBodyFrame").locator("#remits:not(:has([data-before])):not([aria-busy=true])")
        self.landmark = anew.get_by_role("table")


class PaymentRow:
    """One row of the page, counted from 0."""

    def __init__(self, page: Page, place: int) -> None:
        self.landmark = application(page).locator("[role=table][aria-label=Remits] .remit-row").nth(place)
        self.download = self.landmark.get_by_role("button", name="Download 835", exact=True)
        self.mark = self.landmark.get_by_role("button", name="Mark as downloaded", exact=True)


class NoFile:
    """The portal says that it could not give a file."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.frame_locator("#newBodyFrame").locator("#remits-message .MuiAlert-message")
