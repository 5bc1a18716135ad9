"""The vault's folder: `<account>.age` with a lock file beside each, and the fingerprint key."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import EllipsisType
from typing import Literal

from pydantic import SecretStr

from bots import disk, now
from bots.desk import Candidate
from bots.sealing import Key, Unreadable, read_sealed, write_sealed
from bots.vault import fingerprints
from bots.vault.credential import (
    Credential,
    Pending,
    PendingState,
    check_account_name,
    decode,
    decode_pending,
    encode,
    encode_pending,
    is_account_name,
    question_key,
)
from bots.vault.given import check_answers, check_password, is_plain_base32, plain_totp_secret
from flows.errors import InputError


@dataclass(frozen=True, slots=True)
class Check:
    """What can be said about an entry without its secrets; `problem` is empty when all is well."""

    account: str
    problem: str = ""
    password_set_at: datetime | None = None
    totp: Literal["none", "set", "invalid"] = "none"
    old_passwords: int = 0
    security_answers: int = 0


class Vault:
    """The vault in `folder`, opened with `key`. Safe to use from several threads and processes at once."""

    def __init__(self, folder: Path, key: Key) -> None:
        """Touches nothing yet; `create_vault` makes one."""
        self.folder = folder
        self._key = key

    def get(self, account: str) -> Credential:
        """The secrets of `account`; InputError if there are none, Unreadable if they can't be opened.

        A new password that is only in its second file belongs to them too: the entry was put back from an older copy.
        """
        credential = self._read(account)
        if credential is None:
            raise InputError(f"no vault entry for {account}: pk vault set {account}")
        if credential.pending is None and (twin := self._twin(account)) and not credential.knows(twin.password):
            return credential.model_copy(update={"pending": twin})
        return credential

    def _twin(self, account: str) -> Pending | None:
        with suppress(Unreadable):
            return self.journalled(account) if self._journal(account).exists() else None
        return None

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
        path = self._path(account)
        self.prove_key()  # before anything is sealed with it
        with disk.locked(path.with_suffix(".lock")):
            changed = _changed(self._read(account), account, checked, secret).with_answers(answers)
            write_sealed(path, encode(changed), self._key)
            return self.get(account)

    def put_pending(self, account: str, pending: Pending) -> Pending:
        """Store a new password beside the one in force, in two files, and return it as read back from both.

        It takes the place of one that no portal has seen. When the new one is set without the old (*forgot*), one that
        may be in force goes into the history, and one that the portal took is put in force, unless a person has given
        another since. InputError when it is a *change*, or when the two files can't be confirmed: then nothing may be
        submitted.
        """
        with self._changing(account) as changing:
            credential, there = changing, changing.pending
            if there and there.state != "stored" and there.run_id != pending.run_id:
                if pending.kind == "change":
                    raise InputError(
                        f"another new password is pending for {account}: settle it first with "
                        f"pk password settle {account}"
                    )
                taken = there.state == "submitted" and changing.password_set_at < there.at
                credential = (changing.with_password if taken else changing.with_old)(there.password, there.at)
            write_sealed(self._journal(account), encode_pending(pending), self._key)
            self._write(credential.model_copy(update={"pending": pending}))
            kept, twin = self.get(account).pending, self.journalled(account)
            if kept != pending or twin != pending:
                raise InputError(f"the vault did not keep the new password of {account}; nothing was submitted")
            return kept

    def mark_pending(self, account: str, run_id: str, state: PendingState) -> Pending:
        """Say how far the new password of that run has come; durable when this returns."""
        with self._changing(account) as credential:
            pending = _pending_of(credential, run_id).model_copy(update={"state": state})
            write_sealed(self._journal(account), encode_pending(pending), self._key)
            self._write(credential.model_copy(update={"pending": pending}))
        return pending

    def promote(self, account: str, run_id: str) -> None:
        """Put the new password of that run in force and the old one into the history, in one write."""
        with self._changing(account) as credential:
            promoted = credential.with_password(_pending_of(credential, run_id).password, now.utc())
            self._write(promoted.model_copy(update={"pending": None}))
            self._journal(account).unlink(missing_ok=True)

    def discard_pending(self, account: str, run_id: str) -> None:
        """Put the new password of that run aside, for the old one is in force; another run's stays.

        It goes into the history unless no portal has seen it: a portal that hangs may take it later.
        """
        with self._changing(account) as credential:
            pending = credential.pending
            if pending and pending.run_id == run_id:
                seen = pending.state != "stored"
                kept = credential.with_old(pending.password, pending.at) if seen else credential
                self._journal(account).unlink(missing_ok=True)  # first, or it would come back from there
                self._write(kept.model_copy(update={"pending": None}))

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
        """The accounts that have an entry, sorted."""
        with disk.in_plain_words(self.folder):
            return sorted(path.stem for path in self.folder.iterdir() if _is_entry(path))

    def check(self, account: str) -> Check:
        """Try to open the entry of `account` and tell what is wrong with it; never raises for a bad entry."""
        try:
            credential = self.get(account)
        except InputError as error:
            return Check(account, problem=str(error))
        totp: Literal["none", "set", "invalid"] = "none"
        problem = ""
        if credential.totp_secret is not None:
            totp = "set" if is_plain_base32(credential.totp_secret.get_secret_value()) else "invalid"
        if totp == "invalid":
            problem = f"the authenticator secret of {account} is not base32: pk vault set {account} --totp"
        old, answers = len(credential.history), len(credential.security_answers)
        return Check(account, problem, credential.password_set_at, totp, old, answers)

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

    def _path(self, account: str) -> Path:
        return self.folder / f"{check_account_name(account)}.age"

    def _journal(self, account: str) -> Path:
        return self._path(account).with_suffix(".pending")

    @contextmanager
    def _changing(self, account: str) -> Iterator[Credential]:
        """The entry of `account`, under its lock."""
        self.prove_key()
        with disk.locked(self._path(account).with_suffix(".lock")):
            yield self.get(account)

    def _write(self, credential: Credential) -> None:
        write_sealed(self._path(credential.account), encode(credential), self._key)

    def _read(self, account: str) -> Credential | None:
        path = self._path(account)
        try:
            data = read_sealed(path, self._key)
        except Unreadable:
            self.prove_key()  # another key altogether is told as such
            raise Unreadable(
                f"{path}: damaged, or not sealed with this vault's key; restore it from a backup, "
                f"or move it away and run `pk vault set {account}`"
            ) from None
        return None if data is None else decode(data, account, str(path))


def create_vault(folder: Path, key: Key) -> Vault:
    """Make the vault in `folder` and return it; one that is there is opened, which proves that `key` fits.

    Unreadable rather than giving a new fingerprint key to a vault with entries: every refused password would look new.
    """
    vault = Vault(disk.private_folder(folder), key)
    if not vault.names():
        with suppress(FileExistsError):
            fingerprints.create(folder, key)
    vault.prove_key()
    return vault


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


def _pending_of(credential: Credential, run_id: str) -> Pending:
    if credential.pending is None or credential.pending.run_id != run_id:
        raise InputError(f"the new password that was pending for {credential.account} is not there any more")
    return credential.pending


def _is_entry(path: Path) -> bool:
    return path.suffix == ".age" and is_account_name(path.stem)
