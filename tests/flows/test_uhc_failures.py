"""Everything that can go wrong at UnitedHealthcare's portal, in a real browser against the sandbox."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import failing
import pytest
from asking import ask, codes_at_once, control, policies
from house import OTHER_NPI, OTHER_ORGANIZATION, House, question

from bots.runner import run as runs

__all__ = ["codes_at_once", "policies"]

pytestmark = pytest.mark.usefixtures("codes_at_once", "impatience")


# modules by name: their packages hold functions of the same names
WAITS = {
    "payers.portals.uhc.sign_in": ("SCREEN_SECONDS",),
    "payers.identity.one_healthcare_id.sign_in": ("SCREEN_SECONDS",),
    "payers.portals.uhc.eligibility": ("FORM_SECONDS", "ANSWER_SECONDS"),
}


@pytest.fixture
def impatience(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short time-outs, and no second try of a run."""
    for module, names in WAITS.items():
        for name in names:
            monkeypatch.setattr(importlib.import_module(module), name, 6)
    monkeypatch.setattr(runs, "TRIES", 1)
    house.settings = house.settings.model_copy(update={"step_timeout_seconds": 6})


@pytest.mark.sampled(2)
@pytest.mark.parametrize("fault", failing.SIGN_IN_FAULTS, ids=str)
async def test_a_sign_in_that_fails(house: House, fault: failing.Fault) -> None:
    await failing.sign_in_meets(house, "uhc", fault)


@pytest.mark.parametrize("refusal", failing.REFUSALS, ids=str)
async def test_a_sign_in_that_is_refused(house: House, refusal: failing.Refusal, policies: Callable[..., None]) -> None:
    await failing.sign_in_is_refused(house, "uhc", refusal, policies)


async def test_a_user_the_portal_does_not_know(house: House) -> None:
    await failing.unknown_user(house, "uhc", "AccountDisabled", 0)


async def test_somebody_else_is_signed_in(house: House, policies: Callable[..., None]) -> None:
    await failing.signed_in_elsewhere(house, "uhc", policies)


async def test_questions_that_meet_faults(house: House) -> None:
    await failing.questions_meet(house, "uhc")


@pytest.mark.sampled(2, 1)
@pytest.mark.parametrize("fault", failing.RUN_FAULTS, ids=str)
async def test_a_run_that_meets_a_fault(house: House, fault: failing.Fault) -> None:
    await failing.the_run_meets(house, "uhc", fault)


async def test_the_account_lacks_the_role(house: House) -> None:
    await failing.permission_is_missing(house, "uhc")


async def test_the_session_ends_between_questions(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "TRIES", 3)
    await failing.session_ends_between_questions(house, "uhc")


async def test_the_session_ends_while_the_organization_is_chosen(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The form that is waited for never comes; that is no change of the portal."""
    name, user = house.account("uhc")
    module = importlib.import_module("payers.portals.uhc.choosing")
    choose = module.choose

    async def choose_too_late(*given: object) -> None:
        control(house, "DELETE", "/sessions", portal="uhc", user=user)
        await choose(*given)

    monkeypatch.setattr(module, "choose", choose_too_late)
    member = house.world.members("uhc", "active")[0]
    run, results = await ask(house, name, question(member, OTHER_ORGANIZATION, OTHER_NPI))
    assert (run.failure and run.failure.error, results) == ("SessionEnded", [])
