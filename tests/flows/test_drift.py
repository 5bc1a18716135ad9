"""A portal's pages look different one day, on all portals alike: the answer is the same, or the run says what it misses."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from asking import ask, codes_at_once
from house import House, question

from bots.browser import Host
from bots.runner import run as runs
from flows.eligibility import Coverage, EligibilityAnswer
from flows.errors import PortalChanged, error_classes

__all__ = ["codes_at_once"]

pytestmark = pytest.mark.usefixtures("codes_at_once")

PORTALS = ("availity", "uhc", "tmhp", "epaces", "medi_cal")

# changes each page and frame whenever it has drawn something
AFTER_EACH_DRAWING = """
addEventListener("DOMContentLoaded", () => {
  const once = (css, act) => document.querySelectorAll(css).forEach((it) => {
    if (!it.dataset.drifted) { it.dataset.drifted = "yes"; act(it); }
  });
  const change = () => { %s };
  new MutationObserver(change).observe(document.body, { childList: true, subtree: true });
  change();
});
"""
BANNER = """once("body", (it) => it.insertAdjacentHTML("afterbegin", '<div role="status">Holiday hours</div>'));"""
MOVED = """once("form button, form input[type=submit]", (it) => {
  const place = document.createElement("div"); it.before(place); place.append(it); place.style.cssText = "margin: 3em 0 0 9em";
});"""
HEADINGS = """once("%s", (it) => { it.textContent = "Welcome"; });"""
SURVEY = """if (self === top && !document.getElementById("survey")) document.body.insertAdjacentHTML("beforeend",
  '<div id="survey" style="position: fixed; inset: 0; z-index: 99999"><h2>Before you go on</h2><button>Start</button></div>');"""

Drifted = Callable[[str], None]


@pytest.fixture
def drifted(monkeypatch: pytest.MonkeyPatch) -> Drifted:
    """Changes all pages of the runs that follow."""
    original = Host.context

    def drifted(script: str) -> None:
        @asynccontextmanager
        async def context(self: Host, state: object) -> AsyncIterator[object]:
            async with original(self, state) as (context, line):
                await context.add_init_script(AFTER_EACH_DRAWING % script)
                yield context, line

        monkeypatch.setattr(Host, "context", context)

    return drifted


@pytest.mark.parametrize("portal", PORTALS)
async def test_a_banner_and_buttons_elsewhere_change_nothing(house: House, portal: str, drifted: Drifted) -> None:
    drifted(BANNER + MOVED)
    await gives_the_right_answer(house, portal)


async def test_another_heading_at_uhc(house: House, drifted: Drifted) -> None:
    drifted(HEADINGS % "h1:not([data-testid])")
    await gives_the_right_answer(house, "uhc")


async def test_another_heading_at_availity(house: House, drifted: Drifted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its second step is known by nothing else."""
    drifted(HEADINGS % "h1, h2")
    monkeypatch.setattr(importlib.import_module("payers.portals.availity.sign_in"), "SCREEN_SECONDS", 5)
    name, user = house.account("availity")
    run, _ = await ask(house, name, flow="login")
    assert run.failure and (run.failure.error, run.failure.screen) == ("ScreenNotRecognised", "Home"), run.failure
    seen = house.world.account("availity", user)
    assert (seen["password_submissions"], seen["code_submissions"]) == (1, 0)


@pytest.mark.parametrize("portal", PORTALS)
async def test_what_is_new_in_front_of_a_page_is_told(
    house: House, portal: str, drifted: Drifted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it is pressed."""
    drifted(SURVEY)
    monkeypatch.setattr(runs, "TRIES", 1)
    house.settings = house.settings.model_copy(update={"step_timeout_seconds": 4})
    name, user = house.account(portal)
    run, _ = await ask(house, name, flow="login")
    assert run.failure and issubclass(error_classes()[run.failure.error], PortalChanged), run.failure
    assert run.failure.screen or run.failure.locator, run.failure
    assert house.world.account(portal, user)["password_submissions"] == 0


async def gives_the_right_answer(house: House, portal: str) -> None:
    name, user = house.account(portal)
    run, [answer] = await ask(house, name, question(house.world.members(portal, "inactive")[0]))
    assert run.failure is None
    assert isinstance(answer, EligibilityAnswer)
    assert (answer.coverage, answer.match) == (Coverage.INACTIVE, "exact")
    seen = house.world.account(portal, user)
    assert (seen["password_submissions"], seen["lookups"]) == (1, 1)
