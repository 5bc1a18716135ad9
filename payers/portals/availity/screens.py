"""What Availity Essentials shows: one class per screen, one line per locator.

Sources: public captures of 2026-07 and the shipped help pages; ids as in docs/sandbox.md.
"""

from __future__ import annotations

import re

from playwright.async_api import Frame, FrameLocator, Page

CAPTCHA = "iframe[title*=challenge i], iframe[src*=captcha i]"
DENIED = "access denied"
OUTAGE = re.compile("maintenance|unavailable|server error", re.IGNORECASE)


def application(page: Page) -> Frame | FrameLocator:
    """The shell's frame. Once it is there it is taken as it is, which spares finding it again at every call (a third of
    a look-up's cost); a landmark finds it each time, since whoever waits outlives the frame.
    """
    return page.frame(name="newBody") or page.frame_locator("#newBodyFrame")


class SignIn:
    """The sign-in form."""

    def __init__(self, page: Page) -> None:
        self.user_id = page.locator("#userId")
        self.password = page.locator("#password")
        self.submit = page.get_by_role("button", name="Sign In", exact=True)
        self.forgot = page.get_by_role("link", name="Forgot your password?", exact=True)
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
        self.text = page.get_by_role("radio", name=re.compile("text message", re.IGNORECASE))
        self.backup = page.get_by_label("Authenticate me using a backup code", exact=True)
        self.go_on = page.get_by_role("button", name="Continue", exact=True)
        self.landmark = page.locator("h1").filter(has_text="How would you like to authenticate?")


class EnterCode:
    """The box for the one-time code."""

    def __init__(self, page: Page) -> None:
        self.code = page.locator("#code")
        self.go_on = page.get_by_role("button", name="Continue", exact=True)
        self.landmark = self.code


class SecurityQuestion:
    """One of the account's security questions."""

    def __init__(self, page: Page) -> None:
        self.question = page.locator("#securityQuestion")
        self.answer = page.locator("#securityAnswer")
        self.go_on = page.get_by_role("button", name="Continue", exact=True)
        self.landmark = self.answer


class NewTerms:
    """Terms that a person has to read and accept."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("label").filter(has_text="I confirm that I have read and agree to the above")


class SignedInElsewhere:
    """Somebody else is signed in with this user id."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("h1").filter(has_text="You are already signed in elsewhere")


class LoggedOut:
    """The session has ended."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("h1").filter(has_text="You have been logged out")


class Captcha:
    """Proof of a human is wanted."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator(CAPTCHA)


class Outage:
    """Maintenance or a server error in place of the application."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("h1").filter(has_text=OUTAGE)


class AccessDenied:
    """The site refuses this address."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("h1").filter(has_text=DENIED)


class ApplicationCaptcha:
    """Proof of a human is wanted, in the application's frame."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.frame_locator("#newBodyFrame").locator(CAPTCHA)


class ApplicationDenied:
    """The application refuses this address."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.frame_locator("#newBodyFrame").locator("h1").filter(has_text=DENIED)


class ApplicationOutage:
    """Maintenance or a server error in the application's frame; the shell goes on."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.frame_locator("#newBodyFrame").locator("h1").filter(has_text=OUTAGE)


class Home:
    """The shell, with the user's name in it."""

    def __init__(self, page: Page) -> None:
        self.account = page.locator("""button[aria-label$="'s Account"]""")
        self.region = page.locator(".UserRegionsMenu__trigger")
        self.regions = page.locator("li.UserRegionsMenu__option button")
        self.patient_registration = page.get_by_role("button", name="Patient Registration", exact=True)
        self.eligibility = page.get_by_title("Eligibility and Benefits Inquiry", exact=True)
        self.claims_and_payments = page.get_by_role("button", name="Claims & Payments", exact=True)
        self.claim_status = page.get_by_title("Claim Status", exact=True)
        self.log_out = page.locator("button#logout-link")  # its words are the shell's own marker of a sign-in
        self.remittances = page.get_by_title("Remittance Viewer", exact=True)
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
        frame = application(page)
        self.organization = frame.locator("#organization-field")
        self.boxes = {  # in the order in which they depend on each other
            "organization-field": self.organization,
            "payerId-field": frame.locator("#payerId-field"),
            "provider": frame.locator("#provider"),
            "patientSearchOption": frame.locator("#patientSearchOption"),
            "subscriberRelationship-field": frame.locator("#subscriberRelationship-field"),
            "serviceType": frame.locator("#serviceType"),
        }
        self.member_id = frame.locator("input[name=memberId]")
        self.birth_date = frame.locator("[aria-labelledby=patientBirthDatefield-picker-label] [role=spinbutton]")
        self.as_of = frame.locator("[aria-labelledby=asOfDate-picker-label] [role=spinbutton]")
        self.inputs = frame.locator("form input")
        self.options = frame.get_by_role("option")
        self.submit = frame.get_by_role("button", name="Submit", exact=True)
        self.landmark = page.frame_locator("#newBodyFrame").locator("#organization-field")


class Result:
    """The payer's answer, in the shell's frame."""

    def __init__(self, page: Page) -> None:
        frame = application(page)
        self.text = frame.locator("#eligibility-response")
        self.organization = frame.locator("#organization-field")  # the form stays behind an alert
        self.provider = frame.locator("#provider")
        self.alert = frame.locator("#eligibility-response .MuiAlert-message")
        self.new_request = frame.get_by_role("button", name="New Request", exact=True)
        self.patient = frame.locator("#patient-card .patient-name")
        self.labels = frame.locator("#patient-card .patient-card-extended-label")
        self.status = frame.locator(".MuiChip-label")
        self.summary = frame.locator("#plan-details-summary")
        self.plan_name = frame.locator("#plan-details-summary .plan-name")
        self.facts = frame.locator("ul.plan-date-information li, .plan-detail")
        self.other_payer = frame.locator("#other-insurance p")
        self.benefits = frame.locator(".MuiAccordion-root tr")
        again = page.frame_locator("#newBodyFrame").get_by_role("button", name="New Request", exact=True)
        self.landmark = again  # shown with an answer and with an alert, never while waiting


class ForcedChange:
    """Your password has expired: the change form in the place of home."""

    def __init__(self, page: Page) -> None:
        self.go_on = page.get_by_role("button", name="Continue", exact=True)
        self.landmark = page.get_by_role("heading", name="Your password has expired")


class PasswordExpiring:
    """Your password will expire in so many days."""

    def __init__(self, page: Page) -> None:
        self.later = page.get_by_role("button", name="Remind Me Later", exact=True)
        self.landmark = page.get_by_role("heading", name=re.compile(r"Your password will expire in \d+ days?"))


class MyAccount:
    """The way to the change form, in the shell's frame."""

    def __init__(self, page: Page) -> None:
        self.frame = page.frame_locator("#newBodyFrame")
        self.open = page.get_by_title("My Account", exact=True)
        self.security = self.frame.get_by_role("tab", name="Security", exact=True)
        self.update = self.frame.get_by_test_id("update-password-btn")
        self.landmark = self.security


class ChangeForm:
    """The change form, in the shell's frame or in the place of home."""

    def __init__(self, place: Page | FrameLocator) -> None:
        self.current = place.get_by_test_id("current-password-input")
        self.new = place.get_by_test_id("new-password-input")
        self.again = place.get_by_test_id("confirm-new-password-input")
        self.submit = place.get_by_test_id("submit-btn")
        self.landmark = self.new


class ChangeAnswer:
    """What the change form says after it was sent."""

    def __init__(self, place: Page | FrameLocator) -> None:
        self.words = place.locator(".alert[role=alert]")
        self.landmark = self.words


class ForgotPassword:
    """Where a letter is asked for."""

    def __init__(self, page: Page) -> None:
        self.user_id = page.locator("#userId")
        self.go_on = page.get_by_role("button", name="Next", exact=True)
        self.landmark = page.get_by_role("heading", name="Forgot your password?")


class CheckEmail:
    """A letter is on its way, or would be if there were such a user."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.get_by_role("heading", name="Check your email")


class ResetForm:
    """The form that the letter's link leads to."""

    def __init__(self, page: Page) -> None:
        form = ChangeForm(page)
        self.new, self.again, self.submit = form.new, form.again, form.submit
        self.user_id = page.get_by_text(re.compile("^User ID: "))
        self.landmark = page.get_by_role("heading", name="Reset your password")


class ResetDone:
    """The new password is in force."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.get_by_role("heading", name="Your password has been reset")


class DeadLink:
    """The link was used, has expired, or never was one."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.get_by_role("heading", name=re.compile("^This link (has|is not)"))
