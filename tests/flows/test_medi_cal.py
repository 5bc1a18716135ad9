"""The Medi-Cal Provider Portal, in a real browser against the sandbox."""

from __future__ import annotations

from decimal import Decimal

import pytest
from asking import ask, order
from claiming import ask_claims
from house import NPI, OTHER_NPI, OTHER_ORGANIZATION, House, question
from medicaid import medicaid_question, on_file, with_claims

from bots.desk import Failure, SignIn
from bots.runner import run as runs
from flows.claim_status import ClaimStatusAnswer, Status
from flows.eligibility import Coverage, EligibilityAnswer, Match


async def test_signs_in_and_then_without_the_password(house: House) -> None:
    name, user = house.account("medi_cal")
    first, _ = await ask(house, name, flow="login")
    second, _ = await ask(house, name, flow="login")
    assert (first.failure, first.sign_in) == (None, SignIn.PASSWORD)
    assert (second.failure, second.sign_in) == (None, SignIn.STORED)
    seen = house.world.account("medi_cal", user)
    assert (seen["password_submissions"], seen["sign_ins"]) == (1, 1)


async def test_the_listed_agreement_is_accepted_and_told(house: House) -> None:
    name, user = house.account("medi_cal")
    order(house, "medi_cal", user, "agreement")
    run, _ = await ask(house, name, flow="login")
    assert run.failure is None
    log = [event["event"] for event in house.world.get(f"/log?portal=medi_cal&user={user}")]
    assert ("agreement_accepted" in log, "terms_accepted" in log) == (True, False)
    told = house.inventory.rows("SELECT kind FROM notices")
    assert [row["kind"] for row in told] == ["listed agreement accepted"]


async def test_answers_what_the_payer_says(house: House) -> None:
    """*Not eligible* is no yes; and no answer is read off the view of the question before."""
    name, user = house.account("medi_cal")
    kinds = ("active", "inactive", "not_found", "rejected", "active")
    members = [house.world.members("medi_cal", kind)[number // 4] for number, kind in enumerate(kinds)]
    run, answers = await ask(house, name, *map(question, members))
    assert run.failure is None
    assert all(isinstance(answer, EligibilityAnswer) for answer in answers), answers
    assert [answer.coverage for answer in answers] == [Coverage(kind) for kind in kinds]
    assert [answer.reject_code for answer in answers] == [member["expects"]["reject_code"] for member in members]
    exact, unknown = Match.EXACT, Match.NOT_SHOWN
    assert [answer.match for answer in answers] == [exact, exact, unknown, unknown, exact]
    assert answers[0].plan_name == members[0]["expects"]["plan_name"].upper()
    assert house.world.account("medi_cal", user)["lookups"] == len(kinds)


async def test_asks_for_the_provider_it_was_told(house: House) -> None:
    name, user = house.account("medi_cal")
    member, gone = house.world.members("medi_cal", "active")[1], house.world.members("medi_cal", "not_found")[0]
    questions = [
        question(member, OTHER_ORGANIZATION, OTHER_NPI),
        question(gone, OTHER_ORGANIZATION, OTHER_NPI),
        question(member),
    ]
    run, answers = await ask(house, name, *questions)
    assert run.failure is None
    assert [(answer.organization, answer.provider_npi) for answer in answers] == [
        (each.inquiry.organization.name, each.inquiry.provider.npi) for each in questions
    ]
    log = house.world.get(f"/log?portal=medi_cal&user={user}&limit=50")
    assert [event["npi"] for event in log if event["event"] == "lookup"] == [OTHER_NPI, OTHER_NPI, NPI]


async def test_a_provider_that_is_not_listed_asks_nothing(house: House) -> None:
    name, user = house.account("medi_cal", organizations=["Example Valley Medical Group"])
    member = house.world.members("medi_cal", "active")[0]
    _, [refused, answered] = await ask(house, name, question(member, OTHER_ORGANIZATION, OTHER_NPI), question(member))
    assert isinstance(refused, Failure) and refused.error == "InputError"
    assert isinstance(answered, EligibilityAnswer)
    assert house.world.account("medi_cal", user)["lookups"] == 1


@pytest.mark.parametrize("at", ["login", "eligibility"])
async def test_characters_that_get_lost_are_typed_again(house: House, at: str) -> None:
    name, user = house.account("medi_cal")
    order(house, "medi_cal", user, "dropped_characters", at)
    member = house.world.members("medi_cal", "active")[0]
    run, [answer] = await ask(house, name, question(member))
    assert run.failure is None
    assert isinstance(answer, EligibilityAnswer) and answer.match is Match.EXACT
    seen = house.world.account("medi_cal", user)
    assert (seen["password_submissions"], seen["password_refusals"], seen["lookups"]) == (1, 0, 1)


async def test_a_field_that_never_takes_it_sends_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from payers.portals.medi_cal import failures

    monkeypatch.setattr(failures, "PAUSES", (0,))
    name, user = house.account("medi_cal")
    run, _ = await ask(house, name, flow="login")
    assert run.failure and (run.failure.error, run.failure.locator) == ("AnswerUnreadable", "Email Address")
    assert house.world.account("medi_cal", user)["password_submissions"] == 0


@pytest.mark.parametrize("kind", ["session_text", "end_session"])
async def test_a_session_that_ends_inside_the_result_is_signed_in_again(
    house: House, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "TRIES", 3)
    name, user = house.account("medi_cal")
    members = house.world.members("medi_cal", "active")[:3]
    after = {"session_text": "lookup", "end_session": None}[kind]

    def end_after_first(index: int) -> None:
        if index == 0 and house.world.account("medi_cal", user)["sign_ins"] == 1:
            order(house, "medi_cal", user, kind, after)

    run, results = await ask(house, name, *map(question, members), after=end_after_first)
    assert run.failure is None
    names = [each["patient"]["last_name"] for each in members]
    assert [getattr(result, "returned_last_name", "") for result in results] == names


async def test_reads_every_claim(house: House) -> None:
    name, user = house.account("medi_cal")
    members = with_claims(house, "medi_cal", bool)[:4]  # the first one has more than ten
    run, answers = await ask_claims(house, name, *map(medicaid_question, members))
    assert run.failure is None
    for member, answer in zip(members, answers, strict=True):
        assert isinstance(answer, ClaimStatusAnswer), answer
        assert (answer.match, answer.provider_npi) == (Match.EXACT, NPI)
        for claim, expected in zip(answer.claims, on_file(house, member), strict=True):
            assert claim.payer_claim_number == expected["number"]
            assert (claim.category_code, claim.status_code) == (expected["category_code"], expected["status_code"])
            assert (claim.billed, claim.paid) == (Decimal(expected["billed"]), Decimal(expected["paid"]))
            assert (claim.payment_number or "") == expected["trace"]
            assert str(claim.payment_date) == str(expected["remittance_date"])
    assert house.world.account("medi_cal", user)["claim_lookups"] == len(members)


async def test_no_claim_is_an_answer(house: House) -> None:
    name, _ = house.account("medi_cal")
    [some, *_], [none, *_] = (
        with_claims(house, "medi_cal", bool),
        with_claims(house, "medi_cal", lambda count: not count),
    )
    gone, number = house.world.members("medi_cal", "not_found")[0], on_file(house, some)[3]["number"]
    asked = [medicaid_question(none), medicaid_question(gone), medicaid_question(some, number=number)]
    _, [nothing, nobody, one] = await ask_claims(house, name, *asked)
    assert isinstance(nothing, ClaimStatusAnswer) and isinstance(nobody, ClaimStatusAnswer), (nothing, nobody)
    assert [(each.status, each.category_code, each.status_code) for each in (nothing, nobody)] == [
        (Status.NOT_ON_FILE, "A4", "35"),
        (Status.NOT_ON_FILE, "A4", "33"),
    ]
    assert isinstance(one, ClaimStatusAnswer) and [claim.payer_claim_number for claim in one.claims] == [number]
