"""A long run: sign-in and look-up cycles in one process, and what they leave behind.

python -m benchmarks.soak [--cycles N]

Every cycle signs in afresh with password and code and asks one question, through the real Runner. Accounts take turns
and the sandbox's clock is moved, so that no cycle waits for a code. Fails when a browser, a driver or a temporary file
is left, or when memory grows from the second fifth of the cycles to the last by more than `MOST_GROWTH`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from benchmarks.practice import NPI, ORGANIZATION, House, World, world
from benchmarks.tree import parts
from bots import now
from bots.desk import Question
from bots.logs import start_logging
from bots.runner import Runner
from flows.eligibility import EligibilityInquiry
from flows.parties import Member, Person, Provider
from payers.registry import listed_payers

ACCOUNTS = 8
MOST_GROWTH = 1.2
CODE_STEP = 31


async def cycles(house: House, stage: World, count: int, tell: Any = print) -> list[float]:
    """Run `count` cycles; the PSS of the process tree in MB after each, the sandbox left out."""
    names = [f"soak-{number}" for number in range(ACCOUNTS)]
    for name in names:
        house.account(name)
    question = _question(stage.members(1)[0])
    tireless = house.settings.model_copy(update={"sign_ins_per_day": count})
    runner = Runner(tireless, house.inventory, house.vault, house.key, source="command", by="soak")
    weights, started = [], time.monotonic()
    try:
        for number in range(count):
            if number % ACCOUNTS == 0:
                stage.post("/clock", advance_seconds=CODE_STEP)
            run = await runner.run(names[number % ACCOUNTS], "eligibility", [question], fresh=True)
            if run.failure or run.answered != 1:
                raise RuntimeError(f"cycle {number}: {run}")
            weights.append(sum(parts(os.getpid(), without=stage.pid).values()))
            if number % 10 == 9:
                each = (time.monotonic() - started) / (number + 1)
                tell(f"{number + 1} cycles, {weights[-1]:.0f} MB, {each:.2f} s each", flush=True)
    finally:
        await runner.stop()
    return weights


def _question(member: Any) -> Question:
    patient = Person.model_validate(member["patient"])
    payer = next(one.payer for one in listed_payers().values() if one.payer.title == member["payer_name"])
    inquiry = EligibilityInquiry(
        organization=ORGANIZATION,
        provider=Provider(npi=NPI),
        member=Member(member_id=member["member_id"], patient=patient),
        service_date=now.utc().date(),
    )
    return Question(payer=payer, inquiry=inquiry)


def left_behind(temporary: Path, stage: World) -> list[str]:
    """Child processes but the sandbox, and temporary files, that are still there."""
    children = [child for child in psutil.Process().children(recursive=True) if child.pid != stage.pid]
    return [f"process {child.pid} {child.name()}" for child in children] + [
        f"file {file}" for file in temporary.iterdir()
    ]


def main() -> int:
    """Run, print the figures, and say whether they hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--cycles", type=int, default=1000)
    count = parser.parse_args().cycles
    start_logging(Path(os.devnull), "error")
    with tempfile.TemporaryDirectory(prefix="portalkeeper-soak-") as folder:
        temporary = Path(folder) / "temporary"
        temporary.mkdir()
        tempfile.tempdir = os.environ["TMPDIR"] = str(temporary)
        with world("--clock-file", str(Path(folder) / "clock.json")) as stage:
            house = House(Path(folder) / "home", stage)
            now.use_sandbox_clock(Path(folder) / "clock.json")
            weights = asyncio.run(cycles(house, stage, count))
            left = left_behind(temporary, stage)
            house.inventory.close()
    fifth = max(1, count // 5)
    early, late = statistics.median(weights[fifth : 2 * fifth] or weights), statistics.median(weights[-fifth:])
    print(
        f"{count} cycles, MB in the second fifth and in the last: {early:.0f} and {late:.0f}, ratio {late / early:.2f}"
    )
    print("left behind: " + ("; ".join(left) if left else "nothing"))
    return 1 if left or late > MOST_GROWTH * early else 0


if __name__ == "__main__":
    sys.exit(main())
