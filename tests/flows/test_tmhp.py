"""TMHP's TexMedConnect behind IAMOnline, an Okta, in a real browser against the sandbox."""

from __future__ import annotations

from datetime import date

from asking import ask
from house import NPI, OTHER_NPI, OTHER_ORGANIZATION, House, question

from bots.desk import Failure, SignIn
from flows.eligibility import Coverage, EligibilityAnswer, Match
from flows.parties import Organization

HOLLOW_SOUTH = Organization(name="Cedar Hollow Pediatrics", tin="000009850")
SOUTH_NPI = "2000002032"


async def test_signs_in_with_a_code_and_then_without(house: House) -> None:
    name, user = house.account("tmhp")
    first, _ = await ask(house, name, flow="login")
    second, _ = await ask(house, name, flow="login")
    assert (first.failure, first.sign_in) == (None, SignIn.PASSWORD)
    assert (second.failure, second.sign_in) == (None, SignIn.STORED)
    seen = house.world.account("tmhp", user)
    assert (seen["password_submissions"], seen["code_submissions"], seen["sign_ins"]) == (1, 1, 1)


async def test_answers_what_the_payer_says(house: House) -> None:
    name, user = house.account("tmhp")
    kinds = ("active", "inactive", "not_found", "rejected")
    members = [house.world.members("tmhp", kind)[0] for kind in kinds]
    run, answers = await ask(house, name, *map(question, members))
    assert run.failure is None
    assert all(isinstance(answer, EligibilityAnswer) for answer in answers), answers
    assert [answer.coverage for answer in answers] == [Coverage(kind) for kind in kinds]
    assert [answer.reject_code for answer in answers] == [member["expects"]["reject_code"] for member in members]
    assert [answer.match for answer in answers] == [Match.EXACT, Match.EXACT, Match.NOT_SHOWN, Match.NOT_SHOWN]
    assert house.world.account("tmhp", user)["lookups"] == 4


async def test_reads_the_program_and_its_dates(house: House) -> None:
    name, _ = house.account("tmhp")
    members = [*house.world.members("tmhp", "active")[:5], *house.world.members("tmhp", "inactive")[:2]]
    _, answers = await ask(house, name, *map(question, members))
    for member, answer in zip(members, answers, strict=True):
        assert isinstance(answer, EligibilityAnswer)
        expected = member["expects"]
        assert answer.plan_name == expected["plan_name"]
        assert answer.coverage_begin == date.fromisoformat(expected["coverage_begin"])
        assert (answer.coverage_end and answer.coverage_end.isoformat()) == expected["coverage_end"]
        assert (answer.other_payer, answer.returned_member_id) == (expected["other_insurance"], member["member_id"])


async def test_asks_for_the_organization_and_provider_it_was_told(house: House) -> None:
    name, user = house.account("tmhp")
    member, gone = house.world.members("tmhp", "active")[1], house.world.members("tmhp", "not_found")[0]
    questions = [
        question(member, OTHER_ORGANIZATION, OTHER_NPI),
        question(member, HOLLOW_SOUTH, SOUTH_NPI),
        question(gone, HOLLOW_SOUTH, SOUTH_NPI),
        question(member),
    ]
    run, answers = await ask(house, name, *questions)
    assert run.failure is None
    assert all(isinstance(answer, EligibilityAnswer) for answer in answers), answers
    assert [(answer.organization, answer.provider_npi) for answer in answers] == [
        (each.inquiry.organization.name, each.inquiry.provider.npi) for each in questions
    ]
    log = house.world.get(f"/log?portal=tmhp&user={user}&limit=50")
    asked = [event["npi"] for event in log if event["event"] == "lookup"]
    assert asked == [OTHER_NPI, SOUTH_NPI, SOUTH_NPI, NPI]


async def test_says_when_the_account_may_not_ask_for_an_organization_or_provider(house: House) -> None:
    name, user = house.account("tmhp", organizations=["Example Valley Medical Group"])
    member = house.world.members("tmhp", "active")[0]
    elsewhere = Organization(name=HOLLOW_SOUTH.name, tin=OTHER_ORGANIZATION.tin)
    _, results = await ask(
        house, name, question(member, elsewhere, OTHER_NPI), question(member, npi=OTHER_NPI), question(member)
    )
    assert [type(result) for result in results] == [Failure, Failure, EligibilityAnswer]
    assert [result.error for result in results[:2]] == ["InputError", "InputError"]
    assert house.world.account("tmhp", user)["lookups"] == 1
