"""What the morning report takes with many accounts and runs: CPU seconds to gather and draw it, memory, the page.

CPU seconds, for it works alone in one thread: on an idle machine they are the seconds one waits.

python -m benchmarks.report [--accounts 10000] [--runs 1000000]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bots import now
from bots.inventory import Inventory, stamp

MOST_SECONDS, MOST_MB = 10.0, 500.0
DAYS = 30
PORTALS = ("availity", "uhc", "tmhp", "medi_cal", "epaces")
FLOWS = ("login", "eligibility", "claim_status")
_RUNS = """WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {runs}),
    r AS (SELECT i, strftime('%Y-%m-%dT%H:%M:%f', '{start}', (i * {step}) || ' seconds') AS at FROM n)
    INSERT INTO runs (id, account, portal, flow, source, by, module_version, started_at, ended_at, sign_in, questions,
      asked, answered, error, message)
    SELECT 'run-' || i, 'account-' || (i % {accounts}), (SELECT portal FROM accounts WHERE name = 'account-' ||
      (i % {accounts})), CASE i / {accounts} % 3 WHEN 0 THEN 'login' WHEN 1 THEN 'eligibility' ELSE 'claim_status' END,
      'service', 'service', '1', at || '+00:00', strftime('%Y-%m-%dT%H:%M:%f', at, (2 + i % 17) || ' seconds')
      || '+00:00',
      'stored', i / {accounts} % 3, i / {accounts} % 3, i / {accounts} % 3,
      iif(i % 50 = 7, 'PortalUnavailable', iif(i % 997 = 3, 'InvalidCredentials', NULL)), NULL FROM r"""


@dataclass(frozen=True)
class Cost:
    """What one report took; `page` and `peak` are megabytes, `wall` the seconds one waited at the machine's `load`."""

    seconds: float
    wall: float
    load: float
    peak: float
    page: float
    needs: int

    def told(self) -> str:
        """In one line."""
        return (
            f"morning report: {self.seconds:.1f} s of CPU (at most {MOST_SECONDS:.0f}), {self.wall:.1f} s by the clock "
            f"at a load of {self.load:.1f}, {self.peak:.0f} MB (at most {MOST_MB:.0f}), page {self.page:.2f} MB, "
            f"{self.needs} needs"
        )

    def missed(self) -> bool:
        """Whether it took too much."""
        return self.seconds > MOST_SECONDS or self.peak > MOST_MB


def fill(inventory: Inventory, accounts: int, runs: int) -> None:
    """Accounts with a month of runs, due rows, a tenth of a percent frozen."""
    at = now.utc()
    with inventory.write() as db:
        db.table("accounts").insert_all(
            {
                "name": f"account-{number}",
                "portal": PORTALS[number % len(PORTALS)],
                "kind": "worker",
                "user_id": f"user-{number}",
                "owner": f"owner-{number % 7}",
                "automation": "permitted",
                "created_on": "2026-01-01",
                "password_set_on": f"{at - timedelta(days=number % 55):%Y-%m-%d}",
                "last_good_sign_in_at": stamp(at - timedelta(hours=number % 48)),
            }
            for number in range(accounts)
        )
        start = f"{at - timedelta(days=DAYS):%Y-%m-%d %H:%M:%S}"
        db.execute(_RUNS.format(runs=runs, accounts=accounts, start=start, step=DAYS * 86_400 / runs))
        db.execute(
            """INSERT INTO due (schedule, account, flow, due_at, written_at, state, run_id, ended_at)
               SELECT 'nightly-' || flow, account, flow, started_at, started_at,
               iif(error IS NULL, 'done', 'failed'), id, ended_at FROM runs"""
        )
        db.execute(
            """INSERT INTO incidents (kind, account, error, message, opened_at, opened_by)
               SELECT 'freeze', name, 'InvalidCredentials', 'refused', ?, 'worker' FROM accounts
               WHERE rowid % 1000 = 1""",
            (stamp(at - timedelta(hours=3)),),
        )


def measure(accounts: int = 10_000, runs: int = 1_000_000) -> Cost:
    """One report in a process of its own, over an inventory made here."""
    with tempfile.TemporaryDirectory(prefix="portalkeeper-report-") as folder:
        with closing(Inventory(Path(folder) / "inventory.db")) as inventory:
            fill(inventory, accounts, runs)
        command = [sys.executable, "-m", "benchmarks.report", "--of", folder, "--accounts", str(accounts)]
        told = subprocess.run(command, capture_output=True, text=True, check=True)
    return Cost(**json.loads(told.stdout))


def _one(home: Path, accounts: int) -> Cost:
    import resource

    from bots.report import gather, render_html, render_text
    from bots.settings import Settings

    names = [f"account-{number}" for number in range(accounts)]
    at: datetime = now.utc().astimezone()
    with closing(Inventory(home / "inventory.db")) as inventory:
        load, waited, began = os.getloadavg()[0], time.monotonic(), time.process_time()
        found = gather(inventory, names, at, service_running=True, settings=Settings(home=home), take_up=True)
        page = render_html(found)
        render_text(found)
        seconds, wall = time.process_time() - began, time.monotonic() - waited
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = round(len(page.encode()) / 1e6, 3)
    return Cost(round(seconds, 2), round(wall, 2), round(load, 1), round(peak, 1), size, len(found.needs))


def main() -> int:
    """Exit code 1 when the target is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=__doc__)
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--of", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.of:
        print(json.dumps(asdict(_one(options.of, options.accounts))))
        return 0
    cost = measure(options.accounts, options.runs)
    print(cost.told())
    return int(cost.missed())


if __name__ == "__main__":
    sys.exit(main())
