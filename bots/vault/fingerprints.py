"""Keyed hashes: how a password or a row with member data is recognised again where neither may be kept.

The key is random, made with the vault and sealed beside its entries. Losing it would make every refused password look
new, so a vault without it does not open.
"""

from __future__ import annotations

import hmac
import os
from pathlib import Path

from pydantic import SecretStr

from bots import disk
from bots.sealing import Key, Unreadable, read_sealed, seal

FILE_NAME = "fingerprint.key.age"
_KEY_BYTES = 32
_FINGERPRINT_BYTES = 16


class Fingerprints:
    """Hashes under one vault's key, HMAC-SHA256; each purpose has a key of its own derived from it."""

    def __init__(self, key: bytes) -> None:
        """Derive the keys from the vault's 32 random bytes."""
        self._of_passwords = hmac.digest(key, b"portalkeeper password fingerprint 1", "sha256")
        self._of_answers = hmac.digest(key, b"portalkeeper answer fingerprint 1", "sha256")
        self._of_data = hmac.digest(key, b"portalkeeper keyed hash 1", "sha256")

    def of_password(self, account: str, password: SecretStr) -> str:
        """32 hex digits that stay the same for this account and password, and differ for any other pair."""
        return _fingerprint(self._of_passwords, account, password.get_secret_value())

    def of_answer(self, account: str, question: str, answer: SecretStr) -> str:
        """The same for the answer to a security question."""
        return _fingerprint(self._of_answers, account, question, answer.get_secret_value())

    def of_data(self, data: bytes) -> str:
        """64 hex digits for `data`."""
        return hmac.digest(self._of_data, data, "sha256").hex()


def create(folder: Path, key: Key) -> None:
    """Make the vault's fingerprint key in `folder`; FileExistsError if there is one."""
    disk.create_durably(folder / FILE_NAME, seal(os.urandom(_KEY_BYTES), key))


def load(folder: Path, key: Key) -> Fingerprints:
    """Open the fingerprint key of the vault in `folder`; Unreadable if it is missing or can't be opened."""
    path = folder / FILE_NAME
    opened = read_sealed(path, key)
    if opened is None:
        raise Unreadable(f"{path}: missing; restore it from a backup, or run `portalkeeper init` for a new vault")
    if len(opened) != _KEY_BYTES:
        raise Unreadable(f"{path}: not a fingerprint key; restore it from a backup")
    return Fingerprints(opened)


def _fingerprint(key: bytes, *parts: str) -> str:
    message = b"".join(_with_length(part.encode()) for part in parts)
    return hmac.digest(key, message, "sha256")[:_FINGERPRINT_BYTES].hex()


def _with_length(data: bytes) -> bytes:
    """Length first, so that no two pairs run together into the same bytes."""
    return len(data).to_bytes(8, "big") + data
