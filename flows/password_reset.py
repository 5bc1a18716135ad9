"""Changing the password of an account that can still sign in."""

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
