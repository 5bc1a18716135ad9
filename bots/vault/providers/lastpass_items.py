"""An item of LastPass in the forms in which its program tells it and takes it. The note holds what has no field."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from bots.vault.credential import Credential
from bots.vault.provider import NOTEBOOK, notebook_of
from flows.errors import InputError

TOTP = "TOTP"


class Item(NamedTuple):
    """An item as LastPass has it; never shown."""

    id: str
    username: str
    password: str
    note: str
    changed: str

    def __repr__(self) -> str:
        return f"Item({self.id})"


def items_in(told: bytes) -> list[Item]:
    """The items of the program's JSON. Raises ValueError or KeyError for anything else."""
    keys = ("id", "username", "password", "note", "last_modified_gmt")
    return [Item(*(each[key] for key in keys)) for each in json.loads(_mended(told), strict=False)]


def _mended(told: bytes) -> str:
    """The program's JSON with its bytes above 127, which it writes as \\uffffffe2, put back."""
    wrong = re.compile(rb"\\\\|\\uffffff([0-9a-f]{2})")
    return wrong.sub(lambda found: bytes.fromhex(found[1].decode()) if found[1] else found[0], told).decode()


def line_of(note: str, name: str) -> str:
    """What a line of the note says of `name`, empty where there is none."""
    lines = (line.partition(":") for line in note.split("\n"))
    return next((value.strip() for said, colon, value in lines if colon and said.strip() == name), "")


def form(new: Credential, old: Credential | None, note: str) -> str:
    """What the program takes as a change: a password that is another, and the note with our lines at its end.

    Raises `InputError` for a password that it would not take as it is.
    """
    ours = {NOTEBOOK: notebook_of(new)}
    if old is None or new.totp_secret != old.totp_secret:
        ours[TOTP] = new.totp_secret.get_secret_value() if new.totp_secret else ""
    others = [line for line in note.split("\n") if line.partition(":")[0].strip() not in ours]
    lines = "\n".join([*others, *(f"{name}: {value}" for name, value in ours.items() if value)])
    password = new.password.get_secret_value()
    if old and password == old.password.get_secret_value():
        return f"Notes:\n{lines}"
    if not re.fullmatch(r"[!-~]|[!-~][ -~]*[!-~]", password):
        raise InputError("lpass takes ASCII passwords only, with no space at either end; nothing was stored")
    return f"Password: {password}\nNotes:\n{lines}"
