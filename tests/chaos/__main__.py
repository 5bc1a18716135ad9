"""The chaos: sign-ins and password changes through the real runner, guard, inventory and vault, over a model of a portal.

python -m tests.chaos [--runs N] [--first SEED]     random mixes; prints what was mixed and the figures
python -m tests.chaos --seed N                      one of them again, with its whole story
python -m tests.chaos --pairs                       the named faults, each alone and in pairs
python -m tests.chaos --every-stop                  a new password killed at every stop of the process that brings it
python -m tests.chaos --browser [--runs N]          random mixes in a real browser over the sandbox
python -m tests.chaos --sabotage                    takes out one guarantee after the other: each has to be noticed

Exit code 1 when a promise was broken, or when a guarantee that was taken out was not noticed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable

from tests.chaos.every_stop import WAYS, killed_everywhere
from tests.chaos.in_browser import in_browsers
from tests.chaos.pairs import PAIRS
from tests.chaos.sabotage import SABOTAGES
from tests.chaos.stage import Ended, noticed, play, several

SHOWN = 3


def main() -> int:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, help="2000, or 100 in a browser")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--pairs", action="store_true")
    parser.add_argument("--sabotage", action="store_true")
    parser.add_argument("--every-stop", action="store_true")
    parser.add_argument("--browser", action="store_true")
    chosen = parser.parse_args()
    if chosen.sabotage:
        return _sabotaged()
    if chosen.every_stop:
        return _killed()
    if chosen.seed is not None:
        ended = play(chosen.seed)
        print(ended.story)
        return 1 if ended.violations else 0
    drawn = range(chosen.first, chosen.first + (chosen.runs or (100 if chosen.browser else 2000)))
    seeds: list[int | str] = [*PAIRS] if chosen.pairs else [*drawn]
    began = time.monotonic()
    counts, broken = _sum(in_browsers(drawn) if chosen.browser else several(seeds))
    for name, count in sorted(counts.items()):
        print(f"{name:40} {count:8}")
    print(f"\n{len(seeds)} runs in {time.monotonic() - began:.0f} s, {len(broken)} of them broke a promise")
    return 1 if broken else 0


def _sum(runs: Iterable[Ended]) -> tuple[Counter[str], list[Ended]]:
    counts: Counter[str] = Counter()
    broken: list[Ended] = []
    for number, ended in enumerate(runs, 1):
        most = max(counts.pop(MOST, 0), ended.counts.pop(MOST, 0))
        counts.update(ended.counts)
        counts[MOST] = most
        if ended.violations:
            broken.append(ended)
            print(ended.story if len(broken) <= SHOWN else f"seed {ended.seed}: {'; '.join(ended.violations)}")
        if number % 100 == 0:
            print(f"{number} runs", file=sys.stderr, flush=True)
    return counts, broken


MOST = "most refused in a row"


def _killed() -> int:
    broken = 0
    for way in WAYS:
        kills = [*killed_everywhere(way)]
        wrong = [kill for kill in kills if kill.problem]
        broken += len(wrong)
        print(f"{way:20} {len(kills):4} kills, {len(wrong)} of them broke a promise", flush=True)
        print("".join(f"  {kill.stop}: {kill.problem}\n" for kill in wrong), end="")
    return 1 if broken else 0


def _sabotaged() -> int:
    unnoticed = 0
    for name in SABOTAGES:
        found = noticed(name)
        unnoticed += found is None
        print(f"{name:55} {f'noticed by {found.seed}: {found.violations[0]}' if found else 'NOT NOTICED'}", flush=True)
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
