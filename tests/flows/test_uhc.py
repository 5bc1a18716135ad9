"""UnitedHealthcare's portal behind One Healthcare ID, in a real browser against the sandbox."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from asking import ask
from house import OTHER_NPI, OTHER_ORGANIZATION, House, question

from bots.desk import Failure
from flows.eligibility import Coverage, EligibilityAnswer, Match


async def test_reads_every_benefit_and_what_is_left_of_limits(house: House) -> None:
    name, _ = house.account("uhc", signed_in=True)
    members = house.world.members("uhc", "active")[:5]
    _, answers = await ask(house, name, *map(question, members))
    for member, answer in zip(members, answers, strict=True):
        assert isinstance(answer, EligibilityAnswer)
        expected = member["expects"]
        assert answer.plan_name == expected["plan_name"]
        assert answer.group_number == expected["group_number"]
        assert answer.coverage_begin == date.fromisoformat(expected["coverage_begin"])
        assert answer.other_payer == expected["other_insurance"]
        for network, said in (("in", expected), ("out", expected["out_of_network"])):
            assert _read(answer, network) == _said(said)


def _read(answer: EligibilityAnswer, network: str) -> dict[str, Decimal | None]:
    """The answer's benefits of one network, by the sandbox's names."""
    found: dict[str, Decimal | None] = {}
    for line in answer.benefits:
        if line.network == network:
            name = f"{line.benefit}_{line.coverage_level}".rstrip("_")
            found[name] = line.percent if line.percent is not None else line.amount
            if line.remaining is not None:
                found[f"{name}_remaining"] = line.remaining
    return found


def _said(plan: dict[str, str | None]) -> dict[str, Decimal]:
    names = ("copay_", "coinsurance", "deductible_", "out_of_pocket_")
    return {
        name.removesuffix("_percent"): Decimal(value)
        for name, value in plan.items()
        if name.startswith(names) and value is not None
    }


async def test_knows_a_dependent_from_the_subscriber(house: House) -> None:
    name, _ = house.account("uhc", signed_in=True)
    dependent = next(each for each in house.world.members("uhc", "active") if each["subscriber"])
    _, [answer] = await ask(house, name, question(dependent))
    assert isinstance(answer, EligibilityAnswer)
    assert (answer.match, answer.coverage) == (Match.EXACT, Coverage.ACTIVE)
    assert answer.returned_birth_date == date.fromisoformat(dependent["patient"]["birth_date"])
    assert answer.returned_first_name.casefold() == dependent["patient"]["first_name"].casefold()


async def test_says_when_the_account_may_not_ask_for_an_organization_or_provider(house: House) -> None:
    name, user = house.account("uhc", organizations=["Example Valley Medical Group"], signed_in=True)
    member = house.world.members("uhc", "active")[0]
    _, results = await ask(
        house, name, question(member, OTHER_ORGANIZATION, OTHER_NPI), question(member, npi=OTHER_NPI), question(member)
    )
    assert [type(result) for result in results] == [Failure, Failure, EligibilityAnswer]
    assert [result.error for result in results[:2]] == ["InputError", "InputError"]
    assert house.world.account("uhc", user)["lookups"] == 1
