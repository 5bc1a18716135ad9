"""The attempts of one session: each granted before its secret is handed out, and closed with a verdict after it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from pydantic import SecretStr

from bots.desk import Desk, Verdict
from bots.gate import Gate, values
from bots.prompt import Prompt
from bots.relay import Line
from flows.errors import (
    CodeRejected,
    InvalidCredentials,
    NewPasswordRefused,
    PasswordExpired,
    PortalkeeperError,
    PortalUnavailable,
    ScreenNotRecognised,
    SecurityQuestionAsked,
)

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page


class Attempts:
    """At most one open attempt of a password, an answer and a code, and the gate around what is on the page.

    `handed_out` are the secrets that no message may repeat. `typed_password` tells whether one was granted since it
    was last set to false. Each submission goes out once on the `line`.
    """

    def __init__(self, context: BrowserContext, line: Line, desk: Desk, telemetry: frozenset[str]) -> None:
        self.line = line
        self.handed_out: set[str] = set()
        self.typed_password = False
        self._context = context
        self._desk = desk
        self._telemetry = telemetry
        self._typed: str | None = None
        self._proved: str | None = None
        self._gate: Gate | None = None
        self._password: int | None = None
        self._answer: int | None = None
        self._code: int | None = None
        self._again: int | None = None
        self._prompt: Prompt | None = None
        self._held: PortalkeeperError | None = None
        self._ending = asyncio.Lock()
        self._submissions = 0

    @property
    def submitted(self) -> bool:
        """Whether the secret that is on the page was seen to leave."""
        return self._gate is not None and self._gate.carried

    async def open_password(self, password: str, fingerprint: str) -> None:
        """Ask leave to submit a password once, and close the gate for it."""
        grant = await self._desk.grant_password(fingerprint, proved=fingerprint == self._proved)
        self._password, self.typed_password, self._typed = grant.attempt, True, fingerprint
        await self._close_gate(password)

    async def open_by_hand(self, password: str, fingerprint: str) -> None:
        """Ask leave for a password that a person is about to submit; the one before got no verdict."""
        await self.settle_password(Verdict.UNKNOWN)
        self.handed_out.add(password)
        grant = await self._desk.grant_password(fingerprint, proved=False)
        self._password, self.typed_password, self._typed = grant.attempt, True, fingerprint
        self._submissions = 1

    async def answer_prompt(self, page: Page, address: str, user: str, password: SecretStr) -> None:
        """Give user id and password, which was granted, with the requests of a page to the portal's own address."""
        if self._prompt:
            raise ScreenNotRecognised("the portal asks by the browser's prompt again after taking an answer")
        self._prompt = Prompt(
            page, self.line, address, f"{user}:{password.get_secret_value()}", self._may_present, self._refused
        )
        self.handed_out.add(self._prompt.token)
        await self._prompt.begin()

    async def _may_present(self) -> bool:
        """Whether the password that was taken may go out with another request. The guard is asked once in a session."""
        if self._password is None and self._again is None:
            if self._proved is None:
                return False
            try:
                self._again = (await self._desk.grant_password(self._proved, proved=True)).attempt
            except PortalkeeperError as error:
                self._held = error
        return self._held is None

    async def _refused(self) -> None:
        with suppress(PortalkeeperError):  # a stale lease: then nothing is to be said any more
            await self.over()

    async def open_new_password(self, password: str) -> None:
        """Hold back a new password until its one submission: together with the one in force, or alone."""
        if self._gate:
            self.handed_out.add(password)
            self._gate.watch(password)
        else:
            await self._close_gate(password)

    async def open_code(self, code: str, time_step: int | None = None, fingerprint: str | None = None) -> None:
        """Ask leave to submit a code once, of a time step or by its fingerprint, and close the gate for it."""
        grant = await self._desk.grant_code(time_step, fingerprint)
        self._code = grant.attempt
        await self._close_gate(code)

    async def open_answer(self, answer: str, fingerprint: str) -> None:
        """Ask leave to submit the answer to a security question once, and close the gate for it."""
        grant = await self._desk.grant_answer(fingerprint)
        self._answer = grant.attempt
        await self._close_gate(answer, values)  # an everyday word

    async def settle_password(self, verdict: Verdict) -> None:
        """Close the password's attempt, if one is open."""
        if self._password is not None:
            await self.open_gate()
            attempt, self._password = self._password, None
            self._proved = self._typed if verdict is Verdict.ACCEPTED else None
            await self._desk.close_attempt(attempt, verdict, self._submissions)

    async def settle_code(self, verdict: Verdict) -> None:
        """Close the code's attempt, if one is open."""
        if self._code is not None:
            await self.open_gate()
            attempt, self._code = self._code, None
            await self._desk.close_attempt(attempt, verdict, self._submissions)

    async def settle_answer(self, verdict: Verdict) -> None:
        """Close the answer's attempt, if one is open."""
        if self._answer is not None:
            await self.open_gate()
            attempt, self._answer = self._answer, None
            await self._desk.close_attempt(attempt, verdict, self._submissions)

    async def settle_taken(self) -> None:
        """The portal went on: it took whatever was submitted."""
        await self.settle_password(Verdict.ACCEPTED)
        await self.settle_answer(Verdict.ACCEPTED)
        await self.settle_code(Verdict.ACCEPTED)

    async def settle_failed(self, error: BaseException) -> None:
        """After a failed flow: what the error proves of the secrets, and else what left the browser."""
        await self.open_gate()
        if isinstance(error, InvalidCredentials):
            await self.settle_password(Verdict.REFUSED)
        elif isinstance(error, (PasswordExpired, NewPasswordRefused)):
            await self.settle_taken()
        elif isinstance(error, CodeRejected):
            await self.settle_code(Verdict.REFUSED)
        elif isinstance(error, SecurityQuestionAsked):
            await self.settle_answer(Verdict.REFUSED)
        unproved = Verdict.UNKNOWN if self._submissions else Verdict.NOT_SUBMITTED
        await self.settle_password(unproved)
        await self.settle_answer(unproved)
        await self.settle_code(unproved)

    async def over(self) -> None:
        """Nothing goes out any more: record what became of the password that went out with each request."""
        async with self._ending:
            if self._prompt and self._again is not None:
                await self._desk.close_attempt(self._again, self._prompt.verdict, 1)
                self._again = None

    def explained(self, error: BaseException) -> BaseException:
        """`error`, or what the guard or the portal's answers to the submissions say better."""
        if self._held and isinstance(error, Exception):
            return self._held
        if self._prompt and self._prompt.verdict is Verdict.REFUSED and isinstance(error, Exception):
            return InvalidCredentials("the portal's prompt refuses the password", screen="Prompt")
        if isinstance(error, ScreenNotRecognised) and self._gate and self._gate.status >= 500:
            return PortalUnavailable(f"the portal answered the submission with status {self._gate.status}")
        return error

    def lock(self) -> None:
        """After a failure: let nothing out any more that could carry the secret on the page."""
        if self._gate:
            self._gate.lock()

    async def shut(self, page: Page) -> None:
        """After a failure with a secret on the page: close the page behind the closed gate, so that nothing follows."""
        if self._gate:
            self._gate.lock()
            try:
                await page.close()
            except Exception:  # noqa: BLE001 - whatever happened, that nothing left is not certain
                self._gate.uncertain()

    async def open_gate(self) -> None:
        """Let everything through again, and remember what went out."""
        if self._gate:
            gate, self._gate = self._gate, None
            await gate.open()
            self._submissions = gate.submissions
        if self._prompt:
            self._prompt.go_on()

    async def _close_gate(self, secret: str, spelled: Callable[[str], frozenset[str]] | None = None) -> None:
        await self.open_gate()
        self._submissions = 0
        self.handed_out.add(secret)
        self._gate = Gate(self._context, self.line, secret, self._telemetry, spelled)
        await self._gate.close()
