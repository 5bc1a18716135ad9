"""Claim status at UnitedHealthcare's portal, in a real browser against the sandbox."""

from __future__ import annotations

import importlib

import claiming
import failing
import pytest
from asking import codes_at_once
from house import House

from bots.runner import run as runs

__all__ = ["codes_at_once"]

pytestmark = pytest.mark.usefixtures("codes_at_once")


@pytest.fixture
def impatience(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short time-outs, and no second try of a run."""
    module = importlib.import_module("payers.portals.uhc.claim_status")
    for name in ("FORM_SECONDS", "ANSWER_SECONDS"):
        monkeypatch.setattr(module, name, 4)
    monkeypatch.setattr(runs, "TRIES", 1)
    house.settings = house.settings.model_copy(update={"step_timeout_seconds": 4})


async def test_claims_of_every_status(house: House) -> None:
    await claiming.claims_of_every_status(house, "uhc")


async def test_several_claims(house: House) -> None:
    await claiming.several_claims(house, "uhc")


async def test_only_ones_own_claims(house: House) -> None:
    await claiming.only_ones_own(house, "uhc")


async def test_a_stale_result_for_the_same_patient(house: House, impatience: None) -> None:
    await claiming.a_stale_result_for_the_same_patient(house, "uhc")


async def test_no_claims(house: House) -> None:
    await claiming.no_claims(house, "uhc", {"none": None, "unknown": None})


async def test_a_dependent(house: House) -> None:
    await claiming.a_dependent(house, "uhc")


async def test_the_flows_take_turns(house: House) -> None:
    await claiming.the_flows_take_turns(house, "uhc")


async def test_questions_that_meet_faults(house: House, impatience: None) -> None:
    await claiming.questions_meet(house, "uhc")


@pytest.mark.sampled(2, 1)
@pytest.mark.parametrize("fault", claiming.RUN_FAULTS, ids=str)
async def test_a_run_that_meets_a_fault(house: House, fault: failing.Fault, impatience: None) -> None:
    await claiming.the_run_meets(house, "uhc", fault)


async def test_the_words_of_the_search_have_changed(house: House, impatience: None) -> None:
    await claiming.labels_changed(house, "uhc", "ClaimSearch", "kind")


async def test_the_account_lacks_the_role(house: House) -> None:
    await claiming.permission_is_missing(house, "uhc")


async def test_the_session_ends_between_questions(house: House) -> None:
    await claiming.session_ends_between_questions(house, "uhc")
