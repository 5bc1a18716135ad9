"""The audit trail: who did what to which account and why, append-only, chained by hashes.

Each entry's hash covers its content and the hash before it, so an edited or missing entry shows. A trail that
was cut off at its end is whole in itself: it shows against a head (count and hash) that was told elsewhere,
which is why each report prints it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bots.inventory.database import Inventory

COLUMNS = ("at", "who", "action", "account", "because", "details")
NOTHING = "0" * 64


@dataclass(frozen=True)
class Head:
    """The end of the trail: how many entries, and the hash of the last."""

    count: int
    hash: str

    def short(self) -> str:
        """The head as reports print it."""
        return f"{self.hash[:4]}..{self.hash[-4:]}"


@dataclass(frozen=True)
class AuditCheck:
    """What `verify` found: the head, and what is wrong (empty when all is well)."""

    head: Head
    problem: str


def record_audit(
    db: Any, *, at: str, who: str, action: str, account: str | None = None, because: str = "", details: str = ""
) -> None:
    """Add one entry to the trail, inside the caller's transaction."""
    last = db.execute("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    entry = dict(zip(COLUMNS, (at, who, action, account, because, details), strict=True))
    number, before = (int(last[0]), str(last[1])) if last else (0, NOTHING)
    db.execute(
        "INSERT INTO audit (id, at, who, action, account, because, details, hash) VALUES (?,?,?,?,?,?,?,?)",
        (number + 1, *entry.values(), _hash(number + 1, before, entry)),
    )


def head(inventory: Inventory) -> Head:
    """The end of the trail as it stands."""
    row = inventory.row("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1")
    return Head(row["id"], row["hash"]) if row else Head(0, NOTHING)


def verify(inventory: Inventory, told: Head | None = None) -> AuditCheck:
    """Recompute the chain; `told` is a head from a report, which the trail must still contain."""
    rows = inventory.rows("SELECT * FROM audit ORDER BY id")
    return AuditCheck(head(inventory), _broken(rows) or _cut_off(rows, told))


def _broken(rows: Iterable[Mapping[str, Any]]) -> str:
    before = NOTHING
    for number, row in enumerate(rows, 1):
        if row["id"] != number:
            return f"entry {number} is missing"
        if row["hash"] != _hash(number, before, {column: row[column] for column in COLUMNS}):
            return f"entry {number} was changed, or one before it"
        before = row["hash"]
    return ""


def _cut_off(rows: list[dict[str, Any]], told: Head | None) -> str:
    if told is None or told.count == 0:
        return ""
    if len(rows) < told.count:
        return f"{told.count - len(rows)} entries are missing at the end: a report told of {told.count}"
    same = rows[told.count - 1]["hash"].startswith(told.hash)
    return "" if same else f"entry {told.count} is not the one that was reported"


def _hash(number: int, before: str, entry: Mapping[str, Any]) -> str:
    text = json.dumps([number, before, *(entry[column] for column in COLUMNS)], separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
