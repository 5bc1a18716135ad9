"""Time-based one-time codes, RFC 6238: SHA-1, six digits, steps of 30 seconds."""

import base64
import binascii
import hashlib
import hmac

STEP_SECONDS = 30


def code_at(secret: str, step: int) -> str:
    """The six digits that `secret` (base32) shows during time step `step`."""
    key = base64.b32decode(secret, casefold=True)
    digest = hmac.new(key, step.to_bytes(8, "big"), hashlib.sha1).digest()
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def matching_step(secret: str, code: str, now: float) -> int | None:
    """The time step `code` belongs to, one step either side of `now` accepted."""
    if not (code.isascii() and code.isdigit()):
        return None
    current = int(now // STEP_SECONDS)
    near = (current, current - 1, current + 1)
    return next((step for step in near if hmac.compare_digest(code_at(secret, step), code)), None)


def is_secret(text: str) -> bool:
    """Whether `text` is base32 that decodes without padding of our own."""
    try:
        return len(base64.b32decode(text, casefold=True)) > 0
    except (binascii.Error, ValueError):
        return False
