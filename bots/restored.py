"""Put back from a copy: an inventory or a vault that is older than what was last seen of it.

An old inventory does not know the latest refusals, an old vault holds passwords that are no longer in force; either
would make every account spend its tries in one night. Both put the brake on, until a person says `pk start`.

What was last seen of the inventory, the head of its audit trail and the number of its last attempt, is kept in a file
of its own beside it; what was last seen of the vault, by fingerprint, is in the inventory.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from bots.desk import Failure
from bots.disk import read, write_durably
from bots.incidents import Kind, open_incident
from bots.inventory import Inventory
from bots.inventory.audit import head
from bots.vault import Vault
from flows.errors import PortalkeeperError, VaultError


def remember(inventory: Inventory, file: Path) -> None:
    """Keep in `file` what the inventory holds now; put the brake on instead when it lacks what `file` tells of."""
    told = _told(file)
    if told and not _holds(inventory, told):
        words = (
            f"the inventory was put back from a copy, for it lacks what was seen of it before (audit trail of "
            f"{told['entries']} entries, {told['attempts']} attempts). What was refused since that copy is not counted "
            "in it"
        )
        with inventory.write() as db:
            _stop(db, words)
    else:
        confirm(inventory, file)


def confirm(inventory: Inventory, file: Path) -> None:
    """Take the inventory as it is now for the right one."""
    found = _state(inventory)
    if found != _told(file):
        write_durably(file, json.dumps(found).encode())


LAST_SEEN = "last-seen.json"


def spent(inventory: Inventory) -> bytes:
    """What a copy that is put back has beside it: that more was seen than it knows of, whatever it knows."""
    found = _state(inventory)
    return json.dumps({**found, "attempts": found["attempts"] + 1}).encode()


def _state(inventory: Inventory) -> dict[str, Any]:
    end = head(inventory)
    return {"entries": end.count, "hash": end.hash, "attempts": _last_attempt(inventory)}


def _last_attempt(inventory: Inventory) -> int:
    return int(inventory.rows("SELECT ifnull(max(id), 0) AS last FROM ledger")[0]["last"])


def _told(file: Path) -> dict[str, Any] | None:
    try:
        told = json.loads(read(file) or b"null")
    except ValueError:
        return None
    return told if isinstance(told, dict) and {"entries", "hash", "attempts"} <= set(told) else None


def _holds(inventory: Inventory, told: dict[str, Any]) -> bool:
    entry = inventory.row("SELECT hash FROM audit WHERE id = ?", (told["entries"],))
    same = told["entries"] == 0 or (entry is not None and entry["hash"] == told["hash"])
    return same and _last_attempt(inventory) >= told["attempts"]


def _stop(db: Any, words: str) -> None:
    open_incident(db, Kind.BRAKE, Failure(error="AccountHeld", message=words), by="worker")


class VaultWatch:
    """Looks at the vault before each run: more than `most` passwords changed by others since the last look stop all."""

    def __init__(self, inventory: Inventory, vault: Vault, most: int) -> None:
        self._inventory = inventory
        self._vault = vault
        self._most = most
        self._lock = threading.Lock()
        self._stamps: dict[str, str] = {}

    def look(self) -> None:
        """Compare the entries that have changed with what was seen of them, and put the brake on if need be."""
        with self._lock:
            stamps = self._vault.stamps()
            if stamps != self._stamps:
                self._stamps = self._compare(stamps)

    def _compare(self, stamps: dict[str, str]) -> dict[str, str]:
        """The stamps of the entries that are known now."""
        seen = {row["account"]: row["written"] for row in self._inventory.rows("SELECT * FROM vault_seen")}
        changed = [name for name, written in stamps.items() if seen.get(name) != written]
        found = {name: known for name in changed if (known := self._fingerprint(name)) is not None}
        with self._inventory.write() as db:
            count = sum(_by_others(db, name, fingerprint) for name, fingerprint in found.items())
            for name, fingerprint in found.items():
                db.execute("INSERT OR REPLACE INTO vault_seen VALUES (?,?,?)", (name, fingerprint, stamps[name]))
            if count > self._most:
                why = "was an old copy put back, or a wrong list imported?"
                _stop(db, f"{count} passwords in the vault were changed by others since the worker's last run: {why}")
        return {name: stamp for name, stamp in stamps.items() if name in found or name not in changed}

    def _fingerprint(self, name: str) -> str | None:
        """None when its credential manager can't tell now: it is looked at again the next time."""
        try:
            return self._vault.fingerprint(name, self._vault.get(name).password)
        except VaultError:
            return None
        except PortalkeeperError:
            return ""  # a damaged entry, which its own run tells


def _by_others(db: Any, name: str, fingerprint: str) -> bool:
    """Whether the password is another than was seen, and not the one that the worker last signed in with."""
    seen = db.execute("SELECT fingerprint FROM vault_seen WHERE account = ?", (name,)).fetchone()
    if seen is None or seen[0] == fingerprint:
        return False
    accepted = db.execute(
        """SELECT fingerprint FROM ledger WHERE account = ? AND kind = 'password' AND verdict = 'accepted'
           ORDER BY id DESC LIMIT 1""",
        (name,),
    ).fetchone()
    return accepted is None or accepted[0] != fingerprint
