"""TMHP's TexMedConnect behind IAMOnline, an Okta, in a real browser against the sandbox."""

from __future__ import annotations

from datetime import date

from asking import ask
from house import OTHER_NPI, OTHER_ORGANIZATION, House, question

from bots.desk import Failure
from bots.incidents import Kind, open_ones
from flows.eligibility import EligibilityAnswer
from flows.parties import Organization


async def test_reads_the_program_and_its_dates(house: House) -> None:
    name, _ = house.account("tmhp", signed_in=True)
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
    name, user = house.account("tmhp", organizations=["Example Valley Medical Group"], signed_in=True)
    member = house.world.members("tmhp", "active")[0]
    elsewhere = Organization(name="Cedar Hollow Pediatrics", tin=OTHER_ORGANIZATION.tin)
    _, results = await ask(
        house, name, question(member, elsewhere, OTHER_NPI), question(member, npi=OTHER_NPI), question(member)
    )
    assert [type(result) for result in results] == [Failure, Failure, EligibilityAnswer]
    assert [result.error for result in results[:2]] == ["InputError", "InputError"]
    assert house.world.account("tmhp", user)["lookups"] == 1


async def test_a_sign_in_that_was_not_ours_is_seen(house: House) -> None:
    name, user = house.account("tmhp")
    member = house.world.members("tmhp", "active")[0]

    async def look(hours: float) -> list[str]:
        house.world.advance(hours * 3600)
        _, [answer] = await ask(house, name, question(member))
        assert isinstance(answer, EligibilityAnswer)
        return [row["message"] for row in open_ones(house.inventory, Kind.FOREIGN_SIGN_IN) if row["account"] == name]

    assert await look(0) == []
    assert await look(12) == []  # the portal shows ours of twelve hours ago
    house.world.advance(5 * 3600)
    house.world.post("/sessions", portal="tmhp", user=user)
    [message] = await look(5)
    assert "which neither the worker nor a recorded person made" in message
