"""A day of service life: 24 simulated hours by jumps, faults all day, and every planned run accounted for.

python -m benchmarks.day [--accounts 200] [--hours 24] [--kills 0] [--seed 1] [--browsers]

The service is a process of its own, as `portalkeeper serve` is. With `--browsers` it works on the sandbox with real
browsers, on faults that the sandbox plays; else the portals are played (`benchmarks.played`) and everything of `bots/`
is real but the browser. `--kills` times it is ended by SIGKILL and started again. A person comes by each hour: mended
repairs are closed, and the brake is released.

Fails when a planned run is unexplained (no end, or no success and no cause), when an account was locked, when memory
grew by more than a fifth, or when a process is left.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
from pydantic import SecretStr

from benchmarks.played import PlayedEngine, PlayedPortals
from benchmarks.practice import World, world
from bots import clock, now
from bots.brake import Kind
from bots.clock.timing import share_of
from bots.disk import write_durably
from bots.incidents import close_incident, open_ones, release_brake
from bots.inventory import Inventory, stamp
from bots.sealing import create_key, load_key
from bots.settings import Settings, load
from bots.vault import create_vault
from payers.registry import portals

BEGIN = datetime(2026, 11, 23, 6, tzinfo=UTC)
STEP = timedelta(minutes=15)
MOST_GROWTH = 1.2
SETTLE_SECONDS = 60
BROWSERS = ("chrom", "headless", "node", "MainThread")  # how the names of a browser and its driver begin
ROWS = """\
signed-in: {flow: login, accounts: all, every: 3h, jitter: 50m, zone: America/New_York}
keep-alive: {flow: keep, accounts: all, cron: 15 3 * * *, jitter: 20m, zone: America/Los_Angeles}
"""
FEW = """\
signed-in: {flow: login, accounts: all, every: 8h, jitter: 50m, zone: America/New_York}
"""
MORNINGS = """\
mornings:
  {flow: login, accounts: all, cron: 30 4 * * *, window: 04:00-07:00, jitter: 40m, ready_by: "06:30",
   zone: America/Chicago}
"""
MAINTENANCE = """\
[[maintenance]]
portal = "medi_cal"
begin = 2026-11-23T02:30:00
end = 2026-11-23T05:00:00
zone = "America/Los_Angeles"
source = "made up"
"""
FAULTS = ("server_error", "cut_after")


@dataclass
class Outcome:
    """What the day came to."""

    planned: int = 0
    states: Counter[str] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)
    late: int = 0
    unexplained: list[str] = field(default_factory=list)
    lockouts: list[str] = field(default_factory=list)
    submissions: int = 0
    weights: list[float] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    starts: int = 0

    @property
    def growth(self) -> float:
        """Memory in the last third against the second, where one process lived long enough."""
        third = len(self.weights) // 3
        if third < 4:
            return 1.0
        return (sum(self.weights[-third:]) / third) / (sum(self.weights[third : 2 * third]) / third)

    def good(self) -> bool:
        """Whether the day holds what it must."""
        return not (self.unexplained or self.lockouts or self.left) and self.growth <= MOST_GROWTH

    def told(self) -> str:
        """For people."""
        ends = ", ".join(f"{count} {state}" for state, count in sorted(self.states.items()))
        return (
            f"{self.planned} runs planned: {ends}; {self.late} late; {len(self.unexplained)} unexplained\n"
            f"{self.submissions} passwords submitted, {len(self.lockouts)} accounts locked, {self.starts} starts of "
            f"the service, memory x{self.growth:.2f}, left behind: {'; '.join(self.left) or 'nothing'}"
        )


class Day:
    """The data folder, the clock, the portals and the service of one day."""

    def __init__(self, folder: Path, accounts: int, *, seed: int, stage: World | None = None) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.clock = self.home / "sandbox-clock.json"
        self.chance = random.Random(seed)
        self.stage = stage
        # a sandbox's clock goes forward only
        self.begin = BEGIN if stage is None else datetime.now(UTC).replace(hour=6, minute=0) + timedelta(days=1)
        self.at = self.begin
        self.outcome = Outcome()
        self._service: subprocess.Popen[str] | None = None
        self._furnish(accounts, seed)

    # the stage

    def _furnish(self, accounts: int, seed: int) -> None:
        self.home.mkdir(mode=0o700, exist_ok=True)
        (self.home / "config").mkdir(exist_ok=True)
        self._move(self.begin)
        settings = Settings(home=self.home)
        key = create_key(settings.key_file)
        vault = create_vault(settings.vault_folder, key)
        self.inventory = Inventory(settings.database)
        for place in (settings.state_folder, settings.lease_folder, settings.answers_folder):
            place.mkdir(mode=0o700)
        names = sorted(portals())
        self.accounts = [f"{names[n % len(names)].replace('_', '')}-{n:04}" for n in range(accounts)]
        for number, name in enumerate(self.accounts):
            self._account(name, names[number % len(names)], vault)
        wrong = self.chance.sample(self.accounts, max(1, accounts // 60)) if self.stage is None else []
        write_durably(self.folder / "plan.json", json.dumps({"wrong": wrong, "seed": seed}).encode())
        self.portals = PlayedPortals(self.folder / "portals")
        (self.home / "schedules.yaml").write_text((ROWS if self.stage is None else FEW) + MORNINGS)
        (self.home / "config" / "maintenance.toml").write_text(MAINTENANCE if self.stage is None else "")

    def _account(self, name: str, portal: str, vault: Any) -> None:
        """A login of the sandbox, or one that is only played."""
        row = {"name": name, "portal": portal, "kind": "worker", "user_id": f"u-{name}", "owner": "soak"}
        row |= {"address": f"http://{portal.replace('_', '-')}.localhost:9", "created_on": f"{self.begin:%Y-%m-%d}"}
        password, totp = f"{name}-Secret1", None
        if self.stage:
            user = f"dayuser{name[-4:]}" + ("@clinic.example" if portal == "medi_cal" else "")
            made = self.stage.post("/accounts", portal=portal, user=user)
            row |= {"user_id": made["user"], "address": self.stage.urls[portal]}
            password, totp = made["password"], made.get("totp_secret")
        with self.inventory.write() as db:
            db.table("accounts").insert(row)
        secret = SecretStr(totp) if totp else None
        vault.put(name, password=SecretStr(password), **({"totp_secret": secret} if secret else {}))

    def _move(self, at: datetime) -> None:
        """Jump to `at`."""
        if self.stage:
            ahead = (at - datetime.now(UTC)).total_seconds() - json.loads(self.clock.read_text())["offset_seconds"]
            self.stage.post("/clock", advance_seconds=max(0, ahead))
        else:
            offset = (at - datetime.now(UTC)).total_seconds()
            write_durably(self.clock, json.dumps({"offset_seconds": offset}).encode())
        now.use_sandbox_clock(self.clock)
        self.at = now.utc()

    # the service

    def start(self) -> None:
        """Start the service, and wait until it works."""
        here = str(Path(__file__).parents[1])
        environment = {**os.environ, "PYTHONPATH": here, "PORTALKEEPER_HOME": str(self.home)}
        environment |= {"PORTALKEEPER_STATUS_PORT": "0", "PORTALKEEPER_LOG_LEVEL": "error"}
        mode = "played" if self.stage is None else "browsers"
        command = [sys.executable, "-m", "benchmarks.day", "--serve", mode, "--folder", str(self.folder)]
        log = (self.folder / "service.log").open("a")
        self._service = subprocess.Popen(
            command, stdout=log, stderr=subprocess.PIPE, text=True, env=environment, cwd=here, start_new_session=True
        )
        assert self._service.stderr
        told = []
        for line in self._service.stderr:
            told.append(line)
            if "next due" in line:
                break
        else:
            raise RuntimeError(f"the service did not start: {''.join(told)}")
        self.outcome.starts += 1

    def kill(self) -> None:
        """SIGKILL, in the middle of whatever it does; its browsers end by themselves."""
        assert self._service
        self._service.kill()
        self._service.wait()

    def stop(self) -> None:
        """SIGTERM, and its end."""
        assert self._service
        self._service.terminate()
        try:
            self._service.wait(60)
        except subprocess.TimeoutExpired:
            self.outcome.left.append("the service did not end within a minute")
            self._service.kill()
            self._service.wait()
        deadline = time.monotonic() + 20
        while (left := self._of_ours()) and time.monotonic() < deadline:
            time.sleep(0.2)
        self.outcome.left += left

    def _of_ours(self) -> list[str]:
        """Processes of the service's session that still live."""
        assert self._service
        found = []
        for process in psutil.process_iter(["pid", "name"]):
            try:
                if os.getsid(process.pid) == self._service.pid and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(f"process {process.pid} {process.info['name']}")
            except (ProcessLookupError, PermissionError, psutil.Error):
                continue
        return found

    def weigh(self) -> None:
        """Its memory and its workers' now, in MB.

        Without browsers: there are some while sign-ins are due, which is not the same hours in each third of the day.
        Whether a browser grows is for `benchmarks.soak`, which compares like with like.
        """
        assert self._service
        try:
            process = psutil.Process(self._service.pid)
            parts = [
                process,
                *(each for each in process.children(recursive=True) if not each.name().startswith(BROWSERS)),
            ]
            self.outcome.weights.append(sum(part.memory_info().rss for part in parts) / 1e6)
        except psutil.Error:
            pass

    # the day

    def live(self, hours: int, kills: int, tell: Any = print) -> Outcome:
        """Everything: the hours with their faults and kills, the settling, the account."""
        steps = int(timedelta(hours=hours) / STEP)
        at_steps = Counter(self.chance.choices(range(1, max(2, steps - 2)), k=kills))
        self.start()
        first = self.at
        try:
            for step in range(1, steps + 1):
                self._move(self.begin + step * STEP)
                if self.stage and step % 8 == 0:
                    self._faults()
                for _ in range(at_steps[step]):
                    self._wait(self.chance.random() * 1.5)
                    self.kill()
                    self.start()
                self._wait(SETTLE_SECONDS)
                self.weigh()
                if step % 4 == 0:
                    self._person()
                    tell(f"{self.at:%H:%M} {dict(self._states())}", flush=True)
            self._settle()
        finally:
            self.stop()
        self._account_for(first)
        return self.outcome

    def _faults(self) -> None:
        """New faults for the next hour, on the portals of the sandbox."""
        assert self.stage
        for portal in self.chance.sample(sorted(portals()), 1):
            kind = self.chance.choice(FAULTS)
            self.stage.post("/faults", portal=portal, kind=kind, at="login_post")

    def _person(self) -> None:
        """What somebody of operations does each hour."""
        with self.inventory.write() as db:
            for incident in open_ones(db, Kind.REPAIR):
                close_incident(db, incident, by="person", because="mended")
            if open_ones(db, Kind.BRAKE):
                release_brake(db, sorted(portals()), by="person", because="looked at")

    def _states(self) -> Counter[str]:
        return Counter(
            {row["state"]: row["n"] for row in self._rows("SELECT state, count(*) AS n FROM due GROUP BY 1")}
        )

    def _rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(self.home / "inventory.db", timeout=30)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql, values)]

    def _open(self) -> int:
        """How many rows could run now, or do."""
        at = stamp(self.at)
        return int(
            self._rows(
                """SELECT count(*) AS n FROM due WHERE state = 'running' OR (state = 'due' AND due_at <= ?1
                   AND ifnull(not_before, '') <= ?1)""",
                at,
            )[0]["n"]
        )

    def _wait(self, seconds: float) -> None:
        """Until nothing is to do any more, at most so long."""
        deadline = time.monotonic() + seconds
        quiet = 0
        while time.monotonic() < deadline and quiet < 4:
            time.sleep(0.1)
            quiet = 0 if self._open() else quiet + 1

    def _settle(self) -> None:
        """The rest of what came due gets its end, also what maintenance moved."""
        for _ in range(8):
            self._wait(SETTLE_SECONDS)
            if not self._rows("SELECT 1 FROM due WHERE state IN ('due', 'running') LIMIT 1"):
                return
            self._move(self.at + STEP)

    def _account_for(self, first: datetime) -> None:
        """Hold the due rows against what was planned."""
        out, last = self.outcome, self.at
        rows = self._rows("SELECT * FROM due WHERE state <> 'seen'")
        found = {(row["schedule"], row["account"], row["due_at"]): row for row in rows}
        settings = Settings(home=self.home)
        for schedule in clock.load_schedules(settings.schedules, self.inventory):
            for account in schedule.accounts:
                for moment in schedule.timing.moments(first - timedelta(days=1), last):
                    due = moment.shifted(share_of(account), schedule.jitter).at
                    if first < due <= last:
                        out.planned += 1
                        row = found.get((schedule.name, account, stamp(due)))
                        self._judge(schedule.name, account, due, row)
        out.late = sum(bool(row["ready_by"] and row["ended_at"] and row["ended_at"] > row["ready_by"]) for row in rows)
        if self.stage:
            seen = self.stage.get("/state")["portals"]
            users = [(portal, user, counts) for portal in seen for user, counts in seen[portal]["accounts"].items()]
            out.lockouts = [f"{portal} {user}" for portal, user, counts in users if counts["lock_count"]]
            out.submissions = sum(counts["password_submissions"] for _, _, counts in users)
        else:
            out.lockouts = self.portals.lockouts()
            out.submissions = sum(len(self.portals.lines(account)) for account in self.accounts)

    def _judge(self, schedule: str, account: str, due: datetime, row: dict[str, Any] | None) -> None:
        state = row["state"] if row else "not written"
        self.outcome.states[state] += 1
        if row and row["cause"]:
            self.outcome.causes[_plain(row["cause"])] += 1
        if row is None or state in ("due", "running") or (state != "done" and not row["cause"]):
            self.outcome.unexplained.append(f"{schedule} {account} {due:%H:%M}: {state}")


def _plain(cause: str) -> str:
    """The cause without what is particular in it, for counting."""
    return " ".join(word for word in cause.split() if not any(sign.isdigit() for sign in word))[:90]


def serve(folder: Path, mode: str) -> None:
    """The service itself, in a process of its own."""
    import bots.cli.office as offices
    from bots.cli.service import serve as serve_command
    from bots.service import run_service

    office = offices.office
    if mode == "browsers":
        serve_command()
        return
    import bots.clock.tick as tick
    import bots.runner.run as run
    import bots.runner.runner as runner
    from bots.keeping import Keeper
    from bots.logs import start_logging

    tick.TICK_SECONDS = 0.2  # type: ignore[assignment]
    run.TRIES = 1  # a played outage is over at the next due time, not after some seconds
    runner.find_browser = lambda given: Path(sys.executable)  # type: ignore[assignment]
    settings = load().model_copy(update={"wait_seconds": 5, "sign_ins_at_once": 16, "runs_per_portal": 8})
    settings = settings.model_copy(update={"sign_ins_per_day": 100})
    now.use_sandbox_clock(settings.sandbox_clock)
    inventory, key = Inventory(settings.database), load_key(settings.key_file)
    vault = office.vault
    engine = PlayedEngine(folder, vault, faults=True)
    runner.Engine = lambda *given, **more: engine  # type: ignore[assignment, misc]
    start_logging(None, "error")

    def keeper() -> Keeper:
        made = runner.Runner(settings, inventory, vault, key, source="service", by="service")
        return Keeper(made, inventory, vault, settings)

    run_service(settings, inventory, keeper, tell=lambda words: print(words, file=sys.stderr, flush=True))


@contextmanager
def staged(accounts: int, seed: int, browsers: bool) -> Iterator[Day]:
    """A day's stage for the length of a `with`."""
    folder = Path(tempfile.mkdtemp(prefix="portalkeeper-day-"))
    try:
        if browsers:
            (folder / "home").mkdir(mode=0o700)
            with world("--clock-file", str(folder / "home" / "sandbox-clock.json")) as stage:
                yield Day(folder, accounts, seed=seed, stage=stage)
        else:
            yield Day(folder, accounts, seed=seed)
    finally:
        now.use_sandbox_clock(None)
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """Live the day, print what it came to, and say whether that holds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.day", description=__doc__)
    parser.add_argument("--accounts", type=int, default=200)
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--browsers", action="store_true")
    parser.add_argument("--serve", choices=("played", "browsers"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        serve(options.folder, options.serve)
        return 0
    with staged(options.accounts, options.seed, options.browsers) as day:
        started = time.monotonic()
        outcome = day.live(options.hours, options.kills)
        print(f"{options.accounts} accounts, {options.hours} simulated hours in {time.monotonic() - started:.0f} s")
        print(outcome.told())
        for cause, count in outcome.causes.most_common(8):
            print(f"  {count} x {cause}")
        for words in (*outcome.unexplained[:10], *outcome.lockouts):
            print(f"  {words}")
        return 0 if outcome.good() else 1


if __name__ == "__main__":
    sys.exit(main())
