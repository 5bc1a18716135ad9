"""What tests of flows share: running one, ordering faults, and codes that need no waiting."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from house import House

from bots import now
from bots.codes.totp import STEP_SECONDS, Totp
from bots.desk import Answer, Failure, Question
from bots.runner.runner import RunResult

Result = Answer | Failure


async def ask(
    house: House,
    name: str,
    *questions: Question,
    flow: str = "eligibility",
    source: str = "command",
    after: Callable[[int], None] = lambda index: None,
) -> tuple[RunResult, list[Result]]:
    """One run of `flow`, and what it recorded of each question; `after` is called behind each of them."""
    results: list[Result] = []

    def record(head: object, index: int, result: Result) -> None:
        results.append(result)
        after(index)

    async with house.runner(source) as runner:
        run = await runner.run(name, flow, questions, record=record)
    return run, results


def order(house: House, portal: str, user: str, kind: str, at: str | None = None, **more: object) -> None:
    """Order a fault for one user; before the password nobody is known, so there it is for whoever comes."""
    for_whom = {} if at == "login" else {"user": user}
    place = {"at": at} if at else {}
    house.world.post("/faults", portal=portal, kind=kind, **for_whom, **place, **more)


def control(house: House, method: str, path: str, **body: object) -> None:
    """An order to the sandbox by another method than POST."""
    request = urllib.request.Request(house.world.control + path, json.dumps(body).encode(), method=method)
    urllib.request.urlopen(request, timeout=60).close()


@pytest.fixture
def codes_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jump to the middle of the next time step instead of waiting for it."""
    usable = Totp.next_usable_step

    async def next_usable_step(self: Totp, after: int | None) -> int:
        into_step = now.utc().timestamp() % STEP_SECONDS
        house.world.advance(1.5 * STEP_SECONDS - into_step)
        return await usable(self, after)

    monkeypatch.setattr(Totp, "next_usable_step", next_usable_step)


@pytest.fixture
def policies(house: House) -> Iterator[Callable[..., None]]:
    """Change rules of a portal for one test."""
    before = house.world.get("/policy")
    changed: set[str] = set()

    def change(portal: str, **rules: object) -> None:
        changed.add(portal)
        house.world.post("/policy", portal=portal, **rules)

    yield change
    for portal in changed:
        house.world.post("/policy", portal=portal, **before[portal])


def ledger(house: House, name: str) -> list[tuple[str, str, int]]:
    """Kind, verdict and number of submissions of each attempt."""
    rows = house.inventory.rows("SELECT kind, verdict, submissions FROM ledger WHERE account = ? ORDER BY id", (name,))
    return [(row["kind"], row["verdict"], row["submissions"]) for row in rows]
