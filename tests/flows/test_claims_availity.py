"""Claim status at Availity Essentials, in a real browser against the sandbox."""

from __future__ import annotations

import importlib

import claiming
import failing
import pytest
from asking import codes_at_once
from house import House, claim_question

from bots.desk import Failure
from bots.runner import run as runs
from flows.claim_status import ClaimStatusAnswer

__all__ = ["codes_at_once"]

pytestmark = pytest.mark.usefixtures("codes_at_once")


@pytest.fixture
def impatience(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short time-outs, and no second try of a run."""
    module = importlib.import_module("payers.portals.availity.claim_status")
    for name in ("FORM_SECONDS", "ANSWER_SECONDS"):
        monkeypatch.setattr(module, name, 4)
    monkeypatch.setattr(runs, "TRIES", 1)
    house.settings = house.settings.model_copy(update={"step_timeout_seconds": 4})


async def test_claims_of_every_status(house: House) -> None:
    await claiming.claims_of_every_status(house, "availity")


async def test_several_claims(house: House) -> None:
    await claiming.several_claims(house, "availity")


async def test_only_ones_own_claims(house: House) -> None:
    await claiming.only_ones_own(house, "availity")


async def test_a_stale_result_for_the_same_patient(house: House, impatience: None) -> None:
    await claiming.a_stale_result_for_the_same_patient(house, "availity")


async def test_no_claims(house: House) -> None:
    await claiming.no_claims(house, "availity", {"none": "35", "unknown": "33"})


async def test_a_dependent(house: House) -> None:
    await claiming.a_dependent(house, "availity")


async def test_a_payer_whose_id_is_not_public(house: House) -> None:
    name, _ = house.account(signed_in=True)
    claim = next(each for each in house.world.claims("availity", "paid") if each["payer"] == "florida-blue")
    run, [found] = await claiming.ask_claims(house, name, claim_question(house.world, claim))
    assert run.failure is None
    assert isinstance(found, ClaimStatusAnswer), found
    claiming.check_claim(found.claims[0], claim)


async def test_a_payer_without_the_standard_search(house: House) -> None:
    """It is asked by member and dates; the general message that nothing was found is an answer."""
    name, user = house.account(signed_in=True)
    cigna = [each for each in house.world.claims("availity") if each["payer"] == "62308"]
    claim, other = claiming.of_one_member(cigna, 2)
    long_ago = {"service_from": "2020-01-02", "service_to": "2020-01-03"}
    number = claim["expects"]["payer_claim_number"]
    questions = (
        claim_question(house.world, claim),
        claim_question(house.world, claim, **long_ago),
        claim_question(house.world, claim, **claiming.span([claim, other]), payer_claim_number=number),
        claim_question(house.world, claim, payer_claim_number="C99999999999"),
    )
    run, [found, nothing, by_number, not_there] = await claiming.ask_claims(house, name, *questions)
    assert run.failure is None
    assert isinstance(found, ClaimStatusAnswer)
    claiming.check_claim(found.claims[0], claim)
    assert isinstance(nothing, ClaimStatusAnswer)
    assert (nothing.claims, nothing.category_code, nothing.status_code) == ((), None, None)
    assert nothing.portal_words.startswith("The payer could not find any results")
    assert isinstance(by_number, ClaimStatusAnswer)
    assert [each.payer_claim_number for each in by_number.claims] == [number]
    assert isinstance(not_there, Failure)
    assert not_there.error == "AnswerUnreadable"
    assert house.world.account("availity", user)["lookups"] == 4


async def test_the_flows_take_turns(house: House) -> None:
    await claiming.the_flows_take_turns(house, "availity")


async def test_questions_that_meet_faults(house: House, impatience: None) -> None:
    await claiming.questions_meet(house, "availity")


@pytest.mark.sampled(2)
@pytest.mark.parametrize("fault", claiming.RUN_FAULTS, ids=str)
async def test_a_run_that_meets_a_fault(house: House, fault: failing.Fault, impatience: None) -> None:
    await claiming.the_run_meets(house, "availity", fault)


async def test_the_words_of_the_search_have_changed(house: House, impatience: None) -> None:
    await claiming.labels_changed(house, "availity", "ClaimSearch", "member")


async def test_the_account_lacks_the_role(house: House) -> None:
    await claiming.permission_is_missing(house, "availity")


async def test_the_session_ends_between_questions(house: House) -> None:
    await claiming.session_ends_between_questions(house, "availity")
