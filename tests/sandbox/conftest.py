"""A practice world in a process of its own, reset before each test."""

import shutil
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright
from practice_world import Practice, ready_line, start

_BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")


@pytest.fixture(scope="session")
def world_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    """One process for all tests of a worker."""
    clock_file = tmp_path_factory.mktemp("world") / "clock.json"
    process = start("--clock-file", str(clock_file))
    try:
        yield Practice(ready_line(process), clock_file)
    finally:
        process.terminate()
        process.communicate(timeout=10)


@pytest.fixture
def practice(world_process: Practice) -> Practice:
    """The world as new."""
    world_process.post("/reset", seed=1)
    return world_process


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One browser for all tests; each makes a context of its own."""
    found = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        await browser.close()
