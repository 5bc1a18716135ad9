"""The vault: where the secrets of each account lie, how a new password comes into force, and the fingerprints."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import EllipsisType
from typing import Literal

from pydantic import SecretStr

from bots import now
from bots.desk import Candidate
from bots.sealing import Key, Unreadable, read_sealed, write_sealed
from bots.vault import fingerprints
from bots.vault.credential import (
    Credential,
    Pending,
    PendingState,
    check_account_name,
    decode_pending,
    encode_pending,
    question_key,
)
from bots.vault.given import check_answers, check_password, is_plain_base32, plain_totp_secret
from bots.vault.places import EMBEDDED, Places
from bots.vault.provider import Entry
from bots.vault.stores import Stores, there
from flows.errors import InputError, VaultError


@dataclass(frozen=True, slots=True)
class Check:
    """What can be said about an entry without its secrets; `problem` is empty when all is well."""

    account: str
    problem: str = ""
    password_set_at: datetime | None = None
    totp: Literal["none", "set", "invalid"] = "none"
    old_passwords: int = 0
    security_answers: int = 0
    vault: str = EMBEDDED


class Vault:
    """The vault in `folder`, opened with `key`. Safe to use from several threads and processes at once.

    What `places` says lies in a credential manager is read from there each time, and never kept here. The lock of each
    account, the fingerprint key and the second copy of a new password are in the folder whatever the store.
    """

    def __init__(self, folder: Path, key: Key, places: Places | Path | None = None) -> None:
        """Touches nothing yet; `create_vault` makes one."""
        self.folder = folder
        self.stores = Stores(folder, key, places or Places(), self.prove_key)
        self._key = key

    def get(self, account: str) -> Credential:
        """The secrets of `account`; InputError if there are none, Unreadable if they can't be opened.

        `VaultError` when a credential manager can't be asked. A new password that is only in its second file belongs to
        them too: the entry was put back from an older copy.
        """
        return self._with_twin(self._entry(account).credential)

    def _entry(self, account: str) -> Entry:
        at = self.stores.password_at(account)
        entry = at.store.get(account, at.item)
        if not entry.credential.password.get_secret_value():
            raise InputError(f"the entry of {account} holds no password: put it there, or correct vaults.toml")
        return entry

    def _with_twin(self, credential: Credential) -> Credential:
        twin = self._twin(credential.account) if credential.pending is None else None
        if twin is None or credential.knows(twin.password):
            return credential
        return credential.model_copy(update={"pending": twin})

    def _twin(self, account: str) -> Pending | None:
        with suppress(Unreadable):
            return self.journalled(account) if self._journal(account).exists() else None
        return None

    def totp_secret(self, account: str) -> SecretStr | None:
        """The authenticator secret of `account`, from the store it lies in."""
        at = self.stores.totp_at(account)
        return at.store.get(account, at.item).credential.totp_secret

    def put(
        self,
        account: str,
        *,
        password: SecretStr | None = None,
        totp_secret: SecretStr | EllipsisType | None = ...,
        security_answers: Mapping[str, SecretStr] | None = None,
    ) -> Credential:
        """Store what is given, leave the rest, and return the entry as read back once it is durable.

        A replaced password goes into the history. `totp_secret` is base32 or an otpauth:// address; None removes it.
        An empty one of the `security_answers`, which are by question, removes that answer.
        InputError for what can't be right; Unreadable for another vault's key or a damaged entry, which stays.
        """
        checked = None if password is None else check_password(password)
        secret = plain_totp_secret(totp_secret) if isinstance(totp_secret, SecretStr) else totp_secret
        answers = check_answers(security_answers or {})
        self.prove_key()  # before anything is sealed with it
        at, totp_at = self.stores.password_at(account), self.stores.totp_at(account)
        if at != totp_at and not isinstance(secret, EllipsisType):
            given, secret = secret, ...
            self.stores.change(account, totp_at, lambda old: _with_secret(old, account, given))
        if checked or answers or at == totp_at:

            def change(old: Credential | None) -> Credential:
                known = self._with_twin(old) if old else None
                return _changed(known, account, checked, secret).with_answers(answers)

            self.stores.change(account, at, change)
        return self.get(account)

    def put_pending(self, account: str, pending: Pending) -> Pending:
        """Store a new password beside the one in force, in two places, and return it as read back from both.

        It takes the place of one that no portal has seen. When the new one is set without the old (*forgot*), one that
        may be in force goes into the history, and one that the portal took is put in force, unless a person has given
        another since. InputError when it is a *change*, or when it can't be confirmed; then, and after a `VaultError`,
        nothing may be submitted.
        """

        def store(credential: Credential) -> Credential:
            there = credential.pending
            if there and there.state != "stored" and there.run_id != pending.run_id:
                if pending.kind == "change":
                    raise InputError(
                        f"another new password is pending for {account}: settle it first with "
                        f"pk password settle {account}"
                    )
                taken = there.state == "submitted" and credential.password_set_at < there.at
                credential = (credential.with_password if taken else credential.with_old)(there.password, there.at)
            return self._journalling(credential, pending)

        self._change(account, store)
        kept, twin = self._entry(account).credential.pending, self.journalled(account)
        if kept != pending or twin != pending:
            raise InputError(f"the vault did not keep the new password of {account}; nothing was submitted")
        return kept

    def mark_pending(self, account: str, run_id: str, state: PendingState) -> Pending:
        """Say how far the new password of that run has come; durable when this returns."""

        def mark(credential: Credential) -> Credential:
            pending = _pending_of(credential, run_id).model_copy(update={"state": state})
            return self._journalling(credential, pending)

        return _pending_of(self._change(account, mark), run_id)

    def _journalling(self, credential: Credential, pending: Pending) -> Credential:
        """A copy with the new password, which is in the second file from here on."""
        write_sealed(self._journal(credential.account), encode_pending(pending), self._key)
        return credential.model_copy(update={"pending": pending})

    def promote(self, account: str, run_id: str) -> None:
        """Put the new password of that run in force and the old one into the history, in one write."""

        def promoted(credential: Credential) -> Credential:
            in_force = credential.with_password(_pending_of(credential, run_id).password, now.utc())
            return in_force.model_copy(update={"pending": None})

        self._change(account, promoted)
        self._journal(account).unlink(missing_ok=True)

    def discard_pending(self, account: str, run_id: str) -> None:
        """Put the new password of that run aside, for the old one is in force; another run's stays.

        It goes into the history unless no portal has seen it: a portal that hangs may take it later.
        """

        def without(credential: Credential) -> Credential | None:
            pending = credential.pending
            if not pending or pending.run_id != run_id:
                return None
            kept = credential if pending.state == "stored" else credential.with_old(pending.password, pending.at)
            self._journal(account).unlink(missing_ok=True)  # first, or it would come back from there
            return kept.model_copy(update={"pending": None})

        self._change(account, without)

    def next_password(self, account: str, refused: Collection[str]) -> tuple[SecretStr, Candidate]:
        """The password to sign in with, given the fingerprints of those that were refused since the last good sign-in.

        A new one that a portal may have taken goes first, one that a portal declined goes last.
        """
        credential = self.get(account)
        candidates = [(credential.password, Candidate.CURRENT)]
        if (pending := credential.pending) and pending.state != "stored":
            candidates.insert(1 if pending.state == "declined" else 0, (pending.password, Candidate.PENDING))
        untried = [each for each in candidates if self.fingerprint(account, each[0]) not in refused]
        return (untried or [candidates[-1]])[0]

    def journalled(self, account: str) -> Pending | None:
        """The pending password as the second file has it."""
        data = read_sealed(self._journal(account), self._key)
        return None if data is None else decode_pending(data)

    def names(self) -> list[str]:
        """The accounts that have an entry, sorted; what lies in a manager is believed to be there."""
        return self.stores.names()

    def stamps(self) -> dict[str, str]:
        """By what a change of each entry shows; accounts whose manager gives no answer are left out."""
        return self.stores.stamps()

    def check(self, account: str, user_id: str = "") -> Check:
        """Try to open the entry of `account` and tell what is wrong with it; never raises for a bad entry.

        An item in a credential manager that names another user than `user_id` is somebody else's.
        """
        vault = self.stores.places.of(account).vault
        try:
            entry, secret = self._entry(account), self.totp_secret(account)
        except (InputError, VaultError) as error:
            return Check(account, problem=str(error), vault=vault)
        credential, problem = entry.credential, ""
        totp: Literal["none", "set", "invalid"] = "none"
        if secret is not None:
            totp = "set" if is_plain_base32(secret.get_secret_value()) else "invalid"
        if totp == "invalid":
            problem = f"the authenticator secret of {account} is not base32: pk vault set {account} --totp"
        if user_id and entry.username.casefold() not in ("", user_id.casefold()):
            problem = f"the item of {account} in vault {vault} is that of another user id: correct vaults.toml"
        old, answers = len(credential.history), len(credential.security_answers)
        return Check(account, problem, credential.password_set_at, totp, old, answers, vault)

    def check_all(self) -> list[Check]:
        """`check` for every entry, in the order of names; Unreadable as for `prove_key`."""
        self.prove_key()
        return [self.check(account) for account in self.names()]

    def prove_key(self) -> None:
        """Unreadable unless this key opens this vault; its fingerprint key stands for all of it."""
        _ = self._fingerprints

    def fingerprint(self, account: str, password: SecretStr) -> str:
        """By what a password of `account` is known in the ledger: 32 hex digits, worthless without the vault."""
        return self._fingerprints.of_password(check_account_name(account), password)

    def answer_fingerprint(self, account: str, question: str, answer: SecretStr) -> str:
        """By what an answer is known there; the same answer to another question is another."""
        return self._fingerprints.of_answer(check_account_name(account), question_key(question), answer)

    def answer_fingerprints(self, account: str) -> frozenset[str]:
        """By what the answers are known that the vault holds for `account`."""
        answers = self.get(account).security_answers
        return frozenset(self.answer_fingerprint(account, *each) for each in answers.items())

    def keyed_hash(self, data: bytes) -> str:
        """By what data that may not be kept (a CSV row with member data) is known again: 64 hex digits."""
        return self._fingerprints.of_data(data)

    @cached_property
    def _fingerprints(self) -> fingerprints.Fingerprints:
        return fingerprints.load(self.folder, self._key)

    def _journal(self, account: str) -> Path:
        return self.stores.files.path(account).with_suffix(".pending")

    def _change(self, account: str, change: Callable[[Credential], Credential | None]) -> Credential:
        """Change the entry of `account`, which is there, under its lock."""
        self.prove_key()  # before anything is sealed with it
        at = self.stores.password_at(account)
        return self.stores.change(account, at, lambda old: change(self._with_twin(there(old, account))))


def _changed(
    old: Credential | None, account: str, password: SecretStr | None, totp_secret: SecretStr | EllipsisType | None
) -> Credential:
    if old is None:
        if password is None:
            raise InputError(f"no vault entry for {account} yet; give its password first: pk vault set {account}")
        old = Credential(account=account, password=password, password_set_at=now.utc())
    elif password is not None:
        old = old.with_password(password, now.utc())
    return old if isinstance(totp_secret, EllipsisType) else old.model_copy(update={"totp_secret": totp_secret})


def _with_secret(old: Credential | None, account: str, secret: SecretStr | None) -> Credential:
    """An entry that may hold nothing but an authenticator secret: the password lies elsewhere."""
    old = old or Credential(account=account, password=SecretStr(""), password_set_at=now.utc())
    return old.model_copy(update={"totp_secret": secret})


def _pending_of(credential: Credential, run_id: str) -> Pending:
    if credential.pending is None or credential.pending.run_id != run_id:
        raise InputError(f"the new password that was pending for {credential.account} is not there any more")
    return credential.pending
