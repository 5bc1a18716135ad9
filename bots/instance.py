"""Which service a data folder belongs to, so that a copy of it does not sign in to the same accounts beside the first.

Two services on the same accounts would end each other's sessions, and each would spend the budget that both believe to
have. A folder that was copied or moved is known by the machine and the place it was last served from.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from pathlib import Path
from typing import Any

from bots.disk import read, write_durably
from flows.errors import InputError

FILE = "instance.json"
MACHINE = Path("/etc/machine-id")


def check_instance(home: Path) -> str:
    """The id of this data folder's service, made at its first start.

    Raises `InputError` when the folder was last served from another machine or place.
    """
    here, told = _here(home), _told(home)
    if told is None:
        told = {"id": secrets.token_hex(8), **here}
        write_durably(home / FILE, json.dumps(told).encode())
    if any(told.get(name) != value for name, value in here.items()):
        moved = "on another machine" if told.get("machine") != here["machine"] else "on this machine"
        raise InputError(
            f"this data folder was served from {told.get('place')} last, {moved}: it is a copy, or was moved. Two "
            "services on the same accounts lock them. When the other one is gone for good: pk start --because ..."
        )
    return str(told["id"])


def claim(home: Path) -> bool:
    """Take the folder for this machine and place, by a person's word; False when it was there all along."""
    here, told = _here(home), _told(home)
    if told is None or all(told.get(name) == value for name, value in here.items()):
        return False
    write_durably(home / FILE, json.dumps({"id": secrets.token_hex(8), **here}).encode())
    return True


def _here(home: Path) -> dict[str, str]:
    """Where we are. A machine without an id of its own, as in many containers, is told by the place alone."""
    found = (read(MACHINE) or b"").strip() if MACHINE.exists() else b""
    return {"machine": hashlib.sha256(found).hexdigest()[:16] if found else "", "place": str(home.resolve())}


def _told(home: Path) -> dict[str, Any] | None:
    try:
        told = json.loads(read(home / FILE) or b"null")
    except ValueError:
        return None
    return told if isinstance(told, dict) and "id" in told else None
