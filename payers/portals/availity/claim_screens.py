"""What Availity's claim status application shows, in the shell's frame: one class per screen, one line per locator.

Sources: public automation code; what no source gives as in docs/sandbox-claims.md.
"""

from __future__ import annotations

from playwright.async_api import Page

from payers.portals.availity.screens import application


class ClaimSearch:
    """The search: who asks whom, and a tab for each way to search."""

    def __init__(self, page: Page) -> None:
        frame = application(page)
        self.boxes = {  # in the order in which they depend on each other
            "organization": frame.locator("input#organization"),
            "payer": frame.locator("input#payer"),
            "provider": frame.locator("input#provider"),
        }
        self.standard = frame.get_by_role("tab", name="HIPAA Standard", exact=True)
        self.member = frame.get_by_role("tab", name="Member", exact=True)
        self.standard_fields = {
            "subscriberMemberId": frame.locator("#subscriberMemberId"),
            "patientLastName": frame.locator("#patientLastName"),
            "patientFirstName": frame.locator("#patientFirstName"),
            "patientBirthDate": frame.locator("#patientBirthDate"),
            "fromDate": frame.locator("#fromDate"),
            "toDate": frame.locator("#toDate"),
            "claimNumber": frame.locator("#claimNumber"),
        }
        self.member_fields = {
            "memberId": frame.locator("#memberId"),
            "groupNumber": frame.locator("#groupNumber"),
            "serviceDates-start": frame.locator("#serviceDates-start"),
            "serviceDates-end": frame.locator("#serviceDates-end"),
        }
        self.inputs = frame.locator("form input")
        self.options = frame.get_by_role("option")
        self.submit = frame.locator("#submit-by276, #submit-byMember")  # one of them, that of the open tab
        # CSS, for only :has() tells this form from that of another application with an organization
        form = page.frame_locator("#newBodyFrame").locator("form:has(input#payer):has([role=tablist])")
        self.landmark = form.locator("input#organization")


class ClaimResults:
    """The claims that were found, or the payer's words why none. It counts when no part is still being drawn."""

    def __init__(self, page: Page) -> None:
        frame = application(page)
        self.text = frame.locator("#claims-response")
        self.alert = frame.locator("#claims-response .MuiAlert-message")
        self.codes = frame.locator("#claims-response #codesTable tr")
        self.organization = frame.locator("input#organization")  # the form stays behind an answer
        self.payer = frame.locator("input#payer")
        self.npi = frame.locator("#providerNpi")
        self.summary = frame.locator(".search-summary-item")
        self.body = frame.locator("#claims")
        self.rows = frame.locator("#claimsTable tr")
        self.shown_of = frame.locator(".MuiTablePagination-displayedRows")
        self.open = frame.locator("#claimsTable button.claim-link")
        self.new_search = frame.get_by_role("button", name="New Search", exact=True)
        # CSS, for only :has() can say that something is absent
        settled = page.frame_locator("#newBodyFrame").locator("#claims-response:not(:has([aria-busy=true]))")
        self.landmark = settled.get_by_role("button", name="New Search", exact=True)


class ClaimDetail:
    """One claim: panels, lines whose codes are folded away, and codes of which the first are shown."""

    def __init__(self, page: Page) -> None:
        frame = application(page)
        self.text = frame.locator("#claimDetail")
        self.panels = frame.locator("[data-testid^=test][data-testid$=Panel]")
        self.lines = frame.locator("#lineLevelTable tr:not(.expanded-row)")
        self.folded = frame.locator("button[title='Toggle Row Expanded'][aria-expanded=false]")
        self.line_codes = frame.locator("#lineLevelTable .expanded-row > td")
        self.codes = frame.locator("#codesTable tr")
        self.more = frame.get_by_role("button", name="Show more...", exact=True)
        settled = page.frame_locator("#newBodyFrame").locator("#claimDetail:not([aria-busy=true])")
        self.back = settled.get_by_text("Return to Results", exact=True)
        self.landmark = self.back
