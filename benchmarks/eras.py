"""What `era check` takes: a file of 50 MB, of one payment and of many, and a thousand small ones.

python -m benchmarks.eras
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.era.making import Pay, remittance

LARGE = 50_000_000
SMALL_FILES = 1000
LEAST_MB_A_SECOND = 8
MOST_MB = 300
MOST_SECONDS = 5


@dataclass(frozen=True)
class Cost:
    """What one run of the command took, from its start to its end."""

    what: str
    size: int
    wall: float
    cpu: float
    peak_mb: float

    @property
    def speed(self) -> float:
        """MB a second of CPU: it is one thread that waits for nothing, and neighbours only make the clock run on."""
        return self.size / 1e6 / self.cpu

    def told(self) -> str:
        """One line for people."""
        return (
            f"era check, {self.what:<18} {self.size / 1e6:6.1f} MB  wall {self.wall:5.2f} s  CPU {self.cpu:5.2f} s  "
            f"{self.speed:5.1f} MB/s  peak {self.peak_mb:4.0f} MB"
        )


def measure() -> list[Cost]:
    """Run the command on each."""
    with tempfile.TemporaryDirectory(prefix="portalkeeper-eras-") as name:
        # made by another process: what this one has in memory would count for those that it starts
        subprocess.run([sys.executable, "-m", "benchmarks.eras", "--make", name], check=True)
        folder = Path(name)
        return [
            _check("one payment", folder / "one.835"),
            _check("many payments", folder / "many.835"),
            _check(f"{SMALL_FILES} small files", folder / "small"),
        ]


def _make(folder: Path) -> None:
    (folder / "small").mkdir()
    for number in range(SMALL_FILES):
        (folder / "small" / f"{number:04}.835").write_bytes(remittance(Pay(trace=str(number + 1), seed=number)))
    (folder / "one.835").write_bytes(_one())
    (folder / "many.835").write_bytes(_many())


def missed(costs: list[Cost]) -> list[str]:
    """The targets that were not met."""
    large, small = costs[:2], costs[2]
    found = [f"speed of era check, {cost.what}" for cost in large if cost.speed < LEAST_MB_A_SECOND]
    found += [f"memory of era check, {cost.what}" for cost in large if cost.peak_mb > MOST_MB]
    return found + [f"time of era check, {small.what}"] * (small.cpu > MOST_SECONDS)


def _one() -> bytes:
    claims = 2000
    return remittance(Pay(claims=claims * LARGE // len(remittance(Pay(claims=claims)))))


def _many() -> bytes:
    pay = Pay(claims=9, lines=3)
    count = LARGE // len(remittance(pay))
    return remittance(*(Pay(trace=str(number), seed=number, claims=9, lines=3) for number in range(1, count + 1)))


def _check(what: str, path: Path) -> Cost:
    size = sum(file.stat().st_size for file in (path.iterdir() if path.is_dir() else [path]))
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "bots", "era", "check", str(path)], stdout=subprocess.DEVNULL
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    if process.returncode:
        raise RuntimeError(f"era check ended with {process.returncode}")
    return Cost(what, size, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def main() -> int:
    """Measure, print, and end with 1 when a target is missed."""
    if sys.argv[1:2] == ["--make"]:
        _make(Path(sys.argv[2]))
        return 0
    costs = measure()
    print("\n".join(cost.told() for cost in costs))
    failed = missed(costs)
    print("missed: " + ", ".join(failed) if failed else "all targets met")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
