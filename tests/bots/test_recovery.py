"""Recovery at start: whatever a killed process left is settled, and what lives is left alone."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from pathlib import Path

import pytest
from office import Office
from test_brake import run_row

from bots import guard, settings
from bots.desk import Verdict
from bots.lease import lease
from bots.recovery import recover
from payers.model import Policy


@pytest.fixture
def chosen(tmp_path: Path) -> settings.Settings:
    return settings.load(tmp_path)


def _sign_in_and_hang(folder: Path, ready: object) -> None:
    async def forever() -> None:
        office = Office.__new__(Office)
        from bots.inventory import Inventory

        office.inventory = Inventory(folder / "inventory.db")
        async with lease(office.inventory, folder / "leases", "a", run_id="run-a", wait_seconds=5) as held:
            office.held = held
            office.grant("A")
            with office.inventory.write() as db:
                db.table("runs").insert(run_row("run-a", "a"))
            ready.set()  # type: ignore[attr-defined]
            await asyncio.sleep(60)

    asyncio.run(forever())


def test_what_a_killed_sign_in_left_is_settled(tmp_path: Path, chosen: settings.Settings) -> None:
    office = Office(tmp_path)
    ready = multiprocessing.Event()
    process = multiprocessing.Process(target=_sign_in_and_hang, args=(tmp_path, ready))
    process.start()
    assert ready.wait(20)
    assert recover(office.inventory, chosen).accounts == ()  # it lives
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join(10)
    found = recover(office.inventory, chosen)
    assert (found.accounts, found.runs, found.attempts) == (("a",), 1, 1)
    assert "stay counted" in found.words()
    assert guard.standing(office.inventory, "a", Policy(lockout_threshold=3)).possible_failures == 1
    [run] = office.inventory.rows("SELECT * FROM runs")
    assert run["error"] == "WorkerLost"
    assert run["ended_at"]
    assert recover(office.inventory, chosen).words() == ""


def test_an_attempt_that_was_settled_before_keeps_its_verdict(tmp_path: Path, chosen: settings.Settings) -> None:
    office = Office(tmp_path)
    office.attempt("A", Verdict.REFUSED)
    assert recover(office.inventory, chosen).attempts == 0
    [row] = office.inventory.rows("SELECT verdict FROM ledger")
    assert row["verdict"] == Verdict.REFUSED


def test_half_written_files_go(tmp_path: Path, chosen: settings.Settings) -> None:
    office = Office(tmp_path)
    process = multiprocessing.Process(target=_die_while_writing, args=(tmp_path,))
    process.start()
    process.join(10)
    left = [file.name for file in tmp_path.iterdir()]
    assert recover(office.inventory, chosen).files == 1, left


def _die_while_writing(folder: Path) -> None:
    from bots import disk

    disk.os.replace = lambda *names: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment]
    disk.write_durably(folder / "state.age", b"x")
