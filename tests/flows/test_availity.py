"""Availity Essentials, in a real browser against the sandbox."""

from __future__ import annotations

import pytest
from house import OTHER_NPI, OTHER_ORGANIZATION, House, question

from bots.desk import Failure, SignIn
from flows.eligibility import Coverage, EligibilityAnswer, Match
from flows.errors import InputError


async def ask(house: House, name: str, *questions, flow: str = "eligibility"):
    results: list[EligibilityAnswer | Failure] = []
    async with house.runner() as runner:
        run = await runner.run(name, flow, questions, record=lambda head, index, result: results.append(result))
    return run, results


async def test_signs_in_with_a_code_and_then_without(house: House) -> None:
    name, user = house.account()
    first, _ = await ask(house, name, flow="login")
    second, _ = await ask(house, name, flow="login")
    assert (first.failure, first.sign_in) == (None, SignIn.PASSWORD)
    assert (second.failure, second.sign_in) == (None, SignIn.STORED)
    seen = house.world.account("availity", user)
    assert (seen["password_submissions"], seen["code_submissions"], seen["sign_ins"]) == (1, 1, 1)


async def test_answers_what_the_payer_says(house: House) -> None:
    name, user = house.account()
    members = [house.world.members("availity", kind)[0] for kind in ("active", "inactive", "not_found", "rejected")]
    run, results = await ask(house, name, *map(question, members))
    assert run.failure is None
    answers = [result for result in results if isinstance(result, EligibilityAnswer)]
    assert [answer.coverage for answer in answers] == [
        Coverage.ACTIVE,
        Coverage.INACTIVE,
        Coverage.NOT_FOUND,
        Coverage.REJECTED,
    ]
    expected = members[0]["expects"]
    assert answers[0].plan_name == expected["plan_name"]
    assert answers[0].match is Match.EXACT
    deductible = [
        b for b in answers[0].benefits if (b.benefit, b.coverage_level, b.network) == ("deductible", "individual", "in")
    ]
    assert [str(line.amount) for line in deductible] == [expected["deductible_individual"]]
    assert answers[2].reject_code == members[2]["expects"]["reject_code"]
    assert house.world.account("availity", user)["lookups"] == 4


async def test_asks_in_the_region_of_the_state(house: House) -> None:
    name, user = house.account()
    member = house.world.members("availity", "active")[0]
    there, elsewhere = (
        asked.model_copy(update={"inquiry": asked.inquiry.model_copy(update={"state": state})})
        for asked, state in ((question(member), "GA"), (question(member), "NY"))
    )
    _, [found, refused] = await ask(house, name, there, elsewhere)
    assert isinstance(found, EligibilityAnswer)
    assert house.world.account("availity", user)["region"] == "GA"
    assert isinstance(refused, Failure)
    assert (refused.error, "New York" in refused.message) == ("InputError", True)


async def test_a_flow_that_the_portal_does_not_offer_contacts_nobody(house: House) -> None:
    name, user = house.account()
    with pytest.raises(InputError, match="it offers: login, eligibility"):
        await ask(house, name, flow="era")
    assert house.world.account("availity", user)["password_submissions"] == 0


async def test_asks_for_the_organization_it_was_told(house: House) -> None:
    name, _ = house.account()
    member = house.world.members("availity", "active")[1]
    _, [first, second] = await ask(
        house, name, question(member), question(member, organization=OTHER_ORGANIZATION, npi=OTHER_NPI)
    )
    assert isinstance(first, EligibilityAnswer) and isinstance(second, EligibilityAnswer)
    assert second.organization == OTHER_ORGANIZATION.name
    assert second.provider_npi == OTHER_NPI
