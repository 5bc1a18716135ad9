"""What a start costs: the modules it loads, and its CPU. And that Chromium is told all that Playwright tells it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from bots.browser import Host, find_browser

MOST_CPU_SECONDS = 0.5
TRIES = 5
HEAVY = {
    "apscheduler",
    "holidays",
    "httpx",
    "hvac",
    "jinja2",
    "onepassword",
    "oxedi",
    "playwright",
    "pykeepass",
    "pyotp",
    "pyrage",
    "rich",
    "starlette",
    "structlog",
    "tenacity",
    "uvicorn",
}
COMMANDS = (("--help",), ("account", "list"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("cost") / "home"
    run(home, "init")
    return home


def run(home: Path, *command: str, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PORTALKEEPER_HOME": str(home)}
    return subprocess.run(
        [sys.executable, *options, "-m", "bots", *command], env=environment, check=True, capture_output=True, text=True
    )


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_start_loads_no_browser_scheduler_or_vault(home: Path, command: tuple[str, ...]) -> None:
    told = run(home, *command, options=("-X", "importtime")).stderr
    loaded = set(re.findall(r"^import time:.*\| +([\w.]+)$", told, re.MULTILINE))
    assert "bots.cli.app" in loaded
    assert not HEAVY & (loaded | {name.partition(".")[0] for name in loaded})


@pytest.mark.alone
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_start_takes_half_a_second_of_cpu(home: Path, command: tuple[str, ...]) -> None:
    # The least of some tries: neighbours on the machine make CPU seconds longer, nothing makes them shorter.
    assert min(cpu_of(home, *command) for _ in range(TRIES)) <= MOST_CPU_SECONDS


def cpu_of(home: Path, *command: str) -> float:
    environment = {**os.environ, "PORTALKEEPER_HOME": str(home)}
    with subprocess.Popen(
        [sys.executable, "-m", "bots", *command], env=environment, stdout=subprocess.DEVNULL
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_utime + usage.ru_stime


async def test_our_lists_of_features_hold_those_of_playwright() -> None:
    """Chromium heeds only the last list, and ours comes after Playwright's."""
    host = await Host.start(find_browser(None))
    try:
        children = psutil.Process().children(recursive=True)
        command = next(words for child in children if "--remote-debugging-pipe" in (words := child.cmdline()))
    finally:
        await host.stop()
    for switch in ("--disable-features=", "--enable-features="):
        theirs, ours = (set(word.removeprefix(switch).split(",")) for word in command if word.startswith(switch))
        assert theirs < ours
