"""Okta's pages look different one day: what is survived, and what stops the run, saying which screen is missed."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

import pytest
from asking import ask, codes_at_once, ledger
from house import House
from playwright.async_api import Page

from bots.runner import run as runs

__all__ = ["codes_at_once"]

pytestmark = pytest.mark.usefixtures("codes_at_once")

# calls `change` whenever the page has drawn something
AFTER_EACH_DRAWING = """
addEventListener("DOMContentLoaded", () => {
  const each = (css, act) => document.querySelectorAll(css).forEach(act);
  const change = () => { %s };
  new MutationObserver(change).observe(document.body, { childList: true, subtree: true });
  change();
});
"""
RENAMED = "each('[data-se=o-form-head]', (it) => { if (it.textContent === '%s') it.textContent = '%s'; });"
COVER = """if (!document.getElementById('cover')) document.body.insertAdjacentHTML('beforeend',
  '<div id="cover" style="position: fixed; inset: 0; z-index: 9">Tell us what you think</div>');"""
BANNER = """if (!document.getElementById('banner')) document.body.insertAdjacentHTML('afterbegin',
  '<div id="banner" role="status">Holiday hours</div>');"""


@dataclass(frozen=True)
class Drift:
    """What changes; the error, the screen or locator that is missed, and how far the sign-in came."""

    name: str
    script: str
    error: str | None = None
    missed: str = ""
    passwords: int = 1
    codes: int = 1

    def __str__(self) -> str:
        return self.name


DRIFTS = (
    Drift("another heading over the user id", RENAMED % ("Sign In", "Welcome to IAMOnline")),
    Drift("another button", "each('[type=submit]', (it) => { if (it.value !== 'Go on') it.value = 'Go on'; });"),
    Drift("other labels", "each('label', (it) => { if (it.textContent !== '?') it.textContent = '?'; });"),
    Drift("other ids", "each('input[id]', (it) => { if (!it.id.startsWith('x')) it.id = `x${it.id}`; });"),
    Drift("another heading over My Apps", "each('h1', (it) => { if (it.textContent !== 'Apps') it.textContent = 'Apps' })"),
    Drift("a banner", BANNER),
    Drift("another heading over the password", RENAMED % ("Verify with your password", "Answer your question"),
          "ScreenNotRecognised", "Password", 0, 0),
    Drift("another heading over the code", RENAMED % ("Verify with Google Authenticator", "Type your number"),
          "ScreenNotRecognised", "EnterCode", 1, 0),
    Drift("a survey in front of everything", COVER, "PortalChanged", "input[name=identifier]", 0, 0),
    Drift("no name on My Apps", "each('[data-se=user-name]', (it) => it.remove());", "ScreenNotRecognised", "Home"),
)  # fmt: skip


@pytest.mark.parametrize("drift", DRIFTS, ids=str)
async def test_a_page_that_drifted(house: House, drift: Drift, monkeypatch: pytest.MonkeyPatch) -> None:
    portal = importlib.import_module("payers.portals.tmhp.sign_in")
    visit = portal.visit

    async def visit_drifted(page: Page, *given: object) -> object:
        await page.add_init_script(AFTER_EACH_DRAWING % drift.script)
        return await visit(page, *given)

    monkeypatch.setattr(portal, "visit", visit_drifted)
    monkeypatch.setattr(importlib.import_module("payers.identity.okta.failures"), "SCREEN_SECONDS", 5)
    monkeypatch.setattr(runs, "TRIES", 1)
    house.settings = house.settings.model_copy(update={"step_timeout_seconds": 5})
    name, user = house.account("tmhp")
    run, _ = await ask(house, name, flow="login")
    assert (run.failure and run.failure.error) == drift.error, run.failure
    if run.failure:
        assert drift.missed in (run.failure.screen or run.failure.locator or "")
    seen = house.world.account("tmhp", user)
    assert (seen["password_submissions"], seen["code_submissions"]) == (drift.passwords, drift.codes)
    assert sum(row[2] for row in ledger(house, name) if row[0] == "password") == drift.passwords
