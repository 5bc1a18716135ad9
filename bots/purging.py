"""Purging: what is older than config/retention.toml allows goes, with one entry in the audit trail for all of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bots import now
from bots.disk import in_plain_words
from bots.inventory import Inventory, stamp
from bots.inventory.audit import record_audit
from bots.retention import FILE, Protected, load_retention
from bots.settings import Settings
from flows.errors import InputError

COUNTED = {"evidence": "of evidence", "answers": "files of answers", "runs": "runs"}
KINDS = tuple(COUNTED)
SERVICE = "service"
AGAIN = timedelta(hours=1)


@dataclass(frozen=True)
class Purged:
    """What went (or would) of one kind: each thing with its SHA-256. `held` is what was old enough and stays."""

    kind: str
    things: tuple[tuple[str, str], ...]
    held: int

    def words(self) -> str:
        """One line for the audit trail."""
        return f"{self.kind} {len(self.things)}: {' '.join(f'{name}:{digest}' for name, digest in self.things)}"

    def as_dict(self) -> dict[str, Any]:
        """All fields by name."""
        return asdict(self) | {"count": len(self.things)}


def purge(
    settings: Settings, inventory: Inventory, *, by: str, dry_run: bool, kinds: tuple[str, ...] = KINDS
) -> list[Purged]:
    """Remove what is too old; with `dry_run` only tell. What an open incident or a hold keeps is counted, not touched.

    Rows and audit entry go in one transaction, files after it: what a kill in between leaves, the next purge takes.
    """
    retention, at = load_retention(settings.config / FILE), now.utc()
    leftover: list[Path] = []
    with inventory.write() as db:
        purging = _Purging(inventory, db, Protected.now(inventory), leftover, dry_run)
        steps: dict[str, Callable[[], Purged]] = {
            "evidence": lambda: purging.evidence(settings.evidence_folder, retention.evidence_before(at)),
            "answers": lambda: purging.answers(settings.answers_folder, retention.answers_before(at)),
            "runs": lambda: purging.runs(retention.runs_before(at)),
        }
        found = [steps[kind]() for kind in kinds]
        if any(each.things for each in found) and not dry_run:
            details = "; ".join(each.words() for each in found if each.things)
            record_audit(db, at=stamp(at), who=by, action="purge", because=FILE, details=details)
    for path in leftover:
        path.unlink(missing_ok=True)
        with suppress(OSError):  # not empty, or not ours
            if path.parent not in (settings.answers_folder, settings.evidence_folder):
                path.parent.rmdir()
    return found


def purge_daily(settings: Settings, inventory: Inventory) -> None:
    """Purge once a day (UTC) by the service, and note for the report what went, or why it did not.

    Safe to call at any time; a failure is noted and tried again after an hour. Raises `InputError` when not even that
    can be noted.
    """
    at = now.utc()
    done = inventory.row("SELECT * FROM purges WHERE day = ?", (at.date().isoformat(),))
    if done and not (done["trouble"] and done["at"] <= stamp(at - AGAIN)):
        return
    gone, trouble = "", ""
    try:
        found = purge(settings, inventory, by=SERVICE, dry_run=False)
        gone = ", ".join(f"{len(each.things)} {COUNTED[each.kind]}" for each in found if each.things)
    except InputError as error:
        trouble = str(error)
    except Exception as error:  # noqa: BLE001 - the service goes on whatever it was
        trouble = f"the program itself failed ({type(error).__name__})"
    with inventory.write() as db:
        row = (at.date().isoformat(), stamp(at), gone, trouble)
        db.execute("INSERT OR REPLACE INTO purges (day, at, gone, trouble) VALUES (?,?,?,?)", row)


@dataclass(frozen=True)
class _Purging:
    """One purge inside its transaction; `gone` collects the files to remove after it."""

    inventory: Inventory
    db: Any
    protected: Protected
    gone: list[Path]
    dry_run: bool

    def evidence(self, folder: Path, before: datetime) -> Purged:
        rows = self.inventory.rows("SELECT * FROM evidence WHERE at < ? ORDER BY at", (stamp(before),))
        old = [row for row in rows if not self.protected.row(row, row["run_id"], row["id"])]
        known = {row["id"] for row in self.inventory.rows("SELECT id FROM evidence")}
        without_row = [path for path in folder.glob("E-*.age") if path.stem not in known and _is_old(path, before)]
        if not self.dry_run:
            for row in old:
                self.db.execute("DELETE FROM evidence WHERE id = ?", (row["id"],))
            self.gone.extend([*(folder / f"{row['id']}.age" for row in old), *without_row])
        things = [(row["id"], row["sha256_sealed"]) for row in old]
        things += [(path.stem, _digest(path.read_bytes())) for path in without_row]
        return Purged("evidence", tuple(things), len(rows) - len(old))

    def answers(self, folder: Path, before: datetime) -> Purged:
        things, held = [], 0
        for path in _files(folder):
            if not _is_old(path, before):
                continue
            with in_plain_words(path.parent):
                content = path.read_bytes()
            if self.protected.file(content):
                held += 1
                continue
            things.append((path.relative_to(folder).as_posix(), _digest(content)))
            if not self.dry_run:
                self.gone.append(path)
        return Purged("answers", tuple(things), held)

    def runs(self, before: datetime) -> Purged:
        rows = self.inventory.rows(
            "SELECT * FROM runs WHERE started_at < ? AND ended_at IS NOT NULL ORDER BY id", (stamp(before),)
        )
        old = [row for row in rows if not self.protected.row(row, row["id"])]
        if not self.dry_run:
            for row in old:
                self._count(row)
                self.db.execute("DELETE FROM runs WHERE id = ?", (row["id"],))
        things = tuple((row["id"], _digest(json.dumps(row, sort_keys=True).encode())) for row in old)
        return Purged("runs", things, len(rows) - len(old))

    def _count(self, row: dict[str, Any]) -> None:
        """Add a run to the daily counts, in which it goes on."""
        self.db.execute(
            """INSERT INTO run_days (day, account, portal, flow, runs, failed, asked, answered)
               VALUES (?,?,?,?,1,?,?,?) ON CONFLICT DO UPDATE SET runs = runs + 1, failed = failed + excluded.failed,
               asked = asked + excluded.asked, answered = answered + excluded.answered""",
            (
                row["started_at"][:10],
                *(row[name] for name in ("account", "portal", "flow")),
                row["error"] is not None,
                row["asked"],
                row["answered"],
            ),
        )


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())


def _is_old(path: Path, before: datetime) -> bool:
    """By the day in its name or its folder's, else by when it was last written."""
    for name in (path.name, path.parent.name):
        with suppress(ValueError):
            return datetime.fromisoformat(name[:10]).replace(tzinfo=UTC).date() < before.date()
    return datetime.fromtimestamp(path.stat().st_mtime, UTC) < before


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
