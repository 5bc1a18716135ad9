"""What the vault knows about one account, and how it is written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, SecretStr, ValidationError

from bots.sealing import Unreadable
from flows.errors import InputError

HISTORY_LENGTH = 24
_ACCOUNT_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def is_account_name(name: str) -> bool:
    """Whether `name` can name an account, and so a file."""
    return _ACCOUNT_NAME.fullmatch(name) is not None


def check_account_name(name: str) -> str:
    """Return `name` if it can name an account: a-z, 0-9 and dashes, 63 at most, no dash first."""
    if not is_account_name(name):
        raise InputError(f"{name[:64]!r} can't name an account: use a-z, 0-9 and dashes, 63 at most, no dash first")
    return name


class _Secretive(BaseModel):
    """A value that shows nothing of itself, in representations and in validation errors.

    Not `flows.parties.Record`, which strips spaces: a password's spaces belong to it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        return iter(())


class OldPassword(_Secretive):
    """A password that was replaced, and when it had been set."""

    password: SecretStr
    set_at: AwareDatetime


PendingState = Literal["stored", "submitting", "submitted", "declined"]


class Pending(_Secretive):
    """A new password that is not in force yet: written before it is typed, so that it can't be lost.

    `kind` is *change* (signed in, with the old one) or *forgot* (by a link or code). *stored* means that no portal
    has seen it; *submitting* that one may have; *submitted* that the portal said it took it; *declined* that the
    portal said it did not, which is no proof: an earlier submission may have arrived.
    """

    password: SecretStr
    kind: Literal["change", "forgot"]
    state: PendingState = "stored"
    run_id: str
    at: AwareDatetime


class Credential(_Secretive):
    """One account's secrets: the password in force, the authenticator secret (plain base32) and older passwords.

    `history` has the newest first, 24 at most. `security_answers` are by question, as the portal words it, with case
    and spaces kept. `version` is the version of the file's format.
    """

    version: Literal[1] = 1
    account: str
    password: SecretStr
    password_set_at: AwareDatetime
    totp_secret: SecretStr | None = None
    history: tuple[OldPassword, ...] = ()
    pending: Pending | None = None
    security_answers: dict[str, SecretStr] = {}

    def answer_to(self, question: str) -> SecretStr | None:
        """The answer to a security question, known in whatever case, spacing and with or without its question mark."""
        asked = question_key(question)
        return next((answer for known, answer in self.security_answers.items() if question_key(known) == asked), None)

    def with_answers(self, given: Mapping[str, SecretStr]) -> Credential:
        """A copy that has these answers too, each in the place of another to its question; an empty one goes."""
        pairs = (*self.security_answers.items(), *given.items())
        latest = {question_key(question): (question, answer) for question, answer in pairs}
        kept = {question: answer for question, answer in latest.values() if answer.get_secret_value()}
        return self.model_copy(update={"security_answers": kept})

    def with_password(self, password: SecretStr, at: AwareDatetime) -> Credential:
        """A copy with `password` in force since `at`, the old one in its history; the same password changes nothing."""
        if password == self.password:
            return self
        kept = self.with_old(self.password, self.password_set_at)
        return kept.model_copy(update={"password": password, "password_set_at": at})

    def knows(self, password: SecretStr) -> bool:
        """Whether it is the password in force, or was."""
        return password in (self.password, *(old.password for old in self.history))

    def with_old(self, password: SecretStr, set_at: datetime) -> Credential:
        """A copy with `password` on top of its history."""
        history = (OldPassword(password=password, set_at=set_at), *self.history)[:HISTORY_LENGTH]
        return self.model_copy(update={"history": history})


def question_key(question: str) -> str:
    """By what two wordings of a security question are known as one."""
    return " ".join(question.casefold().split()).removesuffix("?").rstrip()


def encode(credential: Credential) -> bytes:
    """The JSON of a vault file, secrets in clear: to be sealed at once."""
    return json.dumps(credential.model_dump(mode="python"), default=_in_clear).encode()


def decode(data: bytes, account: str, source: str) -> Credential:
    """Read the JSON of the vault file `source`; Unreadable if it isn't `account`'s entry in a format we know."""
    try:
        credential = Credential.model_validate_json(data)
    except ValidationError:
        raise Unreadable(
            f"{source}: not a vault entry of this version; restore it from a backup or update Portalkeeper"
        ) from None
    if credential.account != account:
        raise Unreadable(f"{source}: the entry of another account; restore the right file from a backup")
    return credential


def encode_pending(pending: Pending) -> bytes:
    """The JSON of a pending password's second file, in clear: to be sealed at once."""
    return json.dumps(pending.model_dump(mode="python"), default=_in_clear).encode()


def decode_pending(data: bytes) -> Pending:
    """Read what `encode_pending` made."""
    return Pending.model_validate_json(data)


def _in_clear(value: SecretStr | datetime) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else value.isoformat()
