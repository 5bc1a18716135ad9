"""What the Medi-Cal Provider Portal shows: one class per screen, one line per locator.

Sources: public automation code (placeholders, buttons, the agreement's label, *Single Subscriber*, ids of the
eligibility form and of its result); the rest as in docs/sandbox-medi-cal.md. Other inputs have another id each time.

A view that was left is marked, and no landmark is seen in it any more: what it said is not read as the next answer.
"""

from __future__ import annotations

import re

from playwright.async_api import Locator, Page

OUTAGE = re.compile("maintenance|unavailable|server error", re.IGNORECASE)
BLOCKED = re.compile("access denied|block access from your country", re.IGNORECASE)
SOMETHING = re.compile(r"\S")


def _new(page: Page) -> Locator:
    """The view, unless it is one that was left."""
    return page.locator("main:not([data-left])")


def _heading(page: Page, words: str) -> Locator:
    return _new(page).locator("h1").filter(has_text=words)


class Email:
    """The first view: the e-mail address alone."""

    def __init__(self, page: Page) -> None:
        self.email = page.get_by_placeholder(re.compile(r"Email Address$"))
        self.go_on = page.get_by_role("button", name="Next", exact=True)
        self.landmark = self.email


class Password:
    """The second view: the password alone."""

    def __init__(self, page: Page) -> None:
        self.password = page.get_by_placeholder("Enter your Password", exact=True)
        self.submit = page.get_by_role("button", name=re.compile("^(Log|Sign) In$"))
        self.landmark = self.password


class Alert:
    """The sign-in or the change form with the reason why not."""

    def __init__(self, page: Page) -> None:
        self.words = _new(page).get_by_role("alert")
        self.landmark = self.words


class Agreement:
    """What is to be agreed to; it comes sometimes."""

    def __init__(self, page: Page) -> None:
        self.text = page.locator(".ula-text")
        self.agree = page.get_by_label("I confirm that I have read and agree to the above")
        self.go_on = page.get_by_role("button", name="Next", exact=True)
        self.landmark = self.agree


class Home:
    """The header of every view of somebody signed in, with the provider who asks."""

    def __init__(self, page: Page) -> None:
        self.provider = page.locator("header").get_by_text(re.compile(r"NPI:\s*\d{10}"))
        self.choice = page.get_by_label("Provider Number", exact=True)
        self.choices = self.choice.locator("option")
        self.single_subscriber = page.get_by_role("link", name="Single Subscriber", exact=True)
        self.claim_status = page.get_by_role("link", name="Claim Status", exact=True)
        self.change_password = page.get_by_role("link", name="Change Password", exact=True)
        self.landmark = self.provider


class View:
    """Whatever view is drawn in the place of one that was left."""

    def __init__(self, page: Page) -> None:
        self.landmark = _new(page).locator("h1")


class Inquiry:
    """The eligibility form. The issue date of a card is not known here, and left empty."""

    def __init__(self, page: Page) -> None:
        names = ("subscriber-id", "birth-date", "service-date")
        self.ids = {name: page.locator(f"#{name}") for name in names}
        self.subscriber_id = self.ids["subscriber-id"].or_(page.get_by_label("Subscriber ID", exact=True))
        self.birth_date = self.ids["birth-date"].or_(page.get_by_label("Birth Date", exact=True))
        self.service_date = self.ids["service-date"].or_(page.get_by_label("Service Date", exact=True))
        self.submit = page.get_by_role("button", name="Search", exact=True)
        self.area = page.locator("#status-area")
        self.landmark = _new(page).locator(self.subscriber_id)


class Result(Inquiry):
    """The same view once the payer has answered: prose, and whose it is."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.text = page.locator("main")
        self.provider = Home(page).provider
        self.name = page.locator("#subscriber-name-label")
        self.medicare = page.locator("#medicare-id-label")
        self.landmark = _new(page).locator("#status-area").filter(has_text=SOMETHING)


class ClaimForm:
    """The claim status form."""

    def __init__(self, page: Page) -> None:
        self.number = page.get_by_label("Claim Control Number (CCN)", exact=True)
        self.subscriber_id = page.get_by_label("Subscriber ID", exact=True)
        self.service_from = page.get_by_label("From Date", exact=True)
        self.service_to = page.get_by_label("To Date", exact=True)
        self.total_charge = page.get_by_label("Total Charge", exact=True)
        self.submit = page.get_by_role("button", name="Search", exact=True)
        self.area = page.locator("#status-area")
        self.landmark = _new(page).locator(self.subscriber_id)


class ClaimResult(ClaimForm):
    """The same view once the payer has answered: a table of claims, or prose."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.text = page.locator("main")
        self.provider = Home(page).provider
        self.name = page.locator("#subscriber-name-label")
        self.claims = page.locator("#claim-results tr")
        self.landmark = _new(page).locator("#status-area").filter(has_text=SOMETHING)


class ForcedChange:
    """Your password has expired: the change form in the place of home."""

    def __init__(self, page: Page) -> None:
        self.landmark = _heading(page, "Your password has expired")


class PasswordExpiring:
    """Your password will expire in so many days."""

    def __init__(self, page: Page) -> None:
        self.later = page.get_by_role("button", name="Remind Me Later", exact=True)
        self.landmark = _new(page).locator("h1").filter(has_text=re.compile(r"will expire in \d+ days?"))


class ChangeForm:
    """The change form."""

    def __init__(self, page: Page) -> None:
        self.current = page.get_by_placeholder("Enter your Current Password", exact=True)
        self.new = page.get_by_placeholder("Enter your New Password", exact=True)
        self.again = page.get_by_placeholder("Re-enter your New Password", exact=True)
        self.submit = page.get_by_role("button", name="Submit", exact=True)
        self.landmark = _new(page).locator(self.new)


class ChangeAnswer:
    """What the change form says after it was sent."""

    def __init__(self, page: Page) -> None:
        self.words = _new(page).locator("[role=alert], [role=status]")
        self.landmark = self.words


class SignedInElsewhere:
    """Somebody else is signed in with this account."""

    def __init__(self, page: Page) -> None:
        self.landmark = _heading(page, "You are already signed in")


class Captcha:
    """Proof of a human is wanted."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("iframe[title*=challenge i], iframe[src*=captcha i]")


class Outage:
    """Maintenance or a server error in place of the application."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("h1").filter(has_text=OUTAGE)


class AccessDenied:
    """The site refuses this address, or the country it is in."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("h1, p").filter(has_text=BLOCKED)
