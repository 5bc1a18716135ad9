"""One sandbox per test process; a data folder and accounts of its own for each test."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from house import House, World

from bots import now


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    clock_file = tmp_path_factory.mktemp("world") / "clock.json"
    places = ["--clock-file", str(clock_file), "--maildir", str(clock_file.parent / "mail")]
    process = subprocess.Popen([sys.executable, "-m", "sandbox", *places], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    ready = json.loads(process.stdout.readline())
    yield World(ready, clock_file)
    process.terminate()
    process.wait(timeout=10)


@pytest.fixture
def house(tmp_path: Path, world: World) -> Iterator[House]:
    house = House(tmp_path / "home", world)
    yield house
    world.clear_faults()
    house.inventory.close()
    now.use_sandbox_clock(None)
