"""Where the demonstration plays: the sandbox, a data folder, and the command line that is typed into."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from bots.cli.printing import tell

MAIL_SERVER = "mx.worker.example"  # the sandbox delivers as this one


class Stage:
    """One demonstration in a folder of its own. Its only door to the sandbox is HTTP."""

    def __init__(self, home: Path, ready: dict[str, Any]) -> None:
        self.home = home
        self.urls = {name: portal["url"] for name, portal in ready["portals"].items()}
        self._control = ready["control"]
        self._env = {**os.environ, "PORTALKEEPER_HOME": str(home), "PORTALKEEPER_MAIL_SERVER": MAIL_SERVER}

    def pk(self, *arguments: str, given: str = "", quiet: bool = False, may_fail: bool = False) -> None:
        """Run one command and show it as it would be typed."""
        print(_typed(arguments), flush=True)
        ended = subprocess.run(
            _command(arguments),
            env=self._env,
            input=given,
            text=True,
            stdout=subprocess.DEVNULL if quiet else None,
            check=False,
        )
        if not may_fail:
            _check(ended.returncode)

    def pk_at_once(self, *commands: tuple[str, ...]) -> None:
        """Run several commands at the same time, and show each with what it printed."""
        running = [(command, self.start(*command)) for command in commands]
        for command, process in running:
            printed = "".join(process.communicate())
            print(f"{_typed(command)}\n{printed}", end="", flush=True)
            _check(process.returncode)

    def read(self, *arguments: str) -> Any:
        """What a command tells as JSON, without showing it."""
        ended = subprocess.run(_command(arguments), env=self._env, stdout=subprocess.PIPE, check=True)
        return json.loads(ended.stdout)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start one command and go on."""
        return subprocess.Popen(
            _command(arguments), env=self._env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def due(self, where: str) -> list[dict[str, Any]]:
        """The rows of the schedule that came due, as the inventory has them."""
        with closing(sqlite3.connect(self.home / "inventory.db", timeout=30)) as inventory:
            inventory.row_factory = sqlite3.Row
            return [dict(row) for row in inventory.execute(f"SELECT * FROM due WHERE {where} ORDER BY due_at, id")]

    def seen(self, portal: str) -> dict[str, Any]:
        """What a portal saw of each of its users."""
        accounts: dict[str, Any] = self.get("/state")["portals"][portal]["accounts"]
        return accounts

    def get(self, path: str) -> Any:
        """Something that the sandbox tells."""
        with urllib.request.urlopen(self._control + path, timeout=10) as answer:  # noqa: S310 - our own sandbox
            return json.load(answer)

    def post(self, path: str, **body: Any) -> None:
        """An order to the sandbox."""
        request = urllib.request.Request(self._control + path, json.dumps(body).encode(), method="POST")  # noqa: S310
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - our own sandbox


def _command(arguments: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "bots", *arguments]


def _typed(arguments: tuple[str, ...]) -> str:
    return "$ portalkeeper " + " ".join(f'"{word}"' if " " in word else word for word in arguments)


def _check(code: int) -> None:
    if code:
        raise SystemExit(f"the demonstration stopped: that command ended with code {code}")


def title(words: str) -> None:
    """Begin a chapter."""
    print(f"\n== {words}", flush=True)


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            tell("the service did not get there in time")
            return
        time.sleep(0.5)


@contextmanager
def sandbox(home: Path) -> Iterator[dict[str, Any]]:
    """The sandbox as a process of its own, until the block ends; its clock and its letters are in the data folder."""
    places = ("--clock-file", str(home / "sandbox-clock.json"), "--maildir", str(home / "mail"))
    process = subprocess.Popen([sys.executable, "-m", "sandbox", *places], stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise SystemExit("the sandbox did not start")
        yield json.loads(line)
    finally:
        process.terminate()
        process.communicate(timeout=10)
