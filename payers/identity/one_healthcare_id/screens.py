"""What One Healthcare ID shows: one class per screen, one line per locator.

Sources: public automation code (ids and *Verify Your Identity*); other headings as in docs/sandbox.md, not seen live.
"""

from __future__ import annotations

import re

from playwright.async_api import Page

OUTAGE = re.compile("maintenance|unavailable|server error", re.IGNORECASE)


class UserId:
    """The first page: the user id alone."""

    def __init__(self, page: Page) -> None:
        self.user_id = page.get_by_test_id("username")
        self.go_on = page.get_by_role("button", name="Continue", exact=True)
        self.landmark = self.user_id


class Password:
    """The second page: the password alone."""

    def __init__(self, page: Page) -> None:
        self.password = page.get_by_test_id("login-pwd")
        self.submit = page.get_by_role("button", name="Continue", exact=True)
        self.forgot = page.get_by_role("link", name="Forgot password?", exact=True)
        self.landmark = self.password


class Alert:
    """Any page of the sign-in with an error above its form."""

    def __init__(self, page: Page) -> None:
        self.words = page.locator("#loginerrorsummary")
        self.landmark = self.words


class ChooseMethod:
    """Verify Your Identity: how? The code's page has the same heading."""

    def __init__(self, page: Page) -> None:
        self.authenticator = page.locator("button#totp")
        self.text = page.get_by_role("button", name="Via Text Message", exact=True)
        self.call = page.get_by_role("button", name="Via Call", exact=True)
        self.landmark = self.authenticator.or_(self.text).or_(self.call)


class EnterCode:
    """Verify Your Identity: the box for the authenticator's code."""

    def __init__(self, page: Page) -> None:
        self.code = page.locator("input#totp")
        self.go_on = page.get_by_role("button", name="Verify", exact=True)
        self.landmark = self.code


class Locked:
    """The account is locked; the heading is all that tells."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("h1#page-title").filter(has_text=re.compile(r"\blocked\b", re.IGNORECASE))


class Disabled:
    """The account is out of use."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("h1#page-title").filter(has_text="Your account is inactive")


class ForcedChange:
    """Your password has expired: the change form stands between the password and the second step."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("h1#page-title").filter(has_text="Your password has expired")


class PasswordExpiring:
    """Your password will expire in so many days."""

    def __init__(self, page: Page) -> None:
        self.later = page.get_by_role("button", name="Not now", exact=True)
        self.landmark = page.locator("h1#page-title").filter(has_text=re.compile(r"will expire in \d+ days?"))


class Profile:
    """Manage your One Healthcare ID."""

    def __init__(self, page: Page) -> None:
        self.sign_in_information = page.get_by_role("tab", name="Sign In Information", exact=True)
        self.change_password = page.get_by_role("button", name="Change password", exact=True)
        self.landmark = self.sign_in_information


class ChangeForm:
    """The form for a new password, on the profile page or in the place of home."""

    def __init__(self, page: Page) -> None:
        self.current = page.get_by_test_id("current-pwd")
        self.new = page.get_by_test_id("new-pwd")
        self.again = page.get_by_test_id("confirm-pwd")
        self.submit = page.get_by_role("button", name="Save", exact=True)
        self.landmark = self.new


class ChangeAnswer:
    """What is said of a new password: taken, or why not."""

    def __init__(self, page: Page) -> None:
        self.words = page.locator("#notificationMessage, #loginerrorsummary")
        self.landmark = self.words


class Recover:
    """Recover your account: for which user id?"""

    def __init__(self, page: Page) -> None:
        self.user_id = page.get_by_test_id("username")
        self.go_on = page.get_by_role("button", name="Continue", exact=True)
        self.landmark = page.locator("h1#page-title").filter(has_text="Recover your account")


class AccessCode:
    """The box for a code that was sent: by text message, or by letter to recover a password."""

    def __init__(self, page: Page) -> None:
        self.code = page.get_by_test_id("accessCodeBox")
        self.go_on = page.get_by_role("button", name="Continue", exact=True)
        self.landmark = self.code


class Recovered:
    """The new password is in force."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("h1#page-title").filter(has_text="Your password was reset")


class NewTerms:
    """Terms that a person has to read and accept."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("label").filter(has_text="I confirm that I have read and agree to the above")


class SignedInElsewhere:
    """Somebody else is signed in with this user id."""

    def __init__(self, page: Page) -> None:
        self.landmark = page.locator("h1").filter(has_text="You are already signed in")


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
