"""A handle on a running practice world, for tests."""

import json
import subprocess
import sys
import time
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from sandbox.totp import STEP_SECONDS, code_at

ROOT = Path(__file__).parents[2]
SIGN_IN = "/cloud/public/onb/availity-fr/v1"
AUTHENTICATOR = "Authenticate me using my Authenticator app"
_numbers = count(1)


def start(*options: str) -> subprocess.Popen[str]:
    """`python -m sandbox`, its output piped."""
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ready_line(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What the process says when it is ready."""
    assert process.stdout is not None
    ready: dict[str, Any] = json.loads(process.stdout.readline())
    return ready


class Practice:
    """The running world, as a test orders it about."""

    def __init__(self, ready: dict[str, Any], clock_file: Path) -> None:
        self.ready = ready
        self.clock_file = clock_file
        self.control = httpx.Client(base_url=ready["control"], timeout=10)
        self.port = urlsplit(ready["portals"]["availity"]["url"]).port

    def get(self, path: str) -> Any:
        """Read something."""
        return self.control.get(path).raise_for_status().json()

    def post(self, path: str, **body: Any) -> Any:
        """Order something."""
        return self.control.post(path, json=body).raise_for_status().json()

    def url(self, portal: str) -> str:
        """Where the portal is."""
        address: str = self.ready["portals"][portal]["url"]
        return address

    def account(self, portal: str = "availity", **fields: Any) -> dict[str, Any]:
        """A new account for one test."""
        user = f"tests{next(_numbers):05d}"
        made: dict[str, Any] = self.post("/accounts", portal=portal, user=user, **fields)
        return made

    def seen(self, account: dict[str, Any]) -> dict[str, Any]:
        """What the portal counted of an account."""
        accounts = self.get("/state")["portals"][account["portal"]]["accounts"]
        counts: dict[str, Any] = accounts[account["user"]]
        return counts

    def code(self, account: dict[str, Any], steps: int = 0) -> str:
        """The account's one-time code now, or some time steps away."""
        now = time.time() + self.get("/state")["offset_seconds"]
        return code_at(account["totp_secret"], int(now // STEP_SECONDS) + steps)

    def to_mid_step(self) -> None:
        """Move the clock to the middle of a time step, so that no test runs over its edge."""
        now = time.time() + self.get("/state")["offset_seconds"]
        self.post("/clock", advance_seconds=STEP_SECONDS * 1.5 - now % STEP_SECONDS)

    def member(self, portal: str, coverage: str) -> dict[str, Any]:
        """The first member a right answer says this of."""
        members: list[dict[str, Any]] = self.get("/members")
        mine = (each for each in members if each["portal"] == portal)
        return next(each for each in mine if each["expects"]["coverage"] == coverage)

    def browser_less(self, host: str) -> httpx.Client:
        """A client of one portal that needs no name resolution."""
        address = f"http://127.0.0.1:{self.port}"
        host = f"{host}.localhost"
        return httpx.Client(base_url=address, headers={"Host": host}, timeout=10, verify=False)

    def submit(self, client: httpx.Client, user: str, password: str) -> httpx.Response:
        """Type a password into Availity, without a browser."""
        return client.post(f"{SIGN_IN}/sign-in", json={"userId": user, "password": password})

    def submit_code(self, client: httpx.Client, code: str) -> httpx.Response:
        """Choose the authenticator and type a code."""
        client.post(f"{SIGN_IN}/two-step/choice", json={"choice": AUTHENTICATOR})
        return client.post(f"{SIGN_IN}/two-step/code", json={"code": code})

    def signed_in(self, account: dict[str, Any], steps: int = 0) -> httpx.Client:
        """A client signed in to Availity."""
        client = self.browser_less("availity")
        self.submit(client, account["user"], account["password"]).raise_for_status()
        if account["methods"]:
            self.submit_code(client, self.code(account, steps)).raise_for_status()
        return client
