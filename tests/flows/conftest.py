"""One sandbox per test process; a data folder and accounts of its own for each test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from house import House, World
from shared_browser import SharedHost

from bots import engine, now

SITES = ("portal", "site", "generation")  # what a table of cases is tried at, by the name of the parameter


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of the large tables each case runs at every n-th site, the next case at others; all with CASES=all.

    Where each site has a file of its own, the mark's second number is the site's place among them.
    """
    if os.environ.get("CASES") == "all":
        return
    seen: dict[str, dict[str, int]] = defaultdict(dict)
    left_out = [item for item in items if isinstance(item, pytest.Function) and not _is_in_the_sample(item, seen)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def _is_in_the_sample(item: pytest.Function, seen: dict[str, dict[str, int]]) -> bool:
    mark, call = item.get_closest_marker("sampled"), getattr(item, "callspec", None)
    if mark is None or call is None:
        return True
    site = next((str(call.params[name]) for name in SITES if name in call.params), "")
    case = "-".join(part for part in call.id.split("-") if part != site)
    name = f"{item.path}::{item.originalname}"
    places = [seen[name + kind].setdefault(one, len(seen[name + kind])) for kind, one in (("s", site), ("c", case))]
    every, *at = mark.args
    return sum(places, *at) % every == 0


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    clock_file = tmp_path_factory.mktemp("world") / "clock.json"
    places = ["--clock-file", str(clock_file), "--maildir", str(clock_file.parent / "mail")]
    process = subprocess.Popen([sys.executable, "-m", "sandbox", "--light", *places], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    ready = json.loads(process.stdout.readline())
    yield World(ready, clock_file)
    process.terminate()
    process.wait(timeout=60)


@pytest.fixture
def house(tmp_path: Path, world: World) -> Iterator[House]:
    house = House(tmp_path / "home", world)
    yield house
    world.clear_faults()
    house.inventory.close()
    now.use_sandbox_clock(None)


@pytest_asyncio.fixture(scope="session", loop_scope="session", autouse=True)
async def one_browser() -> AsyncIterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "Host", SharedHost)
        yield
    await SharedHost.end()
