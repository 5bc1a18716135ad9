"""The session a flow is handed: one account's seat at one portal, as long as its browser context lives."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

from pydantic import SecretStr

from bots import arrivals, kept_state
from bots.attempts import Attempts
from bots.challenge import Challenge
from bots.codes.channels import Channels
from bots.desk import Candidate, Desk, SignIn, Verdict
from bots.evidence.witness import Witness
from bots.faults import translated
from bots.relay import Line
from bots.sealing import Key
from bots.vault import Vault
from bots.vault.aside import aside
from bots.watch import Watch
from flows.era_download import Allowed, KeptEra, ListedPayment
from flows.errors import (
    AccountHeld,
    InputError,
    NewPasswordRefused,
    PasswordExpired,
    ScreenNotRecognised,
    SecurityQuestionAsked,
)
from flows.parties import Account, CodeWay, Payer
from flows.password_reset import RecoverPassword, ResetPassword
from payers.kit.passing import pass_by
from payers.model import Portal

if TYPE_CHECKING:
    from playwright.async_api import Download, Page


class Person(Protocol):
    """Somebody at the browser."""

    async def act(self, page: Page) -> None:
        """Do what has to be done on the portal; return when it is done."""

    def tell(self, words: str) -> None:
        """Tell them something."""


Pace = Callable[[str], Awaitable[None]]
"""Called with the name of each step before it begins: somebody watches, and says whether to go on."""


class LiveSession:
    """What `flows.session.Session` promises, over a real page, one Desk and the vault."""

    def __init__(
        self,
        page: Page,
        line: Line,
        *,
        run_id: str,
        account: Account,
        address: str,
        portal: Portal,
        desk: Desk,
        vault: Vault,
        key: Key,
        channels: Channels,
        pace: Pace | None = None,
    ) -> None:
        self.page = page
        self._pace = pace
        self.run_id = run_id
        self.account = account
        self.address = address
        self.portal = portal
        self.steps: dict[str, float] = {}
        self.candidate = Candidate.CURRENT
        self._payer: Payer | None = None
        self._desk = desk
        self._vault = vault
        self._key = key
        self._passwords_left = self._answers_left = 0
        self._private = False
        self._attempts = Attempts(page.context, line, desk, portal.telemetry)
        self.over = self._attempts.over
        self.witness = Witness(self.steps, self._attempts.handed_out)
        self._challenge = Challenge(account, portal, address, channels, desk, vault, self._attempts)

    @property
    def typed_password(self) -> bool:
        """Whether the last sign-in needed the password."""
        return self._attempts.typed_password

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
        if self._pace:
            await self._pace(name)
        started = time.monotonic()
        await self.witness.step(private)
        self._private = private
        try:
            with translated(name, self._attempts.handed_out):
                yield
            if not private:
                await pass_by(self.page)
            self.witness.private = False  # after a failure it stays: no picture is taken
        except PasswordExpired:
            raise  # the password was taken, and the change form is on the page
        except BaseException as error:  # noqa: BLE001 - it goes on, or what says it better
            self._attempts.lock()
            try:
                await self.witness.glance(self.page, error)
            finally:
                await self._attempts.shut(self.page)
            raise self._attempts.explained(error) from None
        finally:
            self._private = False
            await self._attempts.open_gate()
            self.steps[name] = round(self.steps.get(name, 0) + time.monotonic() - started, 3)

    async def password(self) -> SecretStr:
        """The password, for one submission; recorded before it is returned."""
        self._must_be_private("password")
        if self._passwords_left < 1:
            raise ScreenNotRecognised("the portal asks for the password again after taking it")
        self._passwords_left -= 1
        password, self.candidate = await aside(self._vault.next_password, self.account.name, await self._desk.refused())
        fingerprint = self._vault.fingerprint(self.account.name, password)
        await self._attempts.open_password(password.get_secret_value(), fingerprint)
        return password

    async def answer_prompt(self) -> None:
        """Give user id and password with the portal's requests; recorded as `password()` is."""
        await self._attempts.answer_prompt(self.page, self.address, self.account.username, await self.password())

    async def new_password(self) -> SecretStr:
        """The pending password, marked as on its way."""
        self._must_be_private("new password")
        pending = await aside(self._vault.mark_pending, self.account.name, self.run_id, "submitting")
        await self._attempts.open_new_password(pending.password.get_secret_value())
        return pending.password

    async def expect_letter(self) -> None:
        """Count the letter, and remember which are there."""
        await self._challenge.expect_letter()

    async def letter(self) -> SecretStr:
        """The link or code of the letter that came since."""
        self._must_be_private("letter")
        return await self._challenge.letter()

    async def expect_code(self, way: CodeWay) -> None:
        """Count the code that is about to be sent, and remember what is there."""
        await self._challenge.expect_code(way)

    async def code(self, way: CodeWay = CodeWay.AUTHENTICATOR) -> SecretStr:
        """A code that was never used before."""
        self._must_be_private("code")
        return await self._challenge.code(way)

    def submitted(self) -> bool:
        """Whether the gate saw the secret leave."""
        return self._attempts.submitted

    async def security_answer(self, question: str) -> SecretStr:
        """The answer, once in a sign-in. Asking for it tells that password and code were taken."""
        self._must_be_private("security answer")
        if self._answers_left < 1:
            raise SecurityQuestionAsked("the portal asks a security question again after an answer")
        self._answers_left -= 1
        await self._attempts.settle_taken()
        answer = (await aside(self._vault.get, self.account.name)).answer_to(question)
        if answer is None:
            raise SecurityQuestionAsked("the portal asks a security question to which the vault has no answer")
        fingerprint = self._vault.answer_fingerprint(self.account.name, question, answer)
        await self._attempts.open_answer(answer.get_secret_value(), fingerprint)
        return answer

    async def listed(self, payments: Sequence[ListedPayment]) -> Allowed:
        """Tell the Desk, which knows what is on disk and what comes another way."""
        return await self._desk.listed(self.payer.name, tuple(payments))

    async def keep(self, download: Download, *payments: ListedPayment) -> KeptEra:
        """Seal what came and hand it to the Desk."""
        return await arrivals.keep(download, payments, self.payer.name, self._desk, self._key)

    async def notice(self, kind: str, words: str = "") -> None:
        """Record something worth knowing that is no failure."""
        await self._desk.notice(kind, words)
        await self.witness.noticed(self.page, kind)

    async def sign_in(self, passwords: int) -> SignIn:
        """Run the portal's login flow with at most `passwords` submissions, and settle what became of its secrets."""
        self._payer, self._passwords_left, self._answers_left = None, passwords, 1
        self._attempts.typed_password = False
        try:
            with translated("sign in", self._attempts.handed_out):
                await self.portal.login(self)
        except BaseException as error:
            await self._attempts.settle_failed(error)
            if isinstance(error, PasswordExpired):  # it was taken all the same
                await self._settle_pending()
            raise
        finally:
            self._challenge.over()
        await self._attempts.settle_taken()
        await self._settle_pending()
        return SignIn.PASSWORD if self.typed_password else SignIn.STORED

    async def _settle_pending(self) -> None:
        """A password that was taken tells which of two is in force; the vault puts the other one into the history."""
        name = self.account.name
        pending = (await aside(self._vault.get, name)).pending if self.typed_password else None
        if pending and self.candidate is Candidate.PENDING:
            await aside(self._vault.promote, name, pending.run_id)
        elif pending and pending.state != "stored":
            await aside(self._vault.discard_pending, name, pending.run_id)

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
            with translated(what, self._attempts.handed_out):
                await flow(self)
        except BaseException as error:
            await self._attempts.settle_failed(error)
            if isinstance(error, NewPasswordRefused):
                await aside(self._vault.mark_pending, self.account.name, self.run_id, "declined")
            raise
        finally:
            self._challenge.over()
        await self._attempts.settle_password(Verdict.ACCEPTED)
        await aside(self._vault.mark_pending, self.account.name, self.run_id, "submitted")

    async def assist(self, person: Person) -> SignIn:
        """Let a person act at the portal until they say that they are done; how they are signed in then.

        What they submit counts as the worker's own submissions do. Raises `AccountHeld` when they are not signed in at
        the end, or what the portal shows instead.
        """
        watch = Watch(self.page.context, self._attempts.line, self._by_hand, person.tell)
        await watch.begin()
        try:
            with translated("open the portal"):
                await self.page.goto(self.address, wait_until="commit")
            await person.act(self.page)
        finally:
            await watch.end()
        by_hand = self.typed_password
        with translated("go on after the person"):
            if self.page.is_closed():
                self.page = await self.page.context.new_page()
        try:
            await self.sign_in(0)
        except ScreenNotRecognised:
            raise AccountHeld(f"{self.account.name}: nobody was signed in when the window was left") from None
        return SignIn.PASSWORD if by_hand else SignIn.STORED

    async def _by_hand(self, password: str) -> None:
        """A person is about to submit a password: settle the one before, and ask the guard."""
        fingerprint = self._vault.fingerprint(self.account.name, SecretStr(password))
        await self._attempts.open_by_hand(password, fingerprint)
        credential = await aside(self._vault.get, self.account.name)
        pending = credential.pending.password.get_secret_value() if credential.pending else None
        self.candidate = Candidate.PENDING if password == pending else Candidate.CURRENT
        if password not in (pending, credential.password.get_secret_value()):
            await self._desk.notice("a password that is not in the vault was typed", "")

    async def sealed_state(self) -> str:
        """What keeps the account signed in, sealed, as text."""
        return await kept_state.sealed(self.page, self._key)

    def _must_be_private(self, what: str) -> None:
        if not self._private:
            raise RuntimeError(f"a {what} may only be read inside a private step")
