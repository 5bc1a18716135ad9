"""How much memory a signed-in session takes when many are open at once: python, driver and browser together.

python -m benchmarks.density --sessions 50 [--browser EXECUTABLE]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

from benchmarks.practice import House, world
from benchmarks.tree import parts
from bots.browser import find_browser
from bots.desk import Desk, Order, Outcome
from bots.engine import Engine
from bots.logs import start_logging
from bots.runner import Runner
from bots.session import LiveSession

MOST_MB = 30.0
LOOKS = 5  # a second apart; the heaviest counts


@dataclass(frozen=True)
class Density:
    """What so many open sessions take, in MB of PSS by kind of process."""

    sessions: int
    by_kind: dict[str, float]

    @property
    def each(self) -> float:
        """MB per session, everything included."""
        return sum(self.by_kind.values()) / self.sessions

    def told(self) -> str:
        """One line for people."""
        kinds = ", ".join(f"{kind} {size:.0f}" for kind, size in sorted(self.by_kind.items()))
        return f"\n{self.sessions} signed-in sessions at once: {self.each:.1f} MB of PSS each ({kinds})"


class HoldingEngine(Engine):
    """The engine, except that a session that has done its order stays seated until `release`."""

    def __init__(self, *given: Any, **limits: Any) -> None:
        super().__init__(*given, **limits)
        self.seated = 0
        self.release = asyncio.Event()

    async def work(self, session: LiveSession, order: Order, desk: Desk) -> Outcome:
        """Carry out the order, and stay."""
        outcome = await super().work(session, order, desk)
        self.seated += outcome.failure is None
        await self.release.wait()
        return outcome


def measure(sessions: int, browser: Path) -> Density:
    """Weigh so many sessions, in a process of their own."""
    command = [sys.executable, "-m", "benchmarks.density", "--json", "--sessions", str(sessions)]
    done = subprocess.run([*command, "--browser", str(browser)], check=True, stdout=subprocess.PIPE, text=True)
    return Density(**json.loads(done.stdout))


def _weigh(sessions: int, browser: Path) -> Density:
    with tempfile.TemporaryDirectory(prefix="portalkeeper-density-") as folder, world() as stage:
        house = House(Path(folder) / "home", stage)
        names = [f"availity-{number:03}" for number in range(sessions)]
        for name in names:
            house.account(name)
        by_kind = asyncio.run(_hold(house, names, browser, without=stage.pid))
        house.inventory.close()
    return Density(sessions, by_kind)


async def _hold(house: House, names: list[str], browser: Path, *, without: int) -> dict[str, float]:
    """Sign all accounts in through the real Runner, look while all are open, and let them go."""
    settings = house.settings.model_copy(update={"browser_executable": browser})
    with patch("bots.runner.runner.Engine", HoldingEngine):
        runner = Runner(settings, house.inventory, house.vault, house.key, source="command", by="bench")
    engine = cast(HoldingEngine, runner._engine)
    runs = [asyncio.create_task(runner.run(name, "login")) for name in names]
    while engine.seated < len(names) and not any(run.done() for run in runs):
        await asyncio.sleep(0.1)
    looks = []
    for _ in range(LOOKS):
        await asyncio.sleep(1)
        looks.append(parts(os.getpid(), without=without))
    engine.release.set()
    failures = [result.failure for result in await asyncio.gather(*runs) if result.failure]
    await runner.stop()
    if failures or engine.seated != len(names):
        raise RuntimeError(f"only {engine.seated} of {len(names)} sessions were open at once: {failures[:3]}")
    return max(looks, key=lambda look: sum(look.values()))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.density", description=__doc__)
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--browser", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    start_logging(Path(os.devnull), "error")
    density = _weigh(options.sessions, options.browser or find_browser(None))
    print(json.dumps(asdict(density)) if options.json else density.told())


if __name__ == "__main__":
    main()
