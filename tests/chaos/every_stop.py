"""A new password on its way, and a SIGKILL at every stop of the process that brings it, one run for each.

The stops are those of `tests.chaos.worker`: every request, every commit, every durable file, every call to the Desk.
How many there are is counted in a run without a kill. At a request the process is killed twice: before it leaves, and
when the portal has judged it and the answer is on its way. The threshold is three, and the account has signed in before.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.chaos.acts import furnish
from tests.chaos.elsewhere import Elsewhere
from tests.chaos.plan import Kill, Plan
from tests.chaos.run import Run
from tests.chaos.stage import AT_ONCE, in_memory

SIGN_INS = 2  # the first may be refused with the new password, the second takes the old one


@dataclass(frozen=True)
class Way:
    """A command that is killed, the state of the account at the portal, and the command given after it."""

    command: str
    after: str
    locked: bool = False
    expired: bool = False


WAYS = {
    "change": Way("change", "sign in"),
    "change, expired": Way("change", "change", expired=True),
    "forgot": Way("recover", "sign in"),
    "forgot, locked": Way("recover", "recover", locked=True),
}


@dataclass(frozen=True)
class Survived:
    """One kill, what went wrong after it (nothing, if all is well), and the whole story."""

    stop: str
    problem: str
    story: str


def killed_everywhere(
    name: str, elsewhere: Elsewhere | None = None, which: slice = slice(None), at_once: int = AT_ONCE
) -> Iterator[Survived]:
    """One run per stop, or for those that are chosen, side by side; the secrets may lie in a credential manager."""
    with in_memory() as folder, ProcessPoolExecutor(at_once) as pool:
        furnish(folder / "furnished")
        stops = pool.submit(_stops, name, folder, elsewhere).result()[which]
        yield from pool.map(partial(_killed, name, folder, elsewhere), stops)


def _begun(name: str, folder: Path, elsewhere: Elsewhere | None, stop: str) -> Run:
    run = Run(f"{name}, {stop}", Plan(), folder / "furnished", folder / f"{name} {stop}")
    if elsewhere:
        elsewhere.take(run.home, run.people.office, f"{name} {stop} {folder.name}".replace(" ", "-"))
    run.to_its_end("sign in")
    run.portal.locked, run.portal.expired = WAYS[name].locked, WAYS[name].expired
    return run


def _stops(name: str, folder: Path, elsewhere: Elsewhere | None) -> list[str]:
    """Where a whole life stops, waits apart."""
    run = _begun(name, folder, elsewhere, "whole")
    worker = run.start(WAYS[name].command)
    while worker.alive:
        run.turn(worker, None)
    assert worker.result is not None
    assert not worker.result["error"], worker.result
    stops = [f"step {at} unjudged" for at, (kind, _) in enumerate(worker.passed) if kind != "wait"]
    return stops + [f"step {at} judged" for at, (kind, _) in enumerate(worker.passed) if kind == "request"]


def _killed(name: str, folder: Path, elsewhere: Elsewhere | None, stop: Kill) -> Survived:
    run, way = _begun(name, folder, elsewhere, str(stop)), WAYS[name]
    worker = run.start(way.command)
    while worker.alive:
        run.turn(worker, stop)
    errors = []
    for _ in range(SIGN_INS):
        result = run.to_its_end(way.after) or {"error": "killed"}
        errors.append(result["error"])
        if errors[-1] != "InvalidCredentials":
            break
    seen = run.check()
    problems = [
        *run.violations,
        *run.portal.violations,
        f"ended with {errors}" if errors[-1] or worker.result else "",
        "frozen" if seen["freezes"] else "",
        "locked" if run.portal.locked else "",
        "the vault does not say with what" if seen["current"] != run.portal.password else "",
    ]
    return Survived(f"{stop} {worker.asked[:2]}", "; ".join(filter(None, problems)), run.story)
