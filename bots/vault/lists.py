"""What credential managers export: a CSV file with logins, matched with the accounts they are for."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from bots.vault.given import check_password, plain_totp_secret
from flows.errors import InputError

# 1Password, LastPass, Bitwarden, KeePassXC, KeePass; and a list of one's own
HEADINGS = {
    "title": ("title", "name", "account"),
    "username": ("username", "user name", "login_username", "login name", "user id", "user_id"),
    "password": ("password", "login_password"),
    "totp": ("otpauth", "totp", "login_totp", "one-time password", "otp"),
    "url": ("url", "website", "login_uri", "web site"),
}


@dataclass(frozen=True)
class Login:
    """One line of such a file."""

    line: int
    title: str
    username: str
    url: str
    password: SecretStr
    totp: SecretStr | None


def read_logins(path: Path) -> list[Login]:
    """The logins of an export. InputError names the line of what is wrong, and repeats nothing of it."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8 text; export it again as UTF-8") from None
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        lines = [(rows.line_num, row) for row in rows if any(cell.strip() for cell in row)]
    except csv.Error:
        raise InputError(f"{path}, line {rows.line_num}: not CSV") from None
    heads = [cell.strip().casefold() for cell in lines[0][1]] if lines else []
    at = {field: next((heads.index(name) for name in names if name in heads), -1) for field, names in HEADINGS.items()}
    if at["password"] < 0 or (at["title"] < 0 and at["username"] < 0):
        raise InputError(f"{path} has no column of passwords, or none of titles or user names")
    return [login for number, row in lines[1:] if (login := _login(path, number, row, at))]


def _login(path: Path, line: int, row: Sequence[str], at: Mapping[str, int]) -> Login | None:
    cells = {field: row[place] if 0 <= place < len(row) else "" for field, place in at.items()}
    if not cells["password"]:
        return None  # a note, a card
    try:
        password = check_password(SecretStr(cells["password"]))
        totp = plain_totp_secret(SecretStr(cells["totp"])) if cells["totp"].strip() else None
    except InputError as error:
        raise InputError(f"{path}, line {line}: {error}") from None
    return Login(line, cells["title"].strip(), cells["username"].strip(), cells["url"].strip(), password, totp)


def matched(logins: Iterable[Login], accounts: Iterable[Mapping[str, Any]]) -> dict[str, Login]:
    """Each account's login: by the account's name as its title, else by its user id, with its portal's host if need be.

    `accounts` are rows with name, user_id and address. InputError when two logins of different secrets fit one account.
    """
    rows, found = list(accounts), dict[str, Login]()
    for login in logins:
        for name in _names(login, rows):
            other = found.setdefault(name, login)
            if (other.password, other.totp) != (login.password, login.totp):
                raise InputError(
                    f"lines {other.line} and {login.line} are both about {name}, with different secrets; "
                    "nothing was stored"
                )
    return found


def _names(login: Login, rows: list[Mapping[str, Any]]) -> list[str]:
    titled = [row["name"] for row in rows if row["name"] == login.title]
    users = [row for row in rows if login.username and row["user_id"].casefold() == login.username.casefold()]
    if not titled and len(users) > 1:  # one user id on several portals
        host = urlsplit(login.url if "//" in login.url else f"//{login.url}").hostname
        users = [row for row in users if host and urlsplit(row["address"]).hostname == host]
    return titled or [row["name"] for row in users]


def shred(path: Path) -> None:
    """Overwrite a file and delete it. On an SSD or a file system that copies, older blocks may stay all the same."""
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
