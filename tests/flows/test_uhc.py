"""UnitedHealthcare's portal behind One Healthcare ID, in a real browser against the sandbox."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from asking import ask
from house import NPI, OTHER_NPI, OTHER_ORGANIZATION, House, question

from bots.desk import Failure, SignIn
from flows.eligibility import Coverage, EligibilityAnswer, Match
from flows.parties import Organization

HOLLOW_SOUTH = Organization(name="Cedar Hollow Pediatrics", tin="000009850")
SOUTH_NPI = "2000002032"


async def test_signs_in_with_a_code_and_then_without(house: House) -> None:
    name, user = house.account("uhc")
    first, _ = await ask(house, name, flow="login")
    second, _ = await ask(house, name, flow="login")
    assert (first.failure, first.sign_in) == (None, SignIn.PASSWORD)
    assert (second.failure, second.sign_in) == (None, SignIn.STORED)
    seen = house.world.account("uhc", user)
    assert (seen["password_submissions"], seen["code_submissions"], seen["sign_ins"]) == (1, 1, 1)


async def test_answers_what_the_payer_says(house: House) -> None:
    name, user = house.account("uhc")
    kinds = ("active", "inactive", "not_found", "rejected")
    members = [house.world.members("uhc", kind)[0] for kind in kinds]
    run, answers = await ask(house, name, *map(question, members))
    assert run.failure is None
    assert all(isinstance(answer, EligibilityAnswer) for answer in answers), answers
    assert [answer.coverage for answer in answers] == [Coverage(kind) for kind in kinds]
    assert [answer.reject_code for answer in answers] == [member["expects"]["reject_code"] for member in members]
    assert [answer.match for answer in answers] == [Match.EXACT, Match.EXACT, Match.NOT_SHOWN, Match.NOT_SHOWN]
    assert house.world.account("uhc", user)["lookups"] == 4


async def test_reads_every_benefit_and_what_is_left_of_limits(house: House) -> None:
    name, _ = house.account("uhc")
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
    name, _ = house.account("uhc")
    dependent = next(each for each in house.world.members("uhc", "active") if each["subscriber"])
    _, [answer] = await ask(house, name, question(dependent))
    assert isinstance(answer, EligibilityAnswer)
    assert (answer.match, answer.coverage) == (Match.EXACT, Coverage.ACTIVE)
    assert answer.returned_birth_date == date.fromisoformat(dependent["patient"]["birth_date"])
    assert answer.returned_first_name.casefold() == dependent["patient"]["first_name"].casefold()


async def test_asks_for_the_organization_and_provider_it_was_told(house: House) -> None:
    name, user = house.account("uhc")
    member = house.world.members("uhc", "active")[1]
    gone = house.world.members("uhc", "not_found")[0]
    questions = [
        question(member, OTHER_ORGANIZATION, OTHER_NPI),
        question(member, HOLLOW_SOUTH, SOUTH_NPI),
        question(gone, HOLLOW_SOUTH, SOUTH_NPI),
        question(gone),
        question(member),
    ]
    run, answers = await ask(house, name, *questions)
    assert run.failure is None
    assert all(isinstance(answer, EligibilityAnswer) for answer in answers), answers
    assert [(answer.organization, answer.provider_npi) for answer in answers] == [
        (each.inquiry.organization.name, each.inquiry.provider.npi) for each in questions
    ]
    log = house.world.get(f"/log?portal=uhc&user={user}&limit=50")
    assert [event["npi"] for event in log if event["event"] == "lookup"] == [
        OTHER_NPI, SOUTH_NPI, SOUTH_NPI, NPI, NPI
    ]  # fmt: skip


async def test_says_when_the_account_may_not_ask_for_an_organization_or_provider(house: House) -> None:
    name, user = house.account("uhc", organizations=["Example Valley Medical Group"])
    member = house.world.members("uhc", "active")[0]
    _, results = await ask(
        house, name, question(member, OTHER_ORGANIZATION, OTHER_NPI), question(member, npi=OTHER_NPI), question(member)
    )
    assert [type(result) for result in results] == [Failure, Failure, EligibilityAnswer]
    assert [result.error for result in results[:2]] == ["InputError", "InputError"]
    assert house.world.account("uhc", user)["lookups"] == 1
