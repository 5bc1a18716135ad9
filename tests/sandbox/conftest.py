"""A practice world in a process of its own, reset before each test."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from sandbox.practice import Practice, running

_BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")


class Sites:
    """The portals without a browser: plain HTTP to the loopback address, no name resolution."""

    SIGN_IN = "/cloud/public/onb/availity-fr/v1"
    AUTHENTICATOR = "Authenticate me using my Authenticator app"

    def __init__(self, practice: Practice) -> None:
        self._practice = practice
        self.port = urlsplit(practice.url("availity")).port or 0

    def client(self, portal: str = "availity") -> httpx.Client:
        """A client with cookies of its own."""
        headers = {"Host": f"{portal}.localhost"}
        address = f"http://127.0.0.1:{self.port}"
        return httpx.Client(base_url=address, headers=headers, timeout=60, verify=False)

    def submit(self, client: httpx.Client, user: str, password: str) -> httpx.Response:
        """Submit a password to Availity."""
        return client.post(f"{self.SIGN_IN}/sign-in", json={"userId": user, "password": password})

    def submit_code(self, client: httpx.Client, code: str) -> httpx.Response:
        """Choose the authenticator and submit a code."""
        client.post(f"{self.SIGN_IN}/two-step/choice", json={"choice": self.AUTHENTICATOR})
        return client.post(f"{self.SIGN_IN}/two-step/code", json={"code": code})

    def signed_in(self, account: dict[str, Any], steps: int = 0) -> httpx.Client:
        """A client signed in to Availity."""
        client = self.client()
        self.submit(client, account["user"], account["password"]).raise_for_status()
        if account["methods"]:
            code = self._practice.code(account, steps)
            self.submit_code(client, code).raise_for_status()
        return client


@pytest.fixture(scope="session")
def clock_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the world publishes its clock."""
    return tmp_path_factory.mktemp("world") / "clock.json"


@pytest.fixture(scope="session")
def world_process(clock_file: Path) -> Iterator[Practice]:
    """One process for all tests of a worker."""
    with running("--clock-file", str(clock_file)) as practice:
        yield practice


@pytest.fixture
def practice(world_process: Practice) -> Practice:
    """The world as new."""
    world_process.post("/reset", seed=1)
    return world_process


@pytest.fixture
def control(practice: Practice) -> httpx.Client:
    """Its control interface, for orders that are refused."""
    return httpx.Client(base_url=practice.ready["control"], timeout=60, verify=False)


@pytest.fixture
def sites(practice: Practice) -> Sites:
    """Its portals by plain HTTP."""
    return Sites(practice)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One browser for all tests; each makes a context of its own."""
    found = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        await browser.close()
