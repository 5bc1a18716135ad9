"""What holds on each portal alike, in a real browser against the sandbox."""

from __future__ import annotations

import pytest
from asking import ask
from house import NPI, OTHER_NPI, OTHER_ORGANIZATION, House, question

from bots.desk import SignIn
from flows.eligibility import Coverage, EligibilityAnswer, Match
from flows.parties import Organization

HOLLOW_SOUTH = Organization(name="Cedar Hollow Pediatrics", tin="000009850")  # a second TIN of one name
SOUTH_NPI = "2000002032"
WITH_CODE = {"availity": 1, "uhc": 1, "tmhp": 1, "epaces": 0, "medi_cal": 0}
BY_TIN = {"uhc", "tmhp"}

each_portal = pytest.mark.parametrize("portal", WITH_CODE)


@each_portal
async def test_signs_in_and_then_without_the_password(house: House, portal: str) -> None:
    name, user = house.account(portal)
    first, _ = await ask(house, name, flow="login")
    second, _ = await ask(house, name, flow="login")
    assert (first.failure, first.sign_in) == (None, SignIn.PASSWORD)
    assert (second.failure, second.sign_in) == (None, SignIn.STORED)
    seen = house.world.account(portal, user)
    assert (seen["password_submissions"], seen["code_submissions"], seen["sign_ins"]) == (1, WITH_CODE[portal], 1)
    assert seen["max_open_sessions"] == 1


@each_portal
async def test_answers_what_the_payer_says(house: House, portal: str) -> None:
    """*Not eligible* is no yes; and no answer is read off the view of the question before."""
    name, user = house.account(portal)
    kinds = ("active", "inactive", "not_found", "rejected", "active")
    members = [house.world.members(portal, kind)[number // 4] for number, kind in enumerate(kinds)]
    run, results = await ask(house, name, *map(question, members))
    assert run.failure is None
    answers = [result for result in results if isinstance(result, EligibilityAnswer)]
    assert [answer.coverage for answer in answers] == [Coverage(kind) for kind in kinds], results
    assert [answer.reject_code for answer in answers] == [member["expects"]["reject_code"] for member in members]
    exact, unknown = Match.EXACT, Match.NOT_SHOWN
    assert [answer.match for answer in answers] == [exact, exact, unknown, unknown, exact]
    for number in (0, 4):  # Medicaid shows no plan for who has none
        assert (answers[number].plan_name or "").casefold() == members[number]["expects"]["plan_name"].casefold()
    assert house.world.account(portal, user)["lookups"] == len(kinds)


@each_portal
async def test_asks_for_the_organization_and_provider_it_was_told(house: House, portal: str) -> None:
    name, user = house.account(portal)
    member, gone = house.world.members(portal, "active")[1], house.world.members(portal, "not_found")[0]
    questions = [question(member, OTHER_ORGANIZATION, OTHER_NPI), question(gone, OTHER_ORGANIZATION, OTHER_NPI)]
    if portal in BY_TIN:
        questions += [question(member, HOLLOW_SOUTH, SOUTH_NPI), question(gone, HOLLOW_SOUTH, SOUTH_NPI)]
    questions += [question(gone), question(member)]
    run, answers = await ask(house, name, *questions)
    assert run.failure is None
    assert all(isinstance(answer, EligibilityAnswer) for answer in answers), answers
    asked = [(each.inquiry.organization.name, each.inquiry.provider.npi) for each in questions]
    assert [(answer.organization, answer.provider_npi) for answer in answers] == asked
    log = house.world.get(f"/log?portal={portal}&user={user}&limit=50")
    assert [event["npi"] for event in log if event["event"] == "lookup"] == [npi for _, npi in asked]
    assert {NPI, OTHER_NPI} <= {npi for _, npi in asked}
