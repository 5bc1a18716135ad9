"""`make bench`: cost beside the plain script, with two browsers, a trace's cost, density, the guard's decision, `era
check`, and the morning report.

Exit code 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks import density, eras, evidence, guard, report
from benchmarks.cost import LOOKUPS, MOST, Column, compare
from benchmarks.practice import world
from bots.browser import find_browser

UNITS = {"wall": "wall s", "cpu": "CPU s", "peak": "peak PSS MB"}
DEFAULT_BROWSERS = ("/usr/bin/chromium", "/usr/bin/google-chrome")


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="portalkeeper-bench-") as folder, world() as stage:
        columns = [compare(stage, Path(folder), browser, options.runs) for browser in options.browsers]
        traced = evidence.measure(stage, Path(folder), options.browsers[0], options.runs)
    dense = None if options.no_density else density.measure(options.sessions, options.browsers[0])
    for column in columns:
        _print(column, options.runs)
    missed = [
        f"{measure} with {column.browser.name}"
        for column in columns
        for measure, _, _, ratio in column.lines()
        if ratio > MOST
    ]
    print(traced.told())
    missed += ["the cost of a trace"] * (traced.ratio("wall") > evidence.MOST)
    decision = guard.measure()
    print(guard.told(*decision))
    missed += ["the guard's decision"] * (decision[0] > guard.MOST_MS)
    costs = eras.measure()
    print("\n".join(cost.told() for cost in costs))
    missed += eras.missed(costs)
    morning = report.measure()
    print(morning.told())
    missed += ["the morning report"] * morning.missed()
    if dense:
        print(dense.told())
        missed += ["density"] * (dense.each > density.MOST_MB)
    print("missed: " + ", ".join(missed) if missed else "all targets met")
    return 1 if missed else 0


def _print(column: Column, runs: int) -> None:
    print(f"\none sign-in with code and {LOOKUPS} look-ups, median of {runs}, {column.browser}")
    print(f"{'':<14}{'plain script':>14}{'portalkeeper':>14}{'ratio':>8}")
    for measure, script, product, ratio in column.lines():
        print(f"{UNITS[measure]:<14}{script:>14.2f}{product:>14.2f}{ratio:>8.2f}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="of each, per browser")
    parser.add_argument("--browsers", type=Path, nargs="+", help="default: the product's choice, and full Chromium")
    parser.add_argument("--sessions", type=int, default=50, help="signed in at once, for density")
    parser.add_argument("--no-density", action="store_true")
    options = parser.parse_args()
    if not options.browsers:
        own = find_browser(None)
        full = next((Path(name) for name in DEFAULT_BROWSERS if Path(name).exists()), None)
        options.browsers = list(dict.fromkeys([own, *([full] if full else [])]))
    return options


if __name__ == "__main__":
    sys.exit(main())
