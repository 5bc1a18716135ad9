"""Recovery: what a process that died left behind is found, settled and told, before anything new begins."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bots import now
from bots.desk import Verdict
from bots.disk import sweep
from bots.inventory import Inventory, stamp
from bots.lease import try_lock
from bots.remittances import settle
from bots.settings import Settings

DIED = "the process died; what it was doing is not known"


@dataclass(frozen=True)
class Recovered:
    """What was settled: accounts with a lease, runs without an end, attempts without a verdict, files, ERAs."""

    accounts: tuple[str, ...] = ()
    runs: int = 0
    attempts: int = 0
    files: int = 0
    eras: int = 0

    def words(self) -> str:
        """One line for people; empty when nothing was left behind."""
        found = [
            (len(self.accounts), "leases given back"),
            (self.runs, "runs closed as lost"),
            (self.attempts, "submissions without a verdict, which stay counted"),
            (self.files, "half-written files removed"),
            (self.eras, "ERAs taken in to the end"),
        ]
        told = ", ".join(f"{count} {what}" for count, what in found if count)
        return f"left behind by a process that died: {told}" if told else ""


def recover(inventory: Inventory, settings: Settings) -> Recovered:
    """Settle what dead processes left. Accounts in use by living ones are not touched."""
    left = inventory.rows("SELECT account, epoch FROM leases WHERE released_at IS NULL")
    accounts, runs, attempts = [], 0, 0
    for row in left:
        with _free(settings, row["account"]) as free:
            if free:
                accounts.append(row["account"])
                closed = _settle(inventory, row["account"])
                settle(inventory, settings.fetched_folder, row["account"])
                runs, attempts = runs + closed[0], attempts + closed[1]
    folders = (
        settings.vault_folder,
        settings.state_folder,
        settings.answers_folder,
        settings.fetched_folder,
        settings.evidence_folder,
        settings.home,
    )
    files = sum(sweep(folder) for folder in folders if folder.is_dir())
    return Recovered(tuple(accounts), runs, attempts, files, _eras(inventory, settings))


def _eras(inventory: Inventory, settings: Settings) -> int:
    """Finish taking in the ERAs that are archived but not yet with billing."""
    if not settings.era_folder.is_dir():
        return 0
    from bots.era.intake import Intake
    from bots.sealing import load_key

    return Intake(settings, inventory, load_key(settings.key_file)).recover()


@contextmanager
def _free(settings: Settings, account: str) -> Iterator[bool]:
    """Whether nobody alive holds the account; nobody can take it while the block lasts."""
    settings.lease_folder.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(settings.lease_folder / f"{account}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield try_lock(handle)
    finally:
        os.close(handle)


def _settle(inventory: Inventory, account: str) -> tuple[int, int]:
    """Close the account's open runs, attempts and lease. How many runs and attempts there were."""
    at = stamp(now.utc())
    with inventory.write() as db:
        runs = db.execute(
            "UPDATE runs SET ended_at = ?, error = 'WorkerLost', message = ? WHERE account = ? AND ended_at IS NULL",
            (at, DIED, account),
        ).rowcount
        attempts = db.execute(
            "UPDATE ledger SET verdict = ?, closed_at = ? WHERE account = ? AND verdict = ?",
            (Verdict.UNKNOWN, at, account, Verdict.OPEN),
        ).rowcount
        db.execute("UPDATE leases SET released_at = ? WHERE account = ? AND released_at IS NULL", (at, account))
    return runs, attempts
