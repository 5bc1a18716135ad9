"""A handle on a running world for tests and demonstrations: start it, order things, see counts."""

import contextlib
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from itertools import count
from typing import Any

from sandbox.totp import STEP_SECONDS, code_at

_SECONDS_TO_END = 10
_numbers = count(1)


class OrderRefusedError(Exception):
    """The control interface refused an order; the message is its own."""


def start(*options: str) -> subprocess.Popen[str]:
    """`python -m sandbox` with these options, its output piped."""
    command = [sys.executable, "-m", "sandbox", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ready_line(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What the process says when it is ready; RuntimeError with its complaint when it isn't."""
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise RuntimeError(process.communicate()[1].strip() or "the sandbox ended without a word")
    ready: dict[str, Any] = json.loads(line)
    return ready


@contextlib.contextmanager
def running(*options: str) -> Iterator["Practice"]:
    """A world of one's own for the length of a `with`."""
    process = start(*options)
    try:
        yield Practice(ready_line(process))
    finally:
        process.terminate()
        process.communicate(timeout=_SECONDS_TO_END)


class Practice:
    """One running world, by its control interface."""

    def __init__(self, ready: dict[str, Any]) -> None:
        self.ready = ready

    def get(self, path: str) -> Any:
        """Read something."""
        return self._ask("GET", path, None)

    def post(self, path: str, **body: Any) -> Any:
        """Order something."""
        return self._ask("POST", path, body)

    def delete(self, path: str, **body: Any) -> Any:
        """Take something away."""
        return self._ask("DELETE", path, body)

    def url(self, portal: str) -> str:
        """Where a portal is."""
        address: str = self.ready["portals"][portal]["url"]
        return address

    def account(self, portal: str = "availity", **fields: Any) -> dict[str, Any]:
        """A new account, so that no two tests share one."""
        user = f"worker{next(_numbers):05d}"
        made: dict[str, Any] = self.post("/accounts", portal=portal, user=user, **fields)
        return made

    def seen(self, account: dict[str, Any]) -> dict[str, Any]:
        """What the portal counted of an account."""
        accounts = self.get("/state")["portals"][account["portal"]]["accounts"]
        counts: dict[str, Any] = accounts[account["user"]]
        return counts

    def member(self, portal: str, coverage: str) -> dict[str, Any]:
        """The first member of whom a right answer says this."""
        members: list[dict[str, Any]] = self.get("/members")
        mine = (each for each in members if each["portal"] == portal)
        return next(each for each in mine if each["expects"]["coverage"] == coverage)

    def now(self) -> float:
        """Simulated seconds since the epoch."""
        offset: float = self.get("/state")["offset_seconds"]
        return time.time() + offset

    def code(self, account: dict[str, Any], steps: int = 0) -> str:
        """The account's one-time code now, or some time steps away."""
        return code_at(account["totp_secret"], int(self.now() // STEP_SECONDS) + steps)

    def to_mid_step(self) -> None:
        """Jump to the middle of the next time step, so that no test runs over an edge."""
        self.post("/clock", advance_seconds=STEP_SECONDS * 1.5 - self.now() % STEP_SECONDS)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        written = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.ready["control"] + path, data=written, method=method)  # noqa: S310 loopback
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 loopback
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise OrderRefusedError(error.read().decode()) from None
