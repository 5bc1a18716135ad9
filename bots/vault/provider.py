"""What the vault needs of the store in which an account's secrets lie: its own age files, or a credential manager.

A store keeps one item per account and knows nothing of resets. The vault (`bots.vault.store`) makes of it `get`,
`put_pending` and `promote`, the same for every store, with a second copy of each new password in a file of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from pydantic import SecretStr

from bots import now
from bots.sealing import Unreadable
from bots.vault.credential import Credential, decode, encode
from bots.vault.given import plain_totp_secret
from flows.errors import InputError, VaultError, VaultUnavailable

NOTEBOOK = "portalkeeper"
OLD_PASSWORDS = 8  # in an item of somebody else's store; managers limit a field to some thousand characters
SECONDS = 10.0


class Conflict(VaultError):
    """The item was changed by somebody else since it was read; nothing was written."""


@dataclass(frozen=True)
class Capabilities:
    """What a store does by itself.

    `compare_and_set`: a change made since the item was read is never overwritten. `history`: it keeps older passwords,
    for people. `durable_ack`: what it has acknowledged is kept; else the vault reads each change back.
    """

    compare_and_set: bool
    history: bool
    durable_ack: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """An item as it was read: the account's secrets, its version, and the store's own form of it, never shown."""

    credential: Credential
    version: str = ""
    username: str = ""
    raw: Any = field(repr=False, compare=False, default=None)


class Provider(Protocol):
    """A store. Everything it raises is one of ours, without a secret and without the store's own words.

    `InputError` for an item that is missing, ambiguous or lacks a field, `VaultUnavailable` when there is no answer
    or a change was not confirmed, `VaultRefused` when the worker has no access, `Conflict` for a lost race.
    """

    capabilities: Capabilities

    def get(self, account: str, item: str) -> Entry:
        """The item of `account`, in one round trip."""

    def put(self, entry: Entry, item: str, new: Credential) -> None:
        """Replace the secrets of an item that was read before; on return they are there."""

    def create(self, item: str, username: str, new: Credential) -> str:
        """Make an item called `item` and return by what it is known from now on; InputError if there is one."""

    def stamps(self, items: Iterable[str]) -> Mapping[str, str]:
        """By what a change of each item shows, without reading a secret where the store can tell."""

    def check(self) -> str:
        """What can be said of the store without an item of it; raises what `get` would."""


def notebook_of(credential: Credential) -> str:
    """What the worker keeps in an item beside the fields that people use: all it knows, older passwords cut short."""
    return encode(credential.model_copy(update={"history": credential.history[:OLD_PASSWORDS]})).decode()


def credential_of(
    account: str, source: str, *, password: str, totp: str, notebook: str, changed_at: datetime | None
) -> Credential:
    """The secrets of `account` by an item's fields; those that people see win over the notebook.

    `changed_at` is when the item was changed. A password that somebody put there by hand is in force since then, and
    the one that the notebook knew becomes history.
    """
    at = changed_at or now.utc()
    there = SecretStr(password)
    credential = Credential(account=account, password=there, password_set_at=at)
    if notebook:
        try:
            credential = decode(notebook.encode(), account, source).with_password(there, at)
        except Unreadable as error:
            raise Unreadable(f"{error} (it is about the field {NOTEBOOK})") from None
    return credential.model_copy(update={"totp_secret": _plain(totp) if totp else None})


def _plain(totp: str) -> SecretStr:
    """As the vault keeps it; what is no authenticator secret is told by `vault check`."""
    try:
        return plain_totp_secret(SecretStr(totp))
    except InputError:
        return SecretStr(totp)


def text_of(value: Any, name: str, source: str) -> str:
    """A field's text, empty when it is missing; InputError when it is something else."""
    if not isinstance(value, str | None):
        raise InputError(f"{source}: its {name} is not text")
    return value or ""


@contextmanager
def no_answer(source: str, *errors: type[Exception]) -> Iterator[None]:
    """Turn a client library's own errors into `VaultUnavailable`, without their words."""
    try:
        yield
    except errors as error:
        raise VaultUnavailable(f"{source}: no answer ({type(error).__name__})") from None
