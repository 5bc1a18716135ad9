"""The health report as people see it: in a browser, on a phone, in the dark, in print, without a network."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page

from bots import freezes
from bots.desk import Failure
from bots.inventory import Inventory
from bots.inventory.accounts import add_account, checked_account
from bots.report import gather, render_html

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PHONE = 390


@pytest.fixture
def report(tmp_path: Path) -> Path:
    inventory = Inventory(tmp_path / "inventory.db")
    for name in ("availity-west-worker", "uhc-main-worker-with-a-rather-long-name"):
        row = checked_account({"name": name, "portal": "availity", "user_id": f"secretuser-{name}"}, ["availity"])
        add_account(inventory, row, [], by="test", at=AT.isoformat())
    failure = Failure(error="InvalidCredentials", message="refused", phrase="password_refused")
    freezes.freeze(inventory, "availity-west-worker", failure, by="worker")
    page = tmp_path / "report.html"
    page.write_text(render_html(gather(inventory, ["availity-west-worker"], datetime.now(UTC), service_running=True)))
    return page


def test_the_first_screen_says_who_needs_a_hand(page: Page, report: Path) -> None:
    page.goto(report.as_uri())
    assert "NEED" in page.locator("body").inner_text().upper()
    assert "availity-west-worker" in page.locator("body").inner_text()
    assert "secretuser" not in page.content()


def test_it_needs_no_network(page: Page, report: Path) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    assert asked == [report.as_uri()]


def test_it_fits_a_phone(page: Page, report: Path) -> None:
    page.set_viewport_size({"width": PHONE, "height": 800})
    page.goto(report.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE


def test_it_is_readable_in_light_and_dark(page: Page, report: Path) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto(report.as_uri())
        colors = page.evaluate(
            "[getComputedStyle(document.body).color, getComputedStyle(document.documentElement).backgroundColor, getComputedStyle(document.body).backgroundColor]"
        )
        ink, *papers = colors
        paper = next(color for color in papers[::-1] if color != "rgba(0, 0, 0, 0)")
        assert contrast(ink, paper) >= 7, (scheme, colors)


def test_it_prints_on_white(page: Page, report: Path) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    page.goto(report.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two CSS colours (WCAG 2)."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(color: str) -> float:
    parts = [int(word) / 255 for word in color[color.index("(") + 1 : -1].split(",")[:3]]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
