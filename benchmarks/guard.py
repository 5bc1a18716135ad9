"""What a decision of the guard takes with many accounts and a long ledger, with the commit's fsync and without.

python -m benchmarks.guard [--accounts 10000] [--rows 50000]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from bots import guard, now
from bots.brake import Limits
from bots.desk import Verdict
from bots.inventory import Inventory, stamp
from bots.lease import Lease
from payers.portals.availity import PORTAL

MOST_MS = 2.0
DECISIONS = 500
DAYS = 400
LIMITS = Limits(brake_refusals=3, alike_accounts=3, pause_minutes=15, sign_ins_per_day=24)


def measure(accounts: int = 10_000, rows: int = 50_000) -> tuple[float, float]:
    """The median milliseconds of a granted password: the decision alone, and with its commit on disk."""
    with (
        tempfile.TemporaryDirectory(prefix="portalkeeper-guard-") as folder,
        closing(Inventory(Path(folder) / "inventory.db")) as inventory,
    ):
        _fill(inventory, accounts, rows)
        chosen = range(0, accounts, max(1, accounts // DECISIONS))
        with inventory.write():  # each decision is a part of one transaction: nothing is synced between them
            alone = _median(inventory, [_name(index) for index in chosen])
        return alone, _median(inventory, [_name(index + 1) for index in chosen])


def _median(inventory: Inventory, names: list[str]) -> float:
    times = []
    for name in names:
        lease = Lease(name, 1, inventory.path.parent)
        began = time.perf_counter()
        grant = guard.grant_password(inventory, lease, f"run-{name}", "0" * 32, PORTAL, LIMITS, automatic=True)
        times.append((time.perf_counter() - began) * 1000)
        _forget(inventory, grant.attempt)
    return statistics.median(times)


def _forget(inventory: Inventory, attempt: int) -> None:
    """Close the attempt, so that the brake does not wait for it."""
    with inventory.write() as db:
        db.execute("UPDATE ledger SET verdict = ? WHERE id = ?", (Verdict.ACCEPTED, attempt))


def _fill(inventory: Inventory, accounts: int, rows: int) -> None:
    at = now.utc()
    with inventory.write() as db:
        db.table("accounts").insert_all(
            {"name": _name(index), "portal": PORTAL.name, "user_id": f"u{index}", "kind": "worker"}
            for index in range(accounts)
        )
        db.table("leases").insert_all(
            {"account": _name(index), "epoch": 1, "owner": "bench", "taken_at": stamp(at)} for index in range(accounts)
        )
        db.table("ledger").insert_all(
            {
                "account": _name(index % accounts),
                "kind": "password" if index // accounts % 2 == 0 else "signed_in",
                "fingerprint": f"{index:032x}" if index // accounts % 2 == 0 else None,
                "verdict": "refused" if index % 50 == 0 and index // accounts % 2 == 0 else "accepted",
                "submissions": 1,
                "opened_at": stamp(at - timedelta(days=DAYS * (rows - index) / rows, hours=2)),
                "closed_at": stamp(at - timedelta(days=DAYS * (rows - index) / rows, hours=2)),
            }
            for index in range(rows)
        )


def _name(index: int) -> str:
    return f"account-{index:05}"


def told(alone: float, committed: float) -> str:
    """One line for people."""
    return f"\na decision of the guard: {alone:.2f} ms, {committed:.2f} ms with its commit on disk"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.guard", description=__doc__)
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--rows", type=int, default=50_000)
    options = parser.parse_args()
    print(told(*measure(options.accounts, options.rows)))


if __name__ == "__main__":
    main()
