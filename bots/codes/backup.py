"""Backup codes: handed out by a portal at enrolment, each good once. One sealed file per account."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from pydantic import SecretStr

from bots import disk
from bots.sealing import Key, read_sealed, write_sealed
from bots.vault.credential import check_account_name
from flows.errors import CodesExhausted, InputError

_CODE = re.compile(r"[A-Za-z0-9]{4,32}(-[A-Za-z0-9]{2,32}){0,7}")


class BackupCodes:
    """Those of one data folder."""

    def __init__(self, folder: Path, key: Key) -> None:
        self._folder = folder
        self._key = key

    def put(self, account: str, codes: Iterable[str]) -> int:
        """Store the codes of an account in the place of its last ones; how many there are.

        Raises `InputError`, repeating none of them, for what can't be codes.
        """
        fresh = list(dict.fromkeys(each.strip() for each in codes if each.strip()))
        if not fresh or not all(_CODE.fullmatch(each) for each in fresh):
            raise InputError("expected backup codes, one a line, of letters, digits and dashes; nothing was stored")
        path = self._path(account)
        with disk.locked(path.with_suffix(".lock")):
            write_sealed(path, json.dumps(fresh).encode(), self._key)
        return len(fresh)

    def first(self, account: str) -> SecretStr:
        """The next unused code, which stays until it is marked as used. Raises `CodesExhausted`."""
        if unused := self._unused(account):
            return SecretStr(unused[0])
        raise CodesExhausted(
            f"no backup code of {account} is left: make new ones on the portal, then: pk codes backup {account}"
        )

    def use(self, account: str, code: SecretStr) -> int:
        """Mark a code as used, durably, before it is typed; how many are left."""
        path = self._path(account)
        with disk.locked(path.with_suffix(".lock")):
            left = [each for each in self._unused(account) if each != code.get_secret_value()]
            write_sealed(path, json.dumps(left).encode(), self._key)
        return len(left)

    def _unused(self, account: str) -> list[str]:
        data = read_sealed(self._path(account), self._key)
        return [] if data is None else [str(each) for each in json.loads(data)]

    def _path(self, account: str) -> Path:
        return disk.private_folder(self._folder) / f"{check_account_name(account)}.age"
