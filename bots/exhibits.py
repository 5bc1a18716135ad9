"""Exhibits: the sealed evidence of runs on the disk, and a row for each that tells of it without opening it."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bots import now
from bots.desk import EvidenceHead
from bots.disk import create_durably, private_folder, read
from bots.evidence.config import FILE, load_config
from bots.inventory import Inventory, stamp
from bots.settings import Settings
from flows.errors import InputError

UNLISTED = "unlisted text"  # stands for words of a portal that are in no list and so stay where they were read


@dataclass(frozen=True)
class Exhibits:
    """The evidence folder, for runs of one account. When `most` bytes lie in it, nothing new comes in."""

    inventory: Inventory
    folder: Path
    account: str
    portal: str
    most: int

    def keep(self, run_id: str, head: EvidenceHead, sealed: bytes) -> str:
        """Put sealed evidence on disk, then its row; its id. Raises `InputError` when there is no room."""
        total = self.inventory.rows("SELECT ifnull(sum(size), 0) AS total FROM evidence")[0]["total"]
        if total + len(sealed) > self.most:
            raise InputError(f"{self.folder} is full: pk evidence purge, or a larger limits.folder_megabytes in {FILE}")
        private_folder(self.folder)
        name = f"E-{secrets.token_hex(4)}"
        create_durably(self.folder / f"{name}.age", sealed)
        row = {
            "id": name,
            "run_id": run_id,
            "account": self.account,
            "portal": self.portal,
            "flow": head.flow,
            "screen": head.screen,
            "why": head.why,
            "error": head.error,
            "at": stamp(now.utc()),
            "size": len(sealed),
            "sha256": head.sha256,
            "sha256_sealed": hashlib.sha256(sealed).hexdigest(),
            "sealed_for": ", ".join(head.sealed_for),
        }
        with self.inventory.write() as db:
            db.table("evidence").insert(row)
        return name


def of(settings: Settings, inventory: Inventory, account: str, portal: str) -> Exhibits:
    """The exhibits of an account. Raises `InputError` for a wrong config/evidence.toml."""
    most = load_config(settings.config / FILE).folder_bytes
    return Exhibits(inventory, settings.evidence_folder, account, portal, most)


def evidence_of(inventory: Inventory, run_id: str) -> str:
    """The id of a run's newest evidence; empty when there is none."""
    row = inventory.row("SELECT id FROM evidence WHERE run_id = ? ORDER BY at DESC LIMIT 1", (run_id,))
    return str(row["id"]) if row else ""


def told_unlisted(evidence: str | None) -> str:
    """What is said in the place of words that are in no list: where they can be read."""
    return f"{UNLISTED}, evidence {evidence}" if evidence else UNLISTED


def find_evidence(inventory: Inventory, name: str) -> dict[str, Any]:
    """The row of the evidence with that id. Raises `InputError` when there is none."""
    row = inventory.row("SELECT * FROM evidence WHERE id = ?", ("E-" + name.removeprefix("E-").lower(),))
    if row is None:
        raise InputError(f"no evidence is called {name!r}; see: pk evidence list")
    return row


def read_exhibit(folder: Path, row: dict[str, Any]) -> bytes:
    """The sealed file of a row. Raises `InputError` when it is gone, or is not the one that was put there."""
    path = folder / f"{row['id']}.age"
    sealed = read(path)
    if sealed is None:
        raise InputError(f"{path} is gone; restore it from a backup of the data folder")
    if hashlib.sha256(sealed).hexdigest() != row["sha256_sealed"]:
        raise InputError(f"{path} is not the file that was put there: it was changed or cut off; restore it")
    return sealed
