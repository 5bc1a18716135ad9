"""Where the accounts' secrets lie: `config/vaults.toml`, the credential managers and each account's item in them.

An account that is not listed lies in the embedded vault. The file holds no secret: what opens a manager is sealed in
the data folder (`bots.vault.access`).
"""

from __future__ import annotations

import json
import re
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from bots import disk
from bots.settings import Origin
from bots.vault.credential import is_account_name
from flows.errors import InputError

FILE = "vaults.toml"
EMBEDDED = "embedded"


def _absolute(path: Path) -> Path:
    if not path.expanduser().is_absolute():
        raise ValueError("expected a whole path, from / or ~")
    return path.expanduser()


File = Annotated[Path, AfterValidator(_absolute)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    wants: ClassVar[tuple[str, ...]] = ()
    may_want: ClassVar[tuple[str, ...]] = ()


class HashiCorp(_Table):
    """HashiCorp Vault or OpenBao, secrets engine KV version 2, opened by AppRole."""

    wants = ("secret id",)
    kind: Literal["hashicorp"]
    address: Origin
    role_id: str
    mount: str = "secret"
    login: str = "approle"
    namespace: str = ""
    certificate: File | None = None


class KeePass(_Table):
    """A KDBX 4 file."""

    may_want = ("passphrase",)
    kind: Literal["keepass"]
    file: File
    key_file: File | None = None


class Connect(_Table):
    """1Password by a Connect server. `vault` is the id of the 1Password vault."""

    wants = ("token",)
    kind: Literal["1password-connect"]
    address: Origin
    vault: str


class ServiceAccount(_Table):
    """1Password by a service account. `vault` is the id of the 1Password vault."""

    wants = ("token",)
    kind: Literal["1password"]
    vault: str


class Bitwarden(_Table):
    """Bitwarden or Vaultwarden by the program `bw`. `server` is an own one, with its `certificate` authority."""

    wants = ("client secret", "master password")
    kind: Literal["bitwarden"]
    client_id: str
    server: Origin | None = None
    certificate: File | None = None
    program: str = "bw"


class LastPass(_Table):
    """LastPass by the program `lpass`. `user` is the e-mail address of the worker's own user."""

    wants = ("master password",)
    may_want = ("authenticator secret",)
    kind: Literal["lastpass"]
    user: str
    program: str = "lpass"


Manager = Annotated[HashiCorp | KeePass | Connect | ServiceAccount | Bitwarden | LastPass, Field(discriminator="kind")]


class Place(_Table):
    """An account's item in a manager; its authenticator secret may lie in another one."""

    vault: str = EMBEDDED
    item: str = ""
    totp_vault: str = ""
    totp_item: str = ""


class Places(_Table):
    """All of `vaults.toml`."""

    vaults: dict[str, Manager] = {}
    accounts: dict[str, Place] = {}

    @model_validator(mode="after")
    def _each_is_known_and_taken_once(self) -> Places:
        if wrong := [name for name in (*self.vaults, *self.accounts) if not is_account_name(name)]:
            raise ValueError(f"{wrong[0][:64]!r} is no name: use a-z, 0-9 and dashes")
        if EMBEDDED in self.vaults:
            raise ValueError(f"{EMBEDDED} is what the worker's own vault is called")
        taken: dict[tuple[str, str], str] = {}
        for name, place in self.accounts.items():
            for vault in filter(None, (place.vault, place.totp_vault)):
                if vault != EMBEDDED and vault not in self.vaults:
                    raise ValueError(f"accounts.{name}: there is no [vaults.{vault}]")
            where = (place.vault, place.item or name)
            if place.vault != EMBEDDED and taken.setdefault(where, name) != name:
                raise ValueError(f"accounts.{name}: its item is that of {taken[where]} already")
        return self

    def of(self, account: str) -> Place:
        """Where the secrets of `account` lie; an item that is not named is called as the account."""
        place = self.accounts.get(account, Place())
        return place.model_copy(
            update={"item": place.item or account, "totp_item": place.totp_item or place.item or account}
        )


def load_places(file: Path) -> Places:
    """What `file` says; nothing but the embedded vault when there is no such file. InputError names what is wrong."""
    return _checked(disk.read(file) or b"", file)


def _checked(data: bytes, file: Path) -> Places:
    try:
        return Places.model_validate(tomllib.loads(data.decode("utf-8-sig")))
    except UnicodeDecodeError:
        raise InputError(f"{file}: not UTF-8 text; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"line \d+, column \d+|end of document", str(error))
        raise InputError(f"{file}: not valid TOML at {where[0] if where else 'an unknown place'}") from None
    except ValidationError as error:
        raise InputError(f"{file}: {'; '.join(_told(each) for each in error.errors(include_input=False))}") from None


def _told(problem: Any) -> str:
    kinds = {"union_tag_invalid", "union_tag_not_found"}
    place = ".".join(str(part) for part in problem["loc"])
    if problem["type"] in kinds:
        return f"{place}: kind is one of {', '.join(sorted(MANAGERS))}"
    words = str(problem["msg"]).removeprefix("Value error, ")
    known = "is not known here" if problem["type"] == "extra_forbidden" else words
    return f"{place}: {known}" if place else known


MANAGERS: dict[str, type[_Table]] = {
    "hashicorp": HashiCorp,
    "keepass": KeePass,
    "1password-connect": Connect,
    "1password": ServiceAccount,
    "bitwarden": Bitwarden,
    "lastpass": LastPass,
}


def put_place(file: Path, account: str, place: Place | None) -> None:
    """Write into `file` where the secrets of `account` lie from now on, and leave all else in it as it is.

    None takes the account out. InputError, and nothing is written, when the file is laid out in another way than one
    table per account.
    """
    text = (disk.read(file) or b"").decode("utf-8-sig")
    lines = text.splitlines(keepends=True)
    header = re.compile(rf"\s*\[\s*accounts\s*\.\s*{re.escape(account)}\s*\]")
    start = next((at for at, line in enumerate(lines) if header.match(line)), len(lines))
    end = next((at for at, line in enumerate(lines) if at > start and line.lstrip().startswith("[")), len(lines))
    while end > start and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1  # a comment before the next table is about that
    before = "".join(lines[:start])
    table = _table(account, place) if place else ""
    changed = before + ("\n" if before and not before.endswith("\n") else "") + table + "".join(lines[end:])
    wanted = {name: each for name, each in _checked(text.encode(), file).accounts.items() if name != account}
    wanted |= {account: place} if place else {}
    with suppress(InputError):
        if _checked(changed.encode(), file).accounts == wanted:
            disk.write_durably(file, changed.encode())
            return
    raise InputError(f"{file}: write it there by hand, in the place of what it says of {account}: {table}")


def _table(account: str, place: Place) -> str:
    fields = place.model_dump(exclude_defaults=True).items()
    return "\n".join([f"[accounts.{account}]", *(f"{name} = {json.dumps(value)}" for name, value in fields), ""])
