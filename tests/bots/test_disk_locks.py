"""Locks are held by one and die with their holder; only what killed writers left is swept."""

from __future__ import annotations

import fcntl
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bots import disk

ROOT = Path(__file__).parents[2]
IMPORTS = "import sys; from bots import disk; from pathlib import Path; path = Path(sys.argv[1])\n"
HOLDS_A_LOCK = IMPORTS + "with disk.locked(path):\n "
HOLDS_A_TEMPORARY = IMPORTS + "with disk._written_beside(path, b'half', 0o600):\n "


def test_a_lock_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    lock, counter = tmp_path / "lock", tmp_path / "counter"
    counter.write_text("0")

    def count() -> None:
        for _ in range(50):
            with disk.locked(lock):
                counter.write_text(str(int(counter.read_text()) + 1))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.read_text() == "200"
    assert stat.S_IMODE(lock.stat().st_mode) == 0o600


def holder(program: str, path: Path) -> subprocess.Popen[str]:
    """Another process, inside the block of `program`."""
    command = [sys.executable, "-c", program + "print('in', flush=True); sys.stdin.read()", str(path)]
    started = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    assert started.stdout.readline() == "in\n"
    return started


def kill(victim: subprocess.Popen[str]) -> None:
    victim.send_signal(signal.SIGKILL)
    victim.communicate()


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    other = holder(HOLDS_A_LOCK, tmp_path / "lock")
    taken = threading.Event()

    def take() -> None:
        with disk.locked(tmp_path / "lock"):
            taken.set()

    waiting = threading.Thread(target=take)
    waiting.start()
    assert not taken.wait(0.2)
    kill(other)
    assert taken.wait(5)
    waiting.join()


def test_a_forked_child_does_not_keep_the_lock(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    with disk.locked(tmp_path / "lock"):
        child = os.fork()
        if child == 0:
            os.close(writing)
            os.read(reading, 1)
            os._exit(0)
    os.close(reading)
    free = threading.Event()

    def take() -> None:
        with disk.locked(tmp_path / "lock"):
            free.set()

    waiting = threading.Thread(target=take)
    waiting.start()
    freed = free.wait(2)
    os.close(writing)
    os.waitpid(child, 0)
    waiting.join()
    assert freed


def test_only_what_killed_writers_left_is_swept(tmp_path: Path) -> None:
    for name in ("entry.age", ".hidden", ".entry.tmp", "entry.lock"):
        (tmp_path / name).write_bytes(b"")
    victim = holder(HOLDS_A_TEMPORARY, tmp_path / "entry.age")
    assert disk.sweep(tmp_path) == 0
    kill(victim)
    assert disk.sweep(tmp_path) == 1
    assert sorted(found.name for found in tmp_path.iterdir()) == [".entry.tmp", ".hidden", "entry.age", "entry.lock"]
    assert disk.sweep(tmp_path / "nowhere") == 0


def test_a_process_id_used_again_does_not_keep_a_leftover(tmp_path: Path) -> None:
    (tmp_path / f".entry.{os.getpid()}-0123abcd.tmp").write_bytes(b"half")
    assert disk.sweep(tmp_path) == 1


def test_a_temporary_file_swept_before_it_was_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = fcntl.flock
    swept: list[Path] = []

    def sweep_first(descriptor: int, operation: int) -> None:
        if not swept:
            swept.extend(tmp_path.glob("*.tmp"))
            swept[0].unlink()
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", sweep_first)
    disk.write_durably(tmp_path / "entry", b"x")
    assert swept
    assert (tmp_path / "entry").read_bytes() == b"x"
