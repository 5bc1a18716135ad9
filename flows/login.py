"""Signing in: leave the session on the portal's home screen."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

from flows.session import Session


class Login(Protocol):
    """A portal's way in.

    Reuses what the browser context already holds; asks for the password only when the portal does. Ends on
    the home screen or raises one of `flows.errors`.
    """

    def __call__(self, session: Session, /) -> Awaitable[None]:
        """Sign in."""
