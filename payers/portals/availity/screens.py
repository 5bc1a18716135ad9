"""What Availity Essentials shows: one class per screen, one line per locator.

Sources: public captures of 2026-07 and the shipped help pages; ids as in docs/sandbox.md.
"""

from __future__ import annotations

import re

from playwright.async_api import Page


class SignIn:
    """The sign-in form."""

    def __init__(self, page: Page) -> None:
        self.user_id = page.locator("#userId")
        self.password = page.locator("#password")
        self.submit = page.get_by_role("button", name="Sign In", exact=True)
        self.landmark = self.password


class SignInAlert:
    """The sign-in form or a second step with an alert on it: a refusal, a lock, an outage."""

    def __init__(self, page: Page) -> None:
        self.words = page.locator("main .MuiAlert-message")
        self.landmark = self.words


class ChooseMethod:
    """How would you like to authenticate?"""

    def __init__(self, page: Page) -> None:
        self.authenticator = page.get_by_label("Authenticate me using my Authenticator app", exact=True)
        self.go_on = page.get_by_role("button", name="Continue", exact=True)
        self.landmark = page.get_by_role("heading", name="How would you like to authenticate?")


class EnterCode:
    """The box for the one-time code."""

    def __init__(self, page: Page) -> None:
        self.code = page.locator("#code")
        self.go_on = page.get_by_role("button", name="Continue", exact=True)
        self.landmark = self.code


class NewTerms:
    """Terms that a person has to read and accept."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.get_by_text("I confirm that I have read and agree to the above")


class SignedInElsewhere:
    """Somebody else is signed in with this user id."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.get_by_role("heading", name="You are already signed in elsewhere")


class LoggedOut:
    """The session has ended."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.get_by_role("heading", name="You have been logged out")


class Captcha:
    """Proof of a human is wanted."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("iframe[title*=challenge i], iframe[src*=captcha i]")


class Outage:
    """Maintenance or a server error in place of the application."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("h1").filter(has_text=re.compile("maintenance|unavailable|server error", re.I))


class Home:
    """The shell, with the user's name in it."""

    def __init__(self, page: Page) -> None:
        self.account = page.locator("""button[aria-label$="'s Account"]""")
        self.region = page.locator(".UserRegionsMenu__trigger")
        self.regions = page.locator("li.UserRegionsMenu__option button")
        self.patient_registration = page.get_by_role("button", name="Patient Registration", exact=True)
        self.eligibility = page.get_by_title("Eligibility and Benefits Inquiry", exact=True)
        self.landmark = self.account


class CookieBanner:
    """The consent banner, which swallows clicks on whatever is behind it."""

    def __init__(self, page: Page) -> None:
        self.dismiss = page.locator("#onetrust-accept-btn-handler")
        self.landmark = self.dismiss


class Announcement:
    """A notice in front of the shell."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("[role=dialog][aria-modal=true]")
        self.dismiss = self.landmark.get_by_role("button", name="Close", exact=True)


class Inquiry:
    """The form of Eligibility and Benefits Inquiry, in the shell's frame."""

    def __init__(self, page: Page) -> None:
        frame = page.frame_locator("#newBodyFrame")
        self.organization = frame.locator("#organization-field")
        self.payer = frame.locator("#payerId-field")
        self.provider = frame.locator("#provider")
        self.search_option = frame.locator("#patientSearchOption")
        self.relationship = frame.locator("#subscriberRelationship-field")
        self.service_type = frame.locator("#serviceType")
        self.member_id = frame.locator("input[name=memberId]")
        self.birth_date = frame.locator("[aria-labelledby=patientBirthDatefield-picker-label] [role=spinbutton]")
        self.as_of = frame.locator("[aria-labelledby=asOfDate-picker-label] [role=spinbutton]")
        self.inputs = frame.locator("form input")
        self.options = frame.get_by_role("option")
        self.submit = frame.get_by_role("button", name="Submit", exact=True)
        self.landmark = self.organization


class Result:
    """The payer's answer, in the shell's frame."""

    def __init__(self, page: Page) -> None:
        frame = page.frame_locator("#newBodyFrame")
        self.alert = frame.locator("#eligibility-response .MuiAlert-message")
        self.card = frame.locator("#patient-card")
        self.new_request = frame.get_by_role("button", name="New Request", exact=True)
        self.patient = frame.locator("#patient-card .patient-name")
        self.labels = frame.locator("#patient-card .patient-card-extended-label")
        self.status = frame.locator(".MuiChip-label")
        self.summary = frame.locator("#plan-details-summary")
        self.plan_name = frame.locator("#plan-details-summary .plan-name")
        self.facts = frame.locator("ul.plan-date-information li, .plan-detail")
        self.other_payer = frame.locator("#other-insurance p")
        self.benefits = frame.locator(".MuiAccordion-root tbody tr")
        self.landmark = self.new_request  # shown with an answer and with an alert, never while waiting
