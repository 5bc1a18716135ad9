"""The health report as people see it: in a browser, on a phone, in the dark, in print, by keyboard, without a network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe import axe_script, findings
from playwright.sync_api import Page
from reporting import AT, NEEDLE, World, world

from bots.report import render_html

__all__ = ["world"]

PHONE = 390
KEYS = 60


@pytest.fixture
def report(world: World, tmp_path: Path) -> Path:
    """A page with everything on it: needs, handled, dates, charts, folded tables."""
    world.refused("availity-west-worker", owner="billing lead", backup="on-call operator")
    world.account("uhc-main-worker-with-a-rather-long-name", portal="west", owner="Jo", backup_codes_left=1)
    world.freeze("uhc-main-worker-with-a-rather-long-name", "AccountLocked")
    with world.inventory.write() as db:
        db.execute("UPDATE incidents SET taken_by = 'Jo' WHERE error = 'AccountLocked'")
        at = "2026-11-24T04:00:00.000+00:00"
        db.execute("INSERT INTO notices (at, account, kind, words) VALUES (?, 'fine-00', 'drift', 'Home: user')", (at,))
    for number in range(30):
        world.fine(f"fine-{number:02}")
    world.run("fine-00", flow="eligibility", error="PortalUnavailable")
    world.due("fine-01", "missed", hours=3, cause="the service was not running")
    before = {"at": "2026-11-23T05:40:00-05:00", "needs": [], "states": {"fine-00": "PORTAL DOWN"}}
    page = tmp_path / "report.html"
    page.write_text(render_html(world.gather(AT, before=before)))
    return page


@pytest.fixture(autouse=True)
def quiet(page: Page) -> Iterator[None]:
    """Nothing may be said on the console, and nothing fetched."""
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    yield
    assert said == []
    assert all(url.startswith("file://") and url.endswith("report.html") for url in asked)


def test_the_first_screen_says_who_needs_a_hand(page: Page, report: Path) -> None:
    page.goto(report.as_uri())
    assert page.title().startswith("Portals Tue 24 Nov: 1 need")
    heads = [text.upper() for text in page.locator("h2").all_inner_texts()]
    order = ("CAN THE OFFICE", "NEEDS A PERSON", "BEING HANDLED", "NEXT 14 DAYS", "IS THIS REPORT WHOLE", "CHANGED")
    places = [next(number for number, head in enumerate(heads) if head.startswith(words)) for words in order]
    assert places == sorted(places)
    assert "pk vault set availity-west-worker" in page.locator(".need").first.inner_text()
    assert NEEDLE not in page.content()
    assert page.get_by_role("img").count() >= 3
    assert page.locator(".need").first.bounding_box()["y"] < 720  # type: ignore[index]


def test_it_fits_a_phone(page: Page, report: Path) -> None:
    page.set_viewport_size({"width": PHONE, "height": 800})
    page.goto(report.as_uri())
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_in_light_and_dark_wide_and_narrow(page: Page, report: Path, scheme: str) -> None:
    script = axe_script()
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(report.as_uri())
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    assert findings(page, script) == []
    page.set_viewport_size({"width": PHONE, "height": 800})
    assert findings(page, script) == []


def test_axe_would_find_what_is_wrong(page: Page, report: Path) -> None:
    script = axe_script()
    page.goto(report.as_uri())
    page.evaluate("document.querySelector('h1').style.color = getComputedStyle(document.body).backgroundColor")
    page.evaluate("document.querySelector('svg').removeAttribute('aria-label')")
    assert {found["rule"] for found in findings(page, script)} >= {"color-contrast", "svg-img-alt"}


def test_it_is_used_by_keyboard(page: Page, report: Path) -> None:
    page.goto(report.as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "needs"
    for _ in range(KEYS):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "SUMMARY":
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert not page.get_by_text("fine-29").is_visible()
    page.keyboard.press("Enter")
    assert page.get_by_text("fine-29").is_visible()


def test_it_is_readable_in_light_and_dark(page: Page, report: Path) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(report.as_uri())
        colors = page.evaluate(
            "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
        )
        assert contrast(*colors) >= 7, (scheme, colors)


def test_it_prints_on_white(page: Page, report: Path) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    page.goto(report.as_uri())
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two CSS colours (WCAG 2)."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(color: str) -> float:
    parts = [int(word) / 255 for word in color[color.index("(") + 1 : -1].split(",")[:3]]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
