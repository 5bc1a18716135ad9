"""Where runs are played: a folder in memory, one made-up data folder that each run copies, and a process per core."""

from __future__ import annotations

import gc
import os
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.chaos.acts import furnish
from tests.chaos.pairs import PAIRS
from tests.chaos.plan import Plan
from tests.chaos.run import Run
from tests.chaos.sabotage import SABOTAGES

MEMORY = Path("/dev/shm")
AT_ONCE = 4  # as many as the tests


@dataclass(frozen=True)
class Ended:
    """What a run came to."""

    seed: int | str
    violations: tuple[str, ...]
    counts: Counter[str]
    story: str


def play(seed: int | str, sabotage: str = "", furnished: Path | None = None) -> Ended:
    """The run of a seed, or of a pair by its name; with a guarantee taken out, if one is named."""
    plan = PAIRS[seed] if isinstance(seed, str) else Plan.drawn(random.Random(seed))
    with in_memory() as folder:
        if furnished is None:
            furnish(furnished := folder / "furnished")
        gc.freeze()  # spares the many forks a copy of all pages
        run = Run(seed, plan, furnished, folder / "home", SABOTAGES[sabotage][0] if sabotage else lambda: None).go()
    return Ended(seed, tuple(run.violations), run.counts, run.story)


@contextmanager
def in_memory() -> Iterator[Path]:
    """A folder in memory: what is written there survives the kill of a process as well, and the runs are many."""
    folder = tempfile.mkdtemp(prefix="chaos-", dir=MEMORY if os.access(MEMORY, os.W_OK) else None)
    try:
        yield Path(folder)
    finally:
        shutil.rmtree(folder)


def several(seeds: Sequence[int | str], sabotage: str = "") -> Iterator[Ended]:
    """Many runs, in order, side by side."""
    with in_memory() as folder, ProcessPoolExecutor(AT_ONCE) as pool:
        furnish(folder / "furnished")
        try:
            yield from pool.map(partial(play, sabotage=sabotage, furnished=folder / "furnished"), seeds)
        finally:
            pool.shutdown(cancel_futures=True)


def noticed(sabotage: str) -> Ended | None:
    """The run that notices that a guarantee was taken out."""
    [ended] = several([SABOTAGES[sabotage][1]], sabotage)
    return ended if ended.violations else None
