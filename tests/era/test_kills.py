"""A kill at any moment: after the restart the file is in the drop folder exactly once, though billing takes it at once.

A forked child takes a consume-once file in and is killed; billing meanwhile takes whatever appears. Then the next
start recovers, and the downloader offers the bytes again if they were not safe yet.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from catalogue import ONE, THREE
from era_house import SOURCE, House

from bots import sealing
from bots.era.intake import Intake
from bots.inventory import Inventory

KILLS = 100
DIED = 9


class Billing:
    """Takes every file that shows up in the drop folder, and keeps all of them."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.taken: list[bytes] = []

    def take(self) -> None:
        for path in self._house.dropped():
            self.taken.append(path.read_bytes())
            path.unlink()


def forked(act: Callable[[], object]) -> int:
    """Run `act` in a child, and return its process id. It opens its own inventory: SQLite does not cross a fork."""
    child = os.fork()
    if child == 0:
        try:
            act()
        finally:
            os._exit(0)
    return child


def fresh(house: House) -> Intake:
    return Intake(house.settings, Inventory(house.settings.database), sealing.load_key(house.settings.key_file))


def next_start(house: House, data: bytes, billing: Billing) -> None:
    """What happens after a kill: recovery; the download is offered again where the archive did not have it yet."""
    intake = fresh(house)
    intake.recover()
    billing.take()
    intake.take_in(data, SOURCE)
    billing.take()
    intake.recover()
    billing.take()


def no_rests(house: House) -> bool:
    hidden = [path.name for path in house.folder.glob(".*") if path.name != ".portalkeeper"]
    arriving = list((house.home / "era" / "archive" / "arriving").glob("*"))
    return not hidden and not [path for path in arriving if path.suffix == ".age"]


@contextmanager
def dying(steps: int, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make the process die after so many steps; a step is before and after each write that lasts."""
    left = [steps]

    def step() -> None:
        left[0] -= 1
        if left[0] < 0:
            os._exit(DIED)

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            step()
            result = real(*arguments, **named)
            step()
            return result

        return call

    real_write = Inventory.write

    @contextmanager
    def write(inventory: Inventory) -> Iterator[Any]:
        with real_write(inventory) as db:
            yield db
            step()
        step()

    with patch.context() as patched:
        patched.setattr(os, "fsync", counted(os.fsync))
        patched.setattr(os, "replace", counted(os.replace))
        patched.setattr(os, "rename", counted(os.rename))
        patched.setattr(os, "write", counted(os.write))
        patched.setattr(Path, "replace", counted(Path.replace))
        patched.setattr(Inventory, "write", write)
        yield


@pytest.mark.slow
def test_after_each_write_the_file_is_dropped_exactly_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = 0
    while True:
        house = House(tmp_path / str(steps))
        billing = Billing(house)

        def act(house: House = house, steps: int = steps) -> None:
            with dying(steps, monkeypatch):
                fresh(house).take_in(ONE, SOURCE)

        _, status = os.waitpid(forked(act), 0)
        billing.take()
        next_start(house, ONE, billing)
        assert billing.taken == [ONE], steps
        assert no_rests(house), steps
        assert [row["file"] != "" for row in house.manifest()] == [True], steps
        house.inventory.close()
        if os.waitstatus_to_exitcode(status) != DIED:
            break
        steps += 1
    assert steps > 25


@pytest.mark.slow
def test_a_hundred_kills_at_any_moment(tmp_path: Path) -> None:
    whole = min(measured(House(tmp_path / f"measure-{number}")) for number in range(5))
    killed = seed = 0
    while killed < KILLS:
        seed += 1
        house = House(tmp_path / str(seed))
        billing = Billing(house)
        child = forked(lambda house=house: fresh(house).take_in(THREE, SOURCE))  # type: ignore[misc]
        end = time.perf_counter() + random.Random(seed).uniform(0, whole)
        while time.perf_counter() < end:
            billing.take()
        os.kill(child, signal.SIGKILL)
        killed += os.WIFSIGNALED(os.waitpid(child, 0)[1])
        next_start(house, THREE, billing)
        assert billing.taken == [THREE], seed
        assert no_rests(house), seed
        house.inventory.close()


def measured(house: House) -> float:
    """How long a whole life takes."""
    began = time.perf_counter()
    os.waitpid(forked(lambda: fresh(house).take_in(THREE, SOURCE)), 0)
    house.inventory.close()
    return time.perf_counter() - began


def test_several_at_once_drop_each_file_once(tmp_path: Path) -> None:
    house = House(tmp_path / "home")
    children = [forked(lambda data=data: fresh(house).take_in(data, SOURCE)) for data in (ONE, THREE, ONE, THREE)]  # type: ignore[misc]
    for child in children:
        os.waitpid(child, 0)
    billing = Billing(house)
    next_start(house, ONE, billing)
    assert sum(data.count(b"ST*835") for data in billing.taken) == 3
