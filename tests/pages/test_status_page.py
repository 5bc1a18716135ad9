"""The status page as people see it: by keyboard, on a phone, in the dark; and a code on its way to a run."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Page

from bots import freezes
from bots.clock import Schedule, Timetable
from bots.desk import Failure
from bots.inventory import Inventory
from bots.inventory.accounts import add_account, checked_account
from bots.settings import Settings
from bots.status import WaitingCodes, showing
from bots.status.doorkeeper import Doorkeeper

PHONE = 390
CONTRAST = """() => [...document.querySelectorAll("body, th, td, label, h1, h2, button, .soft, .warn")].map(one => {
  let paper = one; while (paper && getComputedStyle(paper).backgroundColor === "rgba(0, 0, 0, 0)") paper = paper.parentElement;
  return [getComputedStyle(one).color, getComputedStyle(paper || document.body).backgroundColor];
})"""
UNNAMED = """() => [...document.querySelectorAll("input:not([type=hidden]), button, [role=region], table")].filter(one =>
  !(one.labels && one.labels.length) && !one.textContent.trim() && !one.getAttribute("aria-label")).length"""


class Shown:
    """The page of a small data folder, served by a thread of its own."""

    def __init__(self, home: Path, port: int) -> None:
        self.settings = Settings(home=home, status_port=port)
        self.address = f"http://127.0.0.1:{port}/"
        self.codes = WaitingCodes()
        self.answer: str | None = None
        self.inventory = Inventory(home / "inventory.db")
        name = "availity-west-worker-with-a-rather-long-name"
        row = checked_account({"name": name, "portal": "availity", "user_id": "secretuser"}, ["availity"])
        add_account(self.inventory, row, [], by="test", at="2026-11-23T12:00:00.000+00:00")
        failure = Failure(error="InvalidCredentials", message="secretuser was refused")
        freezes.freeze(self.inventory, name, failure, by="worker")
        rows = tuple(
            Schedule(name=f"row-{n}", flow="login", accounts=(name,), cron=f"{n} 5 * * *", zone="America/New_York")
            for n in range(12)
        )
        self.table = Timetable(rows)
        self.loop = asyncio.new_event_loop()
        self.stop = asyncio.Event()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=lambda: self.loop.run_until_complete(self.serve()), daemon=True)
        self.thread.start()
        assert self.ready.wait(20)

    async def serve(self) -> None:
        async with showing(
            self.settings, self.inventory, lambda: self.table, time.monotonic, self.codes, lambda words: None
        ):
            self.ready.set()
            await self.stop.wait()

    async def ask(self) -> None:
        self.answer = await self.codes.ask("availity-west: Availity asks for the code by text message", 120)

    def waits_for_a_code(self) -> None:
        asyncio.run_coroutine_threadsafe(self.ask(), self.loop)
        deadline = time.monotonic() + 20
        while not self.codes.open() and time.monotonic() < deadline:
            time.sleep(0.01)  # polls for the question, which the other thread asks

    def token(self) -> str:
        return Doorkeeper.of(self.settings, self.settings.status_port).token("ann")


@pytest.fixture
def shown(tmp_path: Path, unused_port: int) -> Iterator[Shown]:
    made = Shown(tmp_path, unused_port)
    yield made
    made.loop.call_soon_threadsafe(made.stop.set)
    made.thread.join(20)
    made.inventory.close()


@pytest.fixture
def unused_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_person_signs_in_and_gives_a_code_by_keyboard(page: Page, shown: Shown) -> None:
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        said.append(message.text)

    shown.waits_for_a_code()
    page.goto(shown.address)
    page.on("console", hear)  # the first answer is a 401, which Chromium tells of
    assert "row-1" not in page.content()
    page.keyboard.press("Tab")
    page.keyboard.insert_text(shown.token())
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Waits for a code").wait_for()
    assert "secretuser" not in page.content() and "row-1" in page.content()
    page.keyboard.press("Tab")
    page.keyboard.insert_text("271828")
    page.keyboard.press("Enter")
    page.get_by_role("status").wait_for()
    assert page.get_by_role("status").inner_text() == "The code was handed to the run."
    assert shown.answer == "271828" and said == []


def test_it_is_readable_on_a_phone_in_light_and_dark_and_every_part_has_a_name(page: Page, shown: Shown) -> None:
    shown.waits_for_a_code()
    page.context.add_cookies([{"name": "portalkeeper", "value": shown.token(), "url": shown.address}])
    page.set_viewport_size({"width": PHONE, "height": 800})
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(shown.address)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
        assert page.evaluate(UNNAMED) == 0
        pairs: list[Any] = page.evaluate(CONTRAST)
        assert len(pairs) > 20
        for ink, paper in pairs:
            assert contrast(ink, paper) >= 4.5, (scheme, ink, paper)
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("h1").count() == 1 and page.get_by_role("main").count() == 1


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two CSS colours (WCAG 2)."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(color: str) -> float:
    parts = [int(word) / 255 for word in color[color.index("(") + 1 : -1].split(",")[:3]]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
