"""One sign-in and 50 look-ups: the product beside the plain script, on the same practice world and browser."""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.practice import House, World, right_answers, wait_for_code_step, write_questions
from benchmarks.tree import Cost, measured

LOOKUPS = 50
MOST = 1.0  # of what the script costs
MEASURES = ("wall", "cpu", "peak")
_numbers = count(1)


@dataclass
class Column:
    """The runs with one browser."""

    browser: Path
    script: list[Cost] = field(default_factory=list)
    product: list[Cost] = field(default_factory=list)

    def lines(self) -> Iterator[tuple[str, float, float, float]]:
        """Measure, script, product, ratio; medians."""
        for measure in MEASURES:
            script, product = (
                statistics.median(getattr(cost, measure) for cost in costs) for costs in (self.script, self.product)
            )
            yield measure, script, product, product / script


def compare(world: World, folder: Path, browser: Path, runs: int) -> Column:
    """Run script and product in turn, `runs` times each, each with a fresh account just after a code step began."""
    members, column = world.members(LOOKUPS), Column(browser)
    for _ in range(runs):
        for costs, run in ((column.script, script_run), (column.product, product_run)):
            costs.append(run(world, folder / f"run-{next(_numbers)}", browser, members))
            print(f"  {run.__name__:<12} {costs[-1]}", file=sys.stderr, flush=True)
    return column


def script_run(world: World, folder: Path, browser: Path, members: list[dict[str, Any]]) -> Cost:
    """The plain script, once."""
    folder.mkdir()
    questions, answers = folder / "questions.csv", folder / "answers.csv"
    write_questions(questions, members)
    made = world.account()
    environment = {
        **os.environ,
        "BENCH_USER": made["user"],
        "BENCH_PASSWORD": made["password"],
        "BENCH_TOTP": made["totp_secret"],
    }
    script = Path(__file__).with_name("plain_script.py")
    command = [sys.executable, str(script), world.url, str(browser), str(questions), str(answers)]
    wait_for_code_step()
    cost = measured(command, environment, output=folder / "output.txt")
    _check(world, made, answers, members)
    return cost


def product_run(
    world: World, folder: Path, browser: Path, members: list[dict[str, Any]], evidence: str = "failure"
) -> Cost:
    """The product's batch command, once, in a fresh data folder, with the wish for `evidence`."""
    folder.mkdir()
    questions, answers = folder / "questions.csv", folder / "answers.csv"
    write_questions(questions, members)
    house = House(folder / "home", world)
    made = house.account("availity-bench")
    house.inventory.close()
    command = [sys.executable, "-m", "bots", "eligibility", "--batch", str(questions), "--out", str(answers)]
    environment = {**house.environment, "PORTALKEEPER_BROWSER_EXECUTABLE": str(browser)}
    environment["PORTALKEEPER_EVIDENCE"] = evidence
    wait_for_code_step()
    cost = measured(command, environment, output=folder / "output.txt")
    _check(world, made, answers, members)
    return cost


def _check(world: World, account: Mapping[str, Any], answers: Path, members: list[dict[str, Any]]) -> None:
    """Raise unless the work was done: every answer right, and the portal saw one sign-in and every look-up."""
    right, seen = right_answers(answers, members), world.seen(account["user"])
    did = (right, seen["lookups"], seen["password_submissions"], seen["code_submissions"])
    if did != (len(members), len(members), 1, 1):
        raise RuntimeError(f"{answers}: {right} of {len(members)} answers right; the portal saw {seen}")
