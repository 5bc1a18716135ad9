"""What Okta's sign-in widget shows: one class per screen, one line per locator.

Seen in `@okta/okta-signin-widget` 7.49.0 in three generations: Gen2 and Gen3 of the Identity Engine, classic. Fields
share names (password, code and new password are all `credentials.passcode`) and ids change at each render, so a screen
is told by its heading or by which fields stand together. CSS, for the widget's names and `data-se` are all that the
generations have in common; labels and buttons are the organization's to change.
"""

from __future__ import annotations

import re

from playwright.async_api import Locator, Page

AUTHENTICATOR = re.compile(r"Google Authenticator|Okta Verify|^\s*Enter a code\s*$")
BY_MAIL = re.compile(r"your email|verification email|Email Authentication", re.IGNORECASE)
EXPIRED = re.compile(r"password has expired", re.IGNORECASE)
EXPIRING = re.compile(r"password will expire (in \d+ days?|later today)", re.IGNORECASE)
OUTAGE = re.compile("maintenance|unavailable|server error", re.IGNORECASE)

APP = "[data-se^=google_otp], [data-se=okta_verify-totp]"
MAIL = "[data-se^=okta_email]"
HEADING = "[data-se=o-form-head]"
ERROR = ".infobox-error, .o-form-input-error, [role=alert][aria-label=error]"
USER = "input[name=identifier], #okta-signin-username, #idp-discovery-username"
PASSCODE = "input[name='credentials.passcode']"


def submit(page: Page, field: Locator) -> Locator:
    """The button of the form that holds `field`: while classic goes on, two forms are shown."""
    return page.locator("form").filter(has=field).locator("[type=submit]")


class UserId:
    """The first page, that asks for the user id: alone, or with the password below it."""

    def __init__(self, page: Page) -> None:
        self.user_id = page.locator(USER)
        self.password = page.locator("input[type=password]")
        self.go_on = submit(page, self.user_id)
        self.landmark = self.user_id


class Password:
    """Verify with your password, on a page of its own."""

    def __init__(self, page: Page) -> None:
        self.password = page.locator(f"{PASSCODE}[type=password], #okta-signin-password")
        self.go_on = submit(page, self.password)
        self.landmark = page.locator(HEADING).filter(has_text="Verify with your password")


class Alert:
    """Any step with an error above its form or below a field. It goes when the form is sent again (seen in all)."""

    def __init__(self, page: Page) -> None:
        self.words = page.locator(f"{ERROR}, [id$='-error']")
        self.landmark = page.locator(ERROR)


class ChooseMethod:
    """Verify it's you with a security method: which?"""

    def __init__(self, page: Page) -> None:
        self.authenticator = page.locator(f":is({APP}) a, button:has({APP})")
        self.mail = page.locator(f"{MAIL} a, button:has({MAIL})")
        self.landmark = page.locator(HEADING).filter(has_text="with a security method")


class EnterCode:
    """The box for the authenticator's code."""

    def __init__(self, page: Page) -> None:
        self.code = page.locator(f"{PASSCODE}, input[name='credentials.totp'], input[name=answer]")
        self.go_on = submit(page, self.code)
        self.landmark = page.locator(HEADING).filter(has_text=AUTHENTICATOR)


class CodeByMail:
    """A code that was, or would be, sent by e-mail; `others` leads to the other methods, in classic to a list below.

    Classic sends it when `send` is pressed. `instead` opens the box for the code where a link is offered first.
    """

    def __init__(self, page: Page) -> None:
        self.send = page.locator("form:has([data-se=mfa-send-email-content]) [type=submit]")
        self.instead = page.locator("button").filter(has_text="Enter a verification code instead")
        self.code = page.locator(f"{PASSCODE}, input[name=answer]")
        self.go_on = submit(page, self.code)
        self.others = page.locator("[data-se=switchAuthenticator], .factors-dropdown-wrap .option-selected")
        self.authenticator = page.locator("a.factor-option").filter(has_text=AUTHENTICATOR)
        self.landmark = page.locator(HEADING).filter(has_text=BY_MAIL)


class ForcedChange:
    """Your password has expired."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator(HEADING).filter(has_text=EXPIRED)


class PasswordExpiring:
    """Your password will expire in so many days."""

    def __init__(self, page: Page) -> None:
        self.later = page.locator("[data-se=skip], [data-se=skip-link]")
        self.landmark = page.locator(HEADING).filter(has_text=EXPIRING)


class ChangeForm:
    """A new password, in the place of home or in the settings; in the former Identity Engine asks for no old one."""

    def __init__(self, page: Page) -> None:
        self.current = page.locator("input[name=oldPassword]")
        self.new = page.locator(f"{PASSCODE}[type=password], input[name=newPassword]")
        self.again = page.locator("input[name=confirmPassword]")
        self.submit = submit(page, self.again)
        self.landmark = self.again


class Changed:
    """The settings say that the new password is in force."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator(".infobox-success").filter(has_text="has been changed")


class Locked:
    """The account is locked; an organization may hide this."""

    def __init__(self, page: Page) -> None:
        self.landmark = Alert(page).words.filter(has_text="Your account is locked")


class LastSignIn:
    """When somebody last signed in, on the dashboard's navigation bar, where the organization lets users see it.

    Words by help.okta.com, Recent Activity: `last sign in: 1 hour ago`.
    """

    def __init__(self, page: Page) -> None:
        self.landmark = page.get_by_text(re.compile(r"^\s*last sign[- ]?in: ", re.IGNORECASE))


class SignedOut:
    """The sign-in took too long, and starts again."""

    def __init__(self, page: Page) -> None:
        self.landmark = Alert(page).words.filter(has_text="You have been logged out due to inactivity")


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
