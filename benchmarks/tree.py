"""What a process and everything it starts costs: time, CPU and memory, browser and driver included.

CPU is the kernel's own account (`wait4`): of the process, of all descendants that somebody waited for, and of the
orphans among them, which come to us because we are their reaper. Memory is the proportional set size (PSS), summed
over the tree, sampled ten times a second.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

SAMPLE_SECONDS = 0.1
ORPHAN_SECONDS = 10
_SET_CHILD_SUBREAPER = 36  # prctl(2)


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock, seconds of CPU (user and system), and the greatest PSS in MB."""

    wall: float
    cpu: float
    peak: float


def measured(command: Sequence[str], environment: Mapping[str, str], *, output: Path) -> Cost:
    """Run `command` to its end, with its output in a file. RuntimeError, quoting that, when its exit code isn't 0."""
    _reap_orphans()
    others = {child.pid for child in psutil.Process().children()}
    with output.open("wb") as file:
        started = time.monotonic()
        process = subprocess.Popen(command, env=dict(environment), stdout=file, stderr=subprocess.STDOUT)
    peak = _Peak(process.pid)
    peak.start()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    peak.end()
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu = usage.ru_utime + usage.ru_stime + _cpu_of_orphans(others)
    if process.returncode:
        raise RuntimeError(f"{command}: exit code {process.returncode}\n{output.read_text(errors='replace')[-2000:]}")
    return Cost(wall, cpu, peak.megabytes)


def pss(pid: int) -> float:
    """PSS of a process and its descendants, in MB, as of now."""
    with suppress(psutil.NoSuchProcess):
        tree = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        return sum(_pss(process.pid) for process in tree) / 1024
    return 0.0


def parts(pid: int, without: int = 0) -> dict[str, float]:
    """PSS of the tree by the kind of process: python, driver, browser and its children by type, in MB."""
    found: dict[str, float] = {}
    tree = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    for process in tree:
        with suppress(psutil.NoSuchProcess):  # a zombie is one
            if process.pid == without:
                continue
            kind = _kind(process.cmdline())
            found[kind] = found.get(kind, 0) + _pss(process.pid) / 1024
    return found


def _kind(command: Sequence[str]) -> str:
    if any("chrom" in word for word in command[:1]):
        types = [word.partition("=")[2] for word in command if word.startswith("--type=")]
        return f"browser {types[0]}" if types else "browser"
    return "driver" if any(word.endswith("cli.js") for word in command) else "python"


def _pss(pid: int) -> int:
    """PSS of one process in kB; 0 when it has just ended."""
    with suppress(OSError), open(f"/proc/{pid}/smaps_rollup", "rb") as file:
        for line in file:
            if line.startswith(b"Pss:"):
                return int(line.split()[1])
    return 0


class _Peak(threading.Thread):
    """Samples a tree until told to end."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.megabytes = 0.0
        self._pid = pid
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            self.megabytes = max(self.megabytes, pss(self._pid))

    def end(self) -> None:
        self._over.set()
        self.join()


def _reap_orphans() -> None:
    """Let descendants whose parents have ended become our children, so that their CPU can be counted."""
    if ctypes.CDLL(None, use_errno=True).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def _cpu_of_orphans(others: set[int]) -> float:
    """Wait for what the tree left behind, and return its CPU seconds. What does not end by itself is ended."""
    cpu, deadline = 0.0, time.monotonic() + ORPHAN_SECONDS
    while left := [child for child in psutil.Process().children() if child.pid not in others]:
        for child in left:
            if time.monotonic() > deadline:
                os.kill(child.pid, signal.SIGKILL)
            pid, _, usage = os.wait4(child.pid, os.WNOHANG)
            cpu += usage.ru_utime + usage.ru_stime if pid else 0
        time.sleep(0.02)
    return cpu
