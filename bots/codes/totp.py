"""Codes of an authenticator app (RFC 6238: SHA-1, 6 digits, steps of 30 seconds)."""

from __future__ import annotations

import asyncio
import base64
import binascii
from datetime import datetime

from pydantic import SecretStr

from bots import now
from flows.errors import InputError

STEP_SECONDS = 30
STEPS_AHEAD = 2  # a code spent later than that was spent by a clock set wrong, and is not waited for
_LEAST_SECONDS_LEFT = 5
_POLL_SECONDS = 0.2
_PYOTP_LEAST_BYTES = 14


class Totp:
    """The authenticator of one account. A portal takes each time step's code once, so steps are the unit here."""

    def __init__(self, secret: SecretStr) -> None:
        """Take `secret` as the vault keeps it (base32); InputError, without repeating it, if it is something else."""
        self._secret = SecretStr(_long_enough(secret.get_secret_value()))

    def step_at(self, instant: datetime) -> int:
        """The number of the time step that `instant` (aware) falls into, counted from 1970."""
        if instant.tzinfo is None:
            raise ValueError("an instant has a time zone")
        return int(instant.timestamp()) // STEP_SECONDS

    def code_for(self, step: int) -> SecretStr:
        """The six digits of time step `step`."""
        import pyotp  # here, to keep it out of the program's start

        return SecretStr(pyotp.TOTP(self._secret.get_secret_value()).generate_otp(step))

    async def next_usable_step(self, after: int | None) -> int:
        """Wait for a time step later than `after` (the last one spent, if any) with 5 s left, and return it.

        The wait follows `now.utc()`, so a moved clock ends it at once; it never lasts longer than three steps.
        """
        while True:
            instant = now.utc()
            step = self.step_at(instant)
            left = STEP_SECONDS - instant.timestamp() % STEP_SECONDS
            if left >= _LEAST_SECONDS_LEFT and (after is None or not step <= after <= step + STEPS_AHEAD):
                return step
            await asyncio.sleep(_POLL_SECONDS)


def _long_enough(secret: str) -> str:
    """`secret` in a length that pyotp accepts, with the same codes.

    pyotp 2.12 refuses keys under 112 bits, but many portals hand out 16 characters (80 bits). HMAC itself fills a key
    up with zero bytes to the hash's block of 64 bytes (RFC 2104, section 2), so zero bytes added here change no code.
    """
    try:
        key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    except binascii.Error:
        raise InputError("the authenticator secret is not base32; set it again: pk vault set ACCOUNT --totp") from None
    return base64.b32encode(key.ljust(_PYOTP_LEAST_BYTES, b"\0")).decode()
