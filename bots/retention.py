"""How long things are kept, and what may not go: config/retention.toml, holds, open incidents."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from bots import now
from bots.exhibits import find_evidence
from bots.incidents import find_incident, incident_name, open_ones
from bots.inventory import Inventory, stamp
from bots.inventory.accounts import get_account
from bots.inventory.audit import record_audit
from flows.errors import InputError

FILE = "retention.toml"
_RUN = re.compile(r"\d{8}T\d{6}-[0-9a-f]{6}")
_OPEN = "SELECT * FROM retention_holds WHERE released_at IS NULL ORDER BY id"


@dataclass(frozen=True)
class Retention:
    """How long runs (months), answers and evidence (days) are kept."""

    runs_months: int = 25
    answers_days: int = 90
    evidence_days: int = 60

    def runs_before(self, at: datetime) -> datetime:
        """Runs older than this go."""
        months = at.year * 12 + at.month - 1 - self.runs_months
        return at.replace(year=months // 12, month=months % 12 + 1, day=min(at.day, 28))

    def answers_before(self, at: datetime) -> datetime:
        """Answers older than this go."""
        return at - timedelta(days=self.answers_days)

    def evidence_before(self, at: datetime) -> datetime:
        """Evidence older than this goes."""
        return at - timedelta(days=self.evidence_days)


def load_retention(file: Path) -> Retention:
    """Read config/retention.toml, which need not exist. InputError names what is wrong in it."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8-sig")) if file.exists() else {}
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        where = re.search(r"line \d+, column \d+", str(error))
        raise InputError(f"{file}: not valid TOML{f' at {where[0]}' if where else ''}") from None
    keep, known = table.get("keep", {}), [field.name for field in fields(Retention)]
    if set(table) - {"keep"} or not isinstance(keep, dict):
        raise InputError(f"{file}: expected one table, [keep], with {', '.join(known)}")
    for name, number in keep.items():
        if name not in known:
            raise InputError(f"{file}: keep.{name} is not known; the keys are {', '.join(known)}")
        if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= 10_000:
            raise InputError(f"{file}: keep.{name}: expected a whole number, 1 to 10000")
    return Retention(**keep)


class HoldKind(StrEnum):
    """What a hold stops the purging of."""

    EVERYTHING = "everything"
    ACCOUNT = "account"
    RUN = "run"
    EVIDENCE = "evidence"
    INCIDENT = "incident"


def add_hold(inventory: Inventory, what: str, *, by: str, because: str) -> dict[str, Any]:
    """Stop purging what belongs to an account, run, evidence or incident, or everything. The row of the hold.

    Raises `InputError` when there is no such thing.
    """
    kind, name = _meant(inventory, what)
    row = {"kind": kind, "what": name, "because": because, "by": by, "at": stamp(now.utc())}
    with inventory.write() as db:
        columns = "kind, what, because, by, at"
        done = db.execute(f"INSERT INTO retention_holds ({columns}) VALUES (?,?,?,?,?)", tuple(row.values()))
        number = int(done.lastrowid or 0)
        record_audit(db, at=row["at"], who=by, action="hold add", because=because, details=f"hold {number}: {name}")
    return {"id": number, **row}


def _meant(inventory: Inventory, what: str) -> tuple[HoldKind, str]:
    if what == HoldKind.EVERYTHING:
        return HoldKind.EVERYTHING, what
    if what.upper().startswith("INC-"):
        return HoldKind.INCIDENT, incident_name(find_incident(inventory, what))
    if what.startswith("E-"):
        return HoldKind.EVIDENCE, str(find_evidence(inventory, what)["id"])
    if _RUN.fullmatch(what):
        if inventory.row("SELECT 1 FROM runs WHERE id = ?", (what,)) is None:
            raise InputError(f"there is no run {what}; see: pk runs")
        return HoldKind.RUN, what
    return HoldKind.ACCOUNT, str(get_account(inventory, what)["name"])


def release_hold(inventory: Inventory, number: int, *, by: str, because: str) -> None:
    """Let what the hold kept be purged again. Raises `InputError` when it is not in force."""
    at = stamp(now.utc())
    with inventory.write() as db:
        changed = db.execute(
            """UPDATE retention_holds SET released_by = ?, released_at = ?, released_because = ?
               WHERE id = ? AND released_at IS NULL""",
            (by, at, because, number),
        ).rowcount
        if not changed:
            raise InputError(f"no hold {number} is in force; see: pk hold list")
        record_audit(db, at=at, who=by, action="hold release", because=because, details=f"hold {number}")


def holds_in_force(inventory: Inventory) -> list[dict[str, Any]]:
    """Holds that nobody has released, oldest first."""
    return inventory.rows(_OPEN)


@dataclass(frozen=True)
class Protected:
    """What must stay: under a hold, or of an incident that is open or held."""

    holds: tuple[tuple[str, str], ...]
    incidents: tuple[Mapping[str, Any], ...]

    @classmethod
    def now(cls, inventory: Inventory) -> Protected:
        """As it stands; asked inside a `write()` it can't change before that ends."""
        holds = tuple((row["kind"], row["what"]) for row in inventory.rows(_OPEN))
        held = [find_incident(inventory, what) for kind, what in holds if kind == HoldKind.INCIDENT]
        return cls(holds, (*open_ones(inventory), *held))

    def row(self, row: Mapping[str, Any], run_id: str, evidence: str = "") -> bool:
        """Whether a row with account, portal and flow must stay."""
        names = {
            (HoldKind.EVERYTHING, HoldKind.EVERYTHING),
            (HoldKind.ACCOUNT, row["account"]),
            (HoldKind.RUN, run_id),
            (HoldKind.EVIDENCE, evidence),
        }
        return bool(names & set(self.holds)) or any(_is_about(each, row, run_id) for each in self.incidents)

    def file(self, content: bytes) -> bool:
        """Whether a file of answers must stay, by the accounts, runs and portals that are named in it."""
        words = {what for kind, what in self.holds if kind in (HoldKind.ACCOUNT, HoldKind.RUN)}
        everything = any(kind == HoldKind.EVERYTHING for kind, _ in self.holds)
        for incident in self.incidents:
            named = {incident[column] for column in ("account", "run_id", "portal")} - {None}
            everything = everything or not named
            words |= named
        return everything or any(word.encode() in content for word in words)


def _is_about(incident: Mapping[str, Any], row: Mapping[str, Any], run_id: str) -> bool:
    """Whether a run belongs to an incident: it opened it, or is of the account, portal and flow that it is about."""
    return incident["run_id"] == run_id or all(
        incident[column] in (None, row[column]) for column in ("account", "portal", "flow")
    )
