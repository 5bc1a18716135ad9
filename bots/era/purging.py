"""Purging: archived files whose years are over go; what somebody still has to look at or to fetch stays.

The inventory keeps the rows, so that a copy is still known as one. A kill in between leaves files that the next purge
removes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from bots import now
from bots.disk import locked, private_folder
from bots.era.archive import Archive
from bots.era.config import FILE, load_config
from bots.inventory import Inventory, stamp
from bots.inventory.audit import record_audit
from bots.sealing import Key
from bots.settings import Settings

_OVER = """SELECT f.* FROM era_files f WHERE f.source = 'portal' AND f.received_at < ? AND f.purged_at IS NULL {also}
    EXISTS (SELECT 1 FROM era_payments p LEFT JOIN era_drops d ON d.id = p.drop_id WHERE p.sha256 = f.sha256
        AND (p.state IN ('held', 'quarantined') OR (p.state = 'passed' AND d.picked_up_at IS NULL)))
    ORDER BY f.received_at, f.sha256"""


@dataclass(frozen=True)
class Purged:
    """What goes: files received before `before`, their number and size, and `digest`, the SHA-256 of their hashes.

    The hashes stand in order, each on a line. `kept` files are old enough, but are held, quarantined or not picked up.
    """

    before: date
    files: int
    size: int
    digest: str
    kept: int

    @property
    def words(self) -> str:
        """One line."""
        stay = f"; {self.kept} as old stay, since they are held, quarantined or not picked up" if self.kept else ""
        told = f"{self.files} files received before {self.before}, {self.size} bytes"
        return f"{told}, SHA-256 of their hashes {self.digest}{stay}" if self.files else f"{told}{stay}"


def purge(settings: Settings, inventory: Inventory, key: Key, *, by: str, because: str, dry_run: bool) -> Purged:
    """Remove what is older than `keep_years`, with one entry in the audit trail; with `dry_run` only tell."""
    before = years_ago(now.utc().date(), load_config(settings.config / FILE, settings.home).keep_years)
    archive = Archive(settings.era_folder / "archive", key)
    with locked(private_folder(settings.era_folder) / "lock"):
        rows = inventory.rows(_OVER.format(also="AND NOT"), (before.isoformat(),))
        kept = inventory.rows(_OVER.format(also="AND"), (before.isoformat(),))
        hashes = sorted(row["sha256"] for row in rows)
        digest = sha256("".join(f"{one}\n" for one in hashes).encode()).hexdigest()
        found = Purged(before, len(rows), sum(row["size"] for row in rows), digest, len(kept))
        if dry_run:
            return found
        if rows:
            _record(inventory, rows, found, by, because)
        for row in inventory.rows("SELECT * FROM era_files WHERE purged_at IS NOT NULL"):
            archive.remove(row["sha256"], row["received_at"])
    return found


def _record(inventory: Inventory, rows: list[dict[str, Any]], found: Purged, by: str, because: str) -> None:
    at = stamp(now.utc())
    with inventory.write() as db:
        for row in rows:
            db.execute("UPDATE era_files SET purged_at = ? WHERE sha256 = ?", (at, row["sha256"]))
        record_audit(db, at=at, who=by, action="era purge", account=None, because=because, details=found.words)


def years_ago(day: date, years: int) -> date:
    """The same day so many years before; of the 29th of February the 28th where there is none."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
