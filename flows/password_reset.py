"""New passwords: changed by an account that can still sign in, or recovered by a letter when it can't."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

from flows.session import Session


class ResetPassword(Protocol):
    """A portal's change form, reached by signing in, or in place of home when the password has expired.

    Types the password in force and the new one, which is stored before it is typed. Returns when the portal says
    that it took the new one. Raises `NewPasswordRefused` when the portal says that it did not.
    """

    def __call__(self, session: Session, /) -> Awaitable[None]:
        """Change it."""


class RecoverPassword(Protocol):
    """A portal's way back for a forgotten password: it sends a letter with a link or a code.

    Asks for the letter, waits for it, makes sure that the form is this account's, and types the new password, which
    is stored before it is typed. Returns when the portal says that it took it. Raises `CodeNotReceived` when no letter
    came, `CodeRejected` when its link or code is worth nothing (any more), `NewPasswordRefused` as above.
    """

    def __call__(self, session: Session, /) -> Awaitable[None]:
        """Recover it."""
