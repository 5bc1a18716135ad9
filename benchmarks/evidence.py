"""What evidence costs: the same batch of look-ups without any, and with a trace of the run, side by side.

A run that passes and was not asked for evidence calls the browser no more often for it (`tests/flows/
test_evidence_of_runs.py`); so what is measured here is the dearest wish there is.
"""

from __future__ import annotations

import statistics
import sys
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.cost import product_run
from benchmarks.practice import World
from benchmarks.tree import Cost

LOOKUPS = 20
MOST = 1.15  # of what the run takes without


@dataclass
class Evidence:
    """Costs of runs without evidence, and of runs with a trace."""

    without: list[Cost] = field(default_factory=list)
    traced: list[Cost] = field(default_factory=list)

    def ratio(self, measure: str) -> float:
        """How many times as much a traced run takes; medians."""
        with_trace, without = (
            statistics.median(getattr(cost, measure) for cost in costs) for costs in (self.traced, self.without)
        )
        return with_trace / without

    def told(self) -> str:
        """One line."""
        wall, cpu = self.ratio("wall"), self.ratio("cpu")
        return f"a trace of {LOOKUPS} look-ups and their sign-in: {wall:.2f} of the time without, {cpu:.2f} of the CPU"


def measure(world: World, folder: Path, browser: Path, runs: int) -> Evidence:
    """Both in turn, `runs` times each, each with a fresh account."""
    members, found = world.members(LOOKUPS), Evidence()
    for number in range(runs):
        for wish, costs in (("failure", found.without), ("trace", found.traced)):
            place = folder / f"evidence-{wish}-{number}"
            costs.append(product_run(world, place, browser, members, evidence=wish))
            print(f"  evidence {wish:<8} {costs[-1]}", file=sys.stderr, flush=True)
    return found
