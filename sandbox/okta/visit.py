"""One browser's way through Okta's sign-in, known by its state handle, and the session it leads to."""

import secrets
from dataclasses import dataclass

from sandbox.accounts import Account
from sandbox.mailed_codes import mail_code
from sandbox.sessions import EXPIRED, EXPIRING, TERMS, Session
from sandbox.totp import matching_step
from sandbox.web import Step
from sandbox.world import Portal

KEPT = 500
SENDER = "IAMOnline <noreply@iamonline.localhost>"
COOKIE = "OKTASID"
IDENTIFY, PASSWORD, CHOOSE, CHALLENGE, DONE = "identify", "password", "choose", "challenge", "done"
# what Okta calls a way to prove oneself, by what the world calls it
AUTHENTICATORS = {"authenticator": "google_otp", "text": "okta_email"}


@dataclass
class Visit:
    """`user` is who they say they are, `session` what a right password opened, `chosen` the second step's method."""

    handle: str
    user: str = ""
    session: Session | None = None
    chosen: str = ""
    asked: bool = False  # classic: an e-mail goes out when it is asked for
    closed: bool = False  # right password, but the portal behind does not want this account

    def factors(self, portal: Portal) -> list[str]:
        """The methods that this account can choose from; an e-mail that stands first is sent without asking."""
        return [method for method in self.account(portal).methods if method in AUTHENTICATORS]

    def account(self, portal: Portal) -> Account:
        """Whose sign-in this is, once the password was right."""
        return portal.accounts[self.user]

    def step(self, portal: Portal) -> str:
        """What is wanted next: one of the words above, `expired` or `expiring`."""
        if self.closed:
            return DONE
        if self.session is None or portal.sessions.find(self.session.token) is None:
            return PASSWORD if self.user else IDENTIFY
        if self.session.stage in (EXPIRED, EXPIRING):
            return self.session.stage
        if self.session.stage != "code":
            return DONE
        factors = self.factors(portal)
        if not self.chosen and (len(factors) == 1 or factors[:1] == ["text"]):
            self.choose(portal, factors[0])
        return CHALLENGE if self.chosen else CHOOSE

    def choose(self, portal: Portal, method: str) -> None:
        """Take a method; the e-mail goes out at once."""
        if self.session is None:
            raise ValueError("a method is chosen after the password")
        self.chosen = self.session.method = method
        if method == "text" and not self.asked:
            mail_code(portal, self.account(portal), SENDER)

    def waits_for_terms(self) -> bool:
        """Whether new terms stand between the sign-in and home."""
        return self.session is not None and self.session.stage == TERMS


class Visits:
    """The visits under way, the newest of them."""

    def __init__(self) -> None:
        self._by_handle: dict[str, Visit] = {}

    def begin(self) -> Visit:
        """Somebody opened the page."""
        while len(self._by_handle) >= KEPT:
            self._by_handle.pop(next(iter(self._by_handle)))
        return self._by_handle.setdefault(handle := secrets.token_urlsafe(24), Visit(handle))

    def find(self, handle: str) -> Visit | None:
        """The visit of this handle."""
        return self._by_handle.get(handle)


def is_used(step: Step, account: Account, code: str) -> bool:
    """Whether a right code was used before; a fault may have it so."""
    found = matching_step(account.totp_secret, code, step.portal.clock.now())
    if found is not None and step.take("code_used"):
        account.used_steps.add(found)
    return found in account.used_steps
