"""What evidence costs: the same batch of look-ups without any, and with a trace of the run, side by side.

A run that passes and was not asked for evidence calls the browser no more often for it (`tests/flows/
test_evidence_of_runs.py`). So what is measured is what somebody may ask for: a trace, and one that keeps the pages too.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

from benchmarks.cost import product_run
from benchmarks.practice import World
from benchmarks.tree import Cost

LOOKUPS = 20
MOST = 1.15  # of what the run takes without, for a trace


class Evidence:
    """Costs of runs by the wish that they ran with; `failure` is a run without evidence."""

    def __init__(self) -> None:
        self.costs: dict[str, list[Cost]] = {"failure": [], "trace": [], "snapshots": []}

    def ratio(self, wish: str, measure: str) -> float:
        """How many times as much a run with this wish takes; medians."""
        wished, without = (
            statistics.median(getattr(cost, measure) for cost in self.costs[name]) for name in (wish, "failure")
        )
        return wished / without

    def told(self) -> str:
        """One line for each wish."""
        return "\n".join(
            f"{LOOKUPS} look-ups and their sign-in with --evidence {wish}: {self.ratio(wish, 'wall'):.2f} of the time "
            f"without, {self.ratio(wish, 'cpu'):.2f} of the CPU"
            for wish in ("trace", "snapshots")
        )


def measure(world: World, folder: Path, browser: Path, runs: int) -> Evidence:
    """All in turn, `runs` times each, each with a fresh account."""
    members, found = world.members(LOOKUPS), Evidence()
    for number in range(runs):
        for wish, costs in found.costs.items():
            place = folder / f"evidence-{wish}-{number}"
            costs.append(product_run(world, place, browser, members, evidence=wish))
            print(f"  evidence {wish:<9} {costs[-1]}", file=sys.stderr, flush=True)
    return found
