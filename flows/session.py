"""What a flow is handed: a page on which it is, or will be, signed in, and nothing else of the machine."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Protocol

from pydantic import SecretStr

from flows.parties import Account, CodeWay, Payer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.async_api import Download, Page

    from flows.era_download import Allowed, KeptEra, ListedPayment


class Session(Protocol):
    """One account's seat at one portal, for as long as its browser context lives."""

    @property
    def page(self) -> Page:
        """The page that belongs to this session."""

    @property
    def address(self) -> str:
        """The portal's origin, such as `https://portal.example`, without a slash at the end."""

    @property
    def account(self) -> Account:
        """The login this session uses."""

    @property
    def payer(self) -> Payer:
        """The payer the current question is for.

        Raises `LookupError` during a sign-in, which belongs to the portal and not to a payer.
        """

    async def password(self) -> SecretStr:
        """The account's password, granted for one submission and recorded before it is returned.

        Only inside a private step. Raises `AccountHeld` when the guard does not allow it.
        """

    async def answer_prompt(self) -> None:
        """From now on give user id and password with the page's requests to the portal's address (RFC 7617).

        For a portal that asks by the browser's own prompt, and with each request. The password is granted for one
        submission and recorded before this returns; once it was taken it goes out with one request at a time, and with
        none any more after one that was refused or got no answer. Only inside a private step. Raises as `password()`.
        """

    async def new_password(self) -> SecretStr:
        """The password that is to be in force, stored durably and marked as on its way before it is returned.

        Only inside a private step; for a change, after `password()` in the same step.
        """

    async def expect_letter(self) -> None:
        """Record that the portal is about to be asked for a letter. Letters that are there already don't count.

        Raises `AccountHeld` when the portal was asked often enough today.
        """

    async def letter(self) -> SecretStr:
        """The link or the code of the letter that was asked for. Only inside a private step.

        Raises `CodeNotReceived` when none came in time, or none that can be believed.
        """

    async def expect_code(self, way: CodeWay) -> None:
        """Record that the portal is about to send a code. What is there already doesn't count.

        Nothing happens for an account that takes no codes that way, nor for a code that is not sent. Raises
        `AccountHeld` when the portal was asked often enough, and `CodeNotReceived` when nothing could come; then
        nothing may be asked for.
        """

    async def code(self, way: CodeWay = CodeWay.AUTHENTICATOR) -> SecretStr:
        """A fresh one-time code, recorded as spent before it is returned. Only inside a private step.

        One that is sent was expected before (`expect_code`). Raises `CodeNotReceived` when none came in time, or none
        that can be believed, and `CodesExhausted` when no unused one is left.
        """

    async def security_answer(self, question: str) -> SecretStr:
        """The answer to a security question, granted for one submission and recorded before it is returned.

        Only inside a private step, and once in a sign-in. `question` is as the portal words it. Raises
        `SecurityQuestionAsked` when no answer is stored, or none may be submitted.
        """

    def submitted(self) -> bool:
        """Whether the secret that is on the page has left the browser in a request, as far as one shows it."""

    def step(self, name: str, *, private: bool = False) -> AbstractAsyncContextManager[None]:
        """Name what is being done.

        A private step handles secrets: it leaves no trace, and lets one submission of each secret out.
        """

    async def listed(self, payments: Sequence[ListedPayment]) -> Allowed:
        """Record what a list of payments shows; what may be done with them. Before any is downloaded or marked."""

    async def keep(self, download: Download, *payments: ListedPayment) -> KeptEra:
        """Put a downloaded file, which is that of these payments, on disk: sealed, fsynced and in the inventory.

        What follows a download, such as marking it, comes after this. Raises `AnswerUnreadable` for what is no file of
        remittances.
        """

    async def notice(self, kind: str, words: str = "") -> None:
        """Record something worth knowing that is no failure, such as drift of a locator."""
