"""What a person may hand to the vault, checked before it is kept. Nothing given is ever repeated in a message."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from bots.vault.credential import question_key
from flows.errors import InputError

_IMPOSSIBLE_REMAINDERS = {1, 3, 6}  # no number of bytes has so many base32 characters over a multiple of 8
_LEAST_CHARACTERS = 16  # 80 bits, what older authenticators hand out; a pasted six-digit code is no secret
_UNTYPABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_ORDINARY = {"algorithm": "SHA1", "digits": "6", "period": "30"}


def check_password(password: SecretStr) -> SecretStr:
    """Return `password` unless it is empty or holds what a careless paste brings: line breaks, broken encoding."""
    text = password.get_secret_value()
    if not text:
        raise InputError("the password is empty; nothing was stored")
    if _UNTYPABLE.search(text):
        raise InputError("the password holds a line break or another character that can't be typed; nothing was stored")
    return password


class _Answer(BaseModel):
    """One line of `read_answers`."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    question: str
    answer: SecretStr


def read_answers(lines: Iterable[str]) -> dict[str, SecretStr]:
    """Security answers by question, from JSON lines with "question" and "answer"; InputError names the wrong line."""
    answers: dict[str, SecretStr] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                given = _Answer.model_validate_json(line)
            except ValidationError:
                expected = '{"question": "...", "answer": "..."}'
                raise InputError(f"line {number}: expected {expected}; nothing was stored") from None
            answers[given.question] = given.answer
    return answers


def check_answers(answers: Mapping[str, SecretStr]) -> Mapping[str, SecretStr]:
    """Return security answers unless a question is blank, or one holds what can't be typed into a field."""
    if not all(question_key(question) for question in answers):
        raise InputError("a security question is empty; nothing was stored")
    if any(_UNTYPABLE.search(question + answer.get_secret_value()) for question, answer in answers.items()):
        raise InputError(
            "a security question or its answer holds a line break or another character that can't be typed; "
            "nothing was stored"
        )
    return answers


def plain_totp_secret(given: SecretStr) -> SecretStr:
    """The authenticator secret as plain base32, upper case, unpadded, from a typed one or an otpauth:// address.

    Spaces, dashes and case don't matter. InputError if it isn't base32, has under 16 characters, or belongs to
    another kind of authenticator than the portals' (SHA-1, 6 digits, 30 seconds): its codes would all be refused.
    """
    text = given.get_secret_value().strip()
    if text.lower().startswith("otpauth:"):
        text = _from_address(text)
    secret = re.sub(r"[\s-]", "", text).rstrip("=").upper()
    if not is_plain_base32(secret):
        raise InputError(
            "not an authenticator secret: it has 16 or more of the letters A-Z and digits 2-7; copy the set-up key "
            "or the otpauth:// address, not a six-digit code"
        )
    return SecretStr(secret)


def is_plain_base32(secret: str) -> bool:
    """Whether `secret` is base32 as the vault keeps it, long enough for an authenticator."""
    if not re.fullmatch(r"[A-Z2-7]+", secret) or len(secret) % 8 in _IMPOSSIBLE_REMAINDERS:
        return False
    return len(secret) >= _LEAST_CHARACTERS


def _from_address(address: str) -> str:
    """The secret of an otpauth:// address (Google's Key Uri Format)."""
    try:
        parts = urlsplit(address)
        given = {name.lower(): values[-1] for name, values in parse_qs(parts.query).items()}
    except ValueError:
        raise InputError("the otpauth:// address is malformed; copy it again") from None
    if parts.netloc.lower() != "totp":
        raise InputError("the otpauth:// address is not for time-based codes (totp); add that kind at the portal")
    for name, value in _ORDINARY.items():
        if given.get(name, value).upper() != value:
            raise InputError(f"the otpauth:// address asks for another {name} than {value}, which isn't supported")
    return given.get("secret", "")
