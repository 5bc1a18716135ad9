"""What ePACES shows: one class per screen, one line per locator.

Sources: public automation code (ids of sign-in, menu, eligibility form and labels, the response list); the rest as in
docs/sandbox-epaces.md. A field is found by its id or else by its label; `ids` tells which ids are still there.

Every page comes by a full postback. A page that was left is marked, and no landmark is seen on it any more: words that
stood there before a submission are not read as its answer.
"""

from __future__ import annotations

import re

from playwright.async_api import Locator, Page

OUTAGE = re.compile("maintenance|unavailable|server error", re.IGNORECASE)
SOMETHING = re.compile(r"\S")
CONTENT = "ctl00_ContentPlaceHolder1_"


def _new(page: Page) -> Locator:
    """The page, unless it is one that was left."""
    return page.locator("body:not([data-left])")


def _title(page: Page, words: str) -> Locator:
    return _new(page).locator("td.pageTitle").filter(has_text=words)


class SignIn:
    """The sign-in form, with the agreement box."""

    def __init__(self, page: Page) -> None:
        self.ids = {name: page.locator(f"#{name}") for name in ("Username", "Password", "chkbxAgree", "btnAgreeLogin")}
        self.user_id = self.ids["Username"].or_(page.get_by_label("User ID:", exact=True))
        self.password = self.ids["Password"].or_(page.get_by_label("Password:", exact=True))
        self.agreement = page.locator("#pnlAgreement")
        self.agree = self.ids["chkbxAgree"].or_(self.agreement.get_by_role("checkbox"))
        button = page.get_by_role("button", name="Agree and Log In", exact=True)
        self.submit = self.ids["btnAgreeLogin"].or_(button)
        again = page.locator("#Password").or_(page.get_by_label("Password:", exact=True))
        self.landmark = _new(page).locator(again)


class SignInMessage:
    """The sign-in form once more, with the reason."""

    def __init__(self, page: Page) -> None:
        self.words = _new(page).locator("form:has(input[type=password]) #lblMessage").filter(has_text=SOMETHING)
        self.landmark = self.words


class Home:
    """The header and menu of every page of somebody signed in."""

    def __init__(self, page: Page) -> None:
        self.eligibility_request = page.locator("#ctl00_Menu1_linkEligibilityRequest")
        self.eligibility_response = page.locator("#ctl00_Menu1_linkEligibilityResponse")
        self.claim_inquiry = page.locator("#ctl00_Menu1_linkClaimStatusInquiry")
        self.claim_response = page.locator("#ctl00_Menu1_linkClaimStatusResponse")
        self.change_password = page.locator("#ctl00_Menu1_linkChangePassword")
        self.log_out = page.locator("#ctl00_Menu1_linkLogout")
        self.provider = page.locator("#ctl00_ddlProvider")
        self.providers = self.provider.locator("option")
        self.chosen = self.provider.locator("option:checked")
        self.landmark = _new(page).locator("#ctl00_lblUser").filter(has_text=SOMETHING)


class EligibilityForm:
    """The eligibility request, by client id."""

    def __init__(self, page: Page) -> None:
        names = ("textBoxClientID", "textBoxDateOfService", "buttonSubmit")
        self.ids = {name: page.locator(f"#{CONTENT}{name}") for name in names}
        self.client_id = self.ids["textBoxClientID"].or_(page.get_by_label("Client ID:", exact=True))
        self.service_date = self.ids["textBoxDateOfService"].or_(page.get_by_label("Date of Service:", exact=True))
        self.submit = self.ids["buttonSubmit"].or_(page.get_by_role("button", name="Submit", exact=True))
        self.landmark = _new(page).locator(self.client_id)


class ClaimForm:
    """The claim status inquiry."""

    def __init__(self, page: Page) -> None:
        names = ("textBoxClientID", "textBoxFromDate", "textBoxToDate", "textBoxTCN", "buttonSubmit")
        self.ids = {name: page.locator(f"#{CONTENT}{name}") for name in names}
        self.client_id = self.ids["textBoxClientID"].or_(page.get_by_label("Client ID:", exact=True))
        self.service_from = self.ids["textBoxFromDate"].or_(page.get_by_label("Service Date From:", exact=True))
        self.service_to = self.ids["textBoxToDate"].or_(page.get_by_label("Service Date To:", exact=True))
        self.number = self.ids["textBoxTCN"].or_(page.get_by_label("Payer Claim Control #:", exact=True))
        self.submit = self.ids["buttonSubmit"].or_(page.get_by_role("button", name="Submit", exact=True))
        self.landmark = _new(page).locator(self.client_id)


class Submitted:
    """The form's page after it was sent: taken, with the time, or not taken, with the reason."""

    def __init__(self, page: Page) -> None:
        self.words = _new(page).locator(f"#{CONTENT}lblSummary, #{CONTENT}lblError").filter(has_text=SOMETHING)
        self.landmark = self.words


class ResponseList:
    """Requests and their states: of everybody who uses the provider, the newest first."""

    def __init__(self, page: Page) -> None:
        self.heads = page.locator(".rgMasterTable thead tr")
        self.rows = page.locator(".rgMasterTable tbody tr")
        self.links = page.locator(".rgMasterTable tbody tr a")
        self.landmark = _new(page).locator(".rgMasterTable")


class Result:
    """An eligibility response."""

    def __init__(self, page: Page) -> None:
        self.text = page.locator("#mainBody")
        self.rows = self.text.locator("table:has([id*=_label]) tr")
        self.summary = page.locator(f"#{CONTENT}lblSummary")
        self.coverage = page.locator(f"#{CONTENT}gridCoverage tr")
        self.other_insurance = page.locator(f"#{CONTENT}gridOtherInsurance td")
        self.landmark = _title(page, "Eligibility Response Details")


class ClaimResult:
    """A claim status response: up to ten claims, each a table of its own."""

    def __init__(self, page: Page) -> None:
        self.text = page.locator("#mainBody")
        self.rows = self.text.locator("table:has([id*=_label]):not(.claimResponse) tr")
        self.summary = page.locator(f"#{CONTENT}lblSummary")
        self.claims = page.locator("table.claimResponse tr")
        self.landmark = _title(page, "Claim Status Response Details")


class ForcedChange:
    """Your password has expired: the change form in the place of home."""

    def __init__(self, page: Page) -> None:
        self.landmark = _title(page, "Your password has expired")


class PasswordExpiring:
    """Your password will expire in so many days."""

    def __init__(self, page: Page) -> None:
        self.words = page.locator("#lblMessage")
        self.go_on = page.locator("#btnContinue")
        self.landmark = _title(page, "Password Expiring")


class ChangeForm:
    """The change form."""

    def __init__(self, page: Page) -> None:
        self.current = page.get_by_label("Current Password:", exact=True)
        self.new = page.get_by_label("New Password:", exact=True)
        self.again = page.get_by_label("Confirm New Password:", exact=True)
        self.submit = page.get_by_role("button", name="Save", exact=True)
        self.landmark = _new(page).locator(self.new)


class ChangeAnswer:
    """What the change form says after it was sent."""

    def __init__(self, page: Page) -> None:
        self.words = _new(page).locator(f"#{CONTENT}lblMessage").filter(has_text=SOMETHING)
        self.landmark = self.words


class NewTerms:
    """Terms that a person has to read and accept."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("label").filter(has_text="I confirm that I have read and agree to the above")


class SignedInElsewhere:
    """Somebody else is signed in with this user id."""

    def __init__(self, page: Page) -> None:
        self.landmark = _title(page, "Already Logged In")


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
