"""The session a flow is handed: one account's seat at one portal, as long as its browser context lives."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from bots.codes.totp import Totp
from bots.desk import Candidate, Desk, SignIn, Verdict
from bots.faults import translated
from bots.gate import Gate
from bots.mail import Inbox, Mark
from bots.sealing import Key, Unreadable, seal, unseal
from bots.vault import Vault
from flows.errors import (
    CodeRejected,
    CodesExhausted,
    InputError,
    InvalidCredentials,
    NewPasswordRefused,
    PasswordExpired,
    PortalUnavailable,
    ScreenNotRecognised,
)
from flows.parties import Account, Payer
from flows.password_reset import RecoverPassword, ResetPassword
from payers.model import Portal

if TYPE_CHECKING:
    from playwright.async_api import Page


class LiveSession:
    """What `flows.session.Session` promises, over a real page, one Desk and the vault."""

    def __init__(
        self,
        page: Page,
        *,
        run_id: str,
        account: Account,
        address: str,
        portal: Portal,
        desk: Desk,
        vault: Vault,
        key: Key,
        inbox: Inbox,
    ) -> None:
        self.page = page
        self.run_id = run_id
        self.account = account
        self.address = address
        self.portal = portal
        self.steps: dict[str, float] = {}
        self.typed_password = False
        self.candidate = Candidate.CURRENT
        self._payer: Payer | None = None
        self._desk = desk
        self._vault = vault
        self._key = key
        self._inbox = inbox
        self._letter_mark: Mark | None = None
        self._passwords_left = 0
        self._private = False
        self._typed: str | None = None
        self._proved: str | None = None
        self._handed_out: set[str] = set()
        self._gate: Gate | None = None
        self._password_attempt: int | None = None
        self._code_attempt: int | None = None
        self._submissions = 0

    @property
    def payer(self) -> Payer:
        """The payer the current question is for."""
        if self._payer is None:
            raise LookupError("a sign-in belongs to the portal, not to a payer")
        return self._payer

    def ask_for(self, payer: Payer) -> None:
        """Say which payer the next question is for."""
        self._payer = payer

    @asynccontextmanager
    async def step(self, name: str, *, private: bool = False) -> AsyncIterator[None]:
        """Name and time what is being done; a private step ends with the gate open and secrets settled."""
        started = time.monotonic()
        self._private = private
        try:
            with translated(name, self._handed_out):
                yield
        except PasswordExpired:
            raise  # the password was taken, and the change form is on the page
        except BaseException as error:
            await self._shut_page()
            if isinstance(error, ScreenNotRecognised) and self._gate and self._gate.status >= 500:
                raise PortalUnavailable(f"the portal answered the submission with status {self._gate.status}") from None
            raise
        finally:
            self._private = False
            await self._open_gate()
            self.steps[name] = round(self.steps.get(name, 0) + time.monotonic() - started, 3)

    async def password(self) -> SecretStr:
        """The password, for one submission; recorded before it is returned."""
        self._must_be_private("password")
        if self._passwords_left < 1:
            raise ScreenNotRecognised("the portal asks for the password again after taking it")
        self._passwords_left -= 1
        password, self.candidate = self._vault.next_password(self.account.name, await self._desk.refused())
        fingerprint = self._vault.fingerprint(self.account.name, password)
        grant = await self._desk.grant_password(fingerprint, proved=fingerprint == self._proved)
        self._password_attempt, self.typed_password, self._typed = grant.attempt, True, fingerprint
        await self._close_gate(password)
        return password

    async def new_password(self) -> SecretStr:
        """The pending password, marked as on its way."""
        self._must_be_private("new password")
        pending = self._vault.mark_pending(self.account.name, self.run_id, "submitting")
        if self._gate:
            self._handed_out.add(pending.password.get_secret_value())
            self._gate.watch(pending.password.get_secret_value())
        else:
            await self._close_gate(pending.password)
        return pending.password

    async def expect_letter(self) -> None:
        """Count the letter, and remember which are there."""
        await self._desk.grant_letter()
        self._letter_mark = self._inbox.mark()

    async def letter(self) -> SecretStr:
        """The link or code of the letter that came since."""
        self._must_be_private("letter")
        if self._letter_mark is None or self.portal.reset_letter is None:
            raise RuntimeError("a letter is expected before it is asked for, of a portal that says what it looks like")
        found = await self._inbox.wait(self.portal.reset_letter, self.account.email, self.address, self._letter_mark)
        self._handed_out.add(found.get_secret_value())
        return found

    async def code(self) -> SecretStr:
        """A code of a time step that was never used before. Asking for it tells that the password was taken."""
        self._must_be_private("code")
        await self._settle_password(Verdict.ACCEPTED)
        await self._settle_code(Verdict.REFUSED)
        secret = self._vault.get(self.account.name).totp_secret
        if secret is None:
            raise CodesExhausted(
                f"the portal asks for a code of an authenticator and the vault has none for {self.account.name}: "
                f"pk vault set {self.account.name} --totp"
            )
        totp = Totp(secret)
        time_step = await totp.next_usable_step(await self._desk.last_time_step())
        grant = await self._desk.grant_code(time_step)
        self._code_attempt = grant.attempt
        code = totp.code_for(time_step)
        await self._close_gate(code)
        return code

    async def notice(self, kind: str, words: str = "") -> None:
        """Record something worth knowing that is no failure."""
        await self._desk.notice(kind, words)

    async def sign_in(self, passwords: int) -> SignIn:
        """Run the portal's login flow with at most `passwords` submissions, and settle what became of its secrets."""
        self._payer, self._passwords_left, self.typed_password = None, passwords, False
        try:
            with translated("sign in", self._handed_out):
                await self.portal.login(self)
        except BaseException as error:
            await self._settle_failed(error)
            raise
        await self._settle_password(Verdict.ACCEPTED)
        await self._settle_code(Verdict.ACCEPTED)
        if self.typed_password:
            self._settle_pending()
        return SignIn.PASSWORD if self.typed_password else SignIn.STORED

    def _settle_pending(self) -> None:
        """A good sign-in tells which of two passwords is in force; the vault keeps that one."""
        pending = self._vault.get(self.account.name).pending
        if pending and self.candidate is Candidate.PENDING:
            self._vault.promote(self.account.name, pending.run_id)
        elif pending and pending.state != "stored":
            self._vault.discard_pending(self.account.name, pending.run_id)

    async def reset_password(self) -> None:
        """Run the portal's password flow. The one in force was settled at the sign-in, or is typed first."""
        self._passwords_left += 1
        await self._renew(self.portal.password_reset, "change the password")

    async def recover_password(self) -> None:
        """Run the portal's way back for a forgotten password, which needs no sign-in."""
        await self._renew(self.portal.password_recovery, "recover the password")

    async def _renew(self, flow: ResetPassword | RecoverPassword | None, what: str) -> None:
        if flow is None:
            raise InputError(f"{self.portal.title} offers no way to {what}")
        try:
            with translated(what, self._handed_out):
                await flow(self)
        except BaseException as error:
            await self._settle_failed(error)
            if isinstance(error, NewPasswordRefused):
                self._vault.mark_pending(self.account.name, self.run_id, "declined")
            raise
        await self._settle_password(Verdict.ACCEPTED)
        self._vault.mark_pending(self.account.name, self.run_id, "submitted")

    async def sealed_state(self) -> str:
        """Cookies, local storage and the page's session storage, sealed, as text."""
        stored = await self.page.context.storage_state()
        kept = await self.page.evaluate("() => Object.assign({}, sessionStorage)")
        address = urlsplit(self.page.url)
        state = {"storage": stored, "session": {f"{address.scheme}://{address.netloc}": kept} if kept else {}}
        return base64.b64encode(seal(json.dumps(state).encode(), self._key)).decode()

    async def restore(self, session_storage: dict[str, dict[str, str]]) -> None:
        """Put session storage back, on a blank page of each origin, before the portal's own scripts run."""
        for origin, values in session_storage.items():
            blank = f"{origin}/"
            await self.page.route(blank, lambda route: route.fulfill(body="", content_type="text/html"))
            await self.page.goto(blank)
            await self.page.evaluate("values => Object.assign(sessionStorage, values)", values)
            await self.page.unroute(blank)

    def _must_be_private(self, what: str) -> None:
        if not self._private:
            raise RuntimeError(f"a {what} may only be read inside a private step")

    async def _close_gate(self, secret: SecretStr) -> None:
        await self._open_gate()
        self._submissions = 0
        self._handed_out.add(secret.get_secret_value())
        self._gate = Gate(self.page.context, secret.get_secret_value(), self.portal.telemetry)
        await self._gate.close()

    async def _open_gate(self) -> None:
        if self._gate:
            gate, self._gate = self._gate, None
            await gate.open()
            self._submissions = gate.submissions

    async def _shut_page(self) -> None:
        """After a failure with a secret on the page: close the page behind the closed gate, so that nothing follows."""
        if self._gate:
            self._gate.lock()
            try:
                await self.page.close()
            except Exception:  # noqa: BLE001 - whatever happened, that nothing left is not certain
                self._gate.uncertain()

    async def _settle_failed(self, error: BaseException) -> None:
        """After a failed sign-in: what the error proves of the secrets, and else what left the browser."""
        await self._open_gate()
        if isinstance(error, InvalidCredentials):
            await self._settle_password(Verdict.REFUSED)
        elif isinstance(error, (PasswordExpired, NewPasswordRefused)):
            await self._settle_password(Verdict.ACCEPTED)
        elif isinstance(error, CodeRejected):
            await self._settle_code(Verdict.REFUSED)
        unproved = Verdict.UNKNOWN if self._submissions else Verdict.NOT_SUBMITTED
        await self._settle_password(unproved)
        await self._settle_code(unproved)

    async def _settle_password(self, verdict: Verdict) -> None:
        if self._password_attempt is not None:
            await self._open_gate()
            attempt, self._password_attempt = self._password_attempt, None
            self._proved = self._typed if verdict is Verdict.ACCEPTED else None
            await self._desk.close_attempt(attempt, verdict, self._submissions)

    async def _settle_code(self, verdict: Verdict) -> None:
        if self._code_attempt is not None:
            await self._open_gate()
            attempt, self._code_attempt = self._code_attempt, None
            await self._desk.close_attempt(attempt, verdict, self._submissions)


def unsealed_state(sealed: str | None, key: Key) -> dict[str, Any]:
    """What `LiveSession.sealed_state` sealed; an empty state when there is none or it can't be opened."""
    if sealed is not None:
        try:
            state: dict[str, Any] = json.loads(unseal(base64.b64decode(sealed), key, "the signed-in state"))
        except (Unreadable, ValueError):
            return {"storage": None, "session": {}}
        return state
    return {"storage": None, "session": {}}
