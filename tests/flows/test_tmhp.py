"""TMHP's TexMedConnect behind IAMOnline, an Okta, in a real browser against the sandbox."""

from __future__ import annotations

from datetime import date

from asking import ask
from house import OTHER_NPI, OTHER_ORGANIZATION, House, question

from bots.desk import Failure
from flows.eligibility import EligibilityAnswer
from flows.parties import Organization


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


async def test_says_when_the_account_may_not_ask_for_an_organization_or_provider(house: House) -> None:
    name, user = house.account("tmhp", organizations=["Example Valley Medical Group"])
    member = house.world.members("tmhp", "active")[0]
    elsewhere = Organization(name="Cedar Hollow Pediatrics", tin=OTHER_ORGANIZATION.tin)
    _, results = await ask(
        house, name, question(member, elsewhere, OTHER_NPI), question(member, npi=OTHER_NPI), question(member)
    )
    assert [type(result) for result in results] == [Failure, Failure, EligibilityAnswer]
    assert [result.error for result in results[:2]] == ["InputError", "InputError"]
    assert house.world.account("tmhp", user)["lookups"] == 1
