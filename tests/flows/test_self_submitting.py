"""A code box that sends itself with its last digit: nothing is clicked after it, and it counts once."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import pytest
from asking import ask, codes_at_once, ledger, order, policies
from house import House

from bots.runner import run as runs

__all__ = ["codes_at_once", "policies"]

PORTALS = {
    "availity": "payers.portals.availity.sign_in",
    "uhc": "payers.identity.one_healthcare_id.sign_in",
    "tmhp": "payers.identity.okta.failures",
}


@pytest.mark.parametrize("portal", PORTALS)
@pytest.mark.usefixtures("codes_at_once")
async def test_it_is_submitted_once(
    house: House, portal: str, policies: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    policies("availity", announcements=False)  # closing one counts too
    monkeypatch.setattr(importlib.import_module(PORTALS[portal]), "SCREEN_SECONDS", 8)
    monkeypatch.setattr(runs, "TRIES", 1)
    house.settings = house.settings.model_copy(update={"step_timeout_seconds": 6})
    name, user = house.account(portal)
    order(house, portal, user, "self_submitting_code", "login")
    run, _ = await ask(house, name, flow="login")
    assert run.failure is None, run.failure
    assert house.world.get("/faults") == []
    seen = house.world.account(portal, user)
    assert (seen["code_submissions"], seen["code_refusals"], seen["sign_ins"]) == (1, 0, 1)
    assert [row for row in ledger(house, name) if row[0] == "code"] == [("code", "accepted", 1)]
