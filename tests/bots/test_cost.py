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
from bots.settings import load

MOST_TIMES = 2.2
LIBRARIES = "import typer, pydantic_settings, sqlite_utils"
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
def test_a_start_costs_little_more_than_its_libraries(home: Path, command: tuple[str, ...]) -> None:
    # Side by side, and the least of some tries: neighbours on the machine make CPU seconds longer, nothing shorter.
    tries = [(cpu_of(home, "-c", LIBRARIES), cpu_of(home, "-m", "bots", *command)) for _ in range(TRIES)]
    libraries, start = map(min, zip(*tries, strict=True))
    assert start <= MOST_TIMES * libraries


def cpu_of(home: Path, *arguments: str) -> float:
    environment = {**os.environ, "PORTALKEEPER_HOME": str(home)}
    with subprocess.Popen([sys.executable, *arguments], env=environment, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_utime + usage.ru_stime


async def test_our_lists_of_features_hold_those_of_playwright() -> None:
    """Chromium heeds only the last list, and ours comes after Playwright's."""
    host = await Host.start(find_browser(None), sandbox=load().browser_sandbox)
    try:
        children = psutil.Process().children(recursive=True)
        command = next(words for child in children if "--remote-debugging-pipe" in (words := child.cmdline()))
    finally:
        await host.stop()
    for switch in ("--disable-features=", "--enable-features="):
        theirs, ours = (set(word.removeprefix(switch).split(",")) for word in command if word.startswith(switch))
        assert theirs < ours
