"""The Medi-Cal Provider Portal, in a real browser against the sandbox."""

from __future__ import annotations

from decimal import Decimal

import pytest
from asking import ask, order
from claiming import ask_claims
from house import NPI, OTHER_NPI, OTHER_ORGANIZATION, House, question
from medicaid import medicaid_question, on_file, with_claims

from bots.desk import Failure
from bots.runner import run as runs
from flows.claim_status import ClaimStatusAnswer, Status
from flows.eligibility import EligibilityAnswer, Match


async def test_the_listed_agreement_is_accepted_and_told(house: House) -> None:
    name, user = house.account("medi_cal")
    order(house, "medi_cal", user, "agreement")
    run, _ = await ask(house, name, flow="login")
    assert run.failure is None
    log = [event["event"] for event in house.world.get(f"/log?portal=medi_cal&user={user}")]
    assert ("agreement_accepted" in log, "terms_accepted" in log) == (True, False)
    told = house.inventory.rows("SELECT kind FROM notices")
    assert [row["kind"] for row in told] == ["listed agreement accepted"]


async def test_a_provider_that_is_not_listed_asks_nothing(house: House) -> None:
    name, user = house.account("medi_cal", organizations=["Example Valley Medical Group"], signed_in=True)
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
    name, user = house.account("medi_cal", signed_in=True)
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
    name, _ = house.account("medi_cal", signed_in=True)
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
