"""ePACES, in a real browser against the sandbox."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from asking import ask, control, ledger, order
from claiming import ask_claims
from house import NPI, OTHER_NPI, OTHER_ORGANIZATION, House, question
from medicaid import medicaid_question, on_file, with_claims
from test_password_change import change

from bots.desk import Failure
from flows.claim_status import ClaimStatusAnswer, Status
from flows.eligibility import EligibilityAnswer, Match
from payers.portals.epaces import asking

TWO_ETINS = "2000001026"


async def test_opens_no_response_of_a_colleague(house: House) -> None:
    """Others asked for the same clients at the same time."""
    name, user = house.account("epaces", signed_in=True)
    members = house.world.members("epaces", "active")[:2]
    _, answers = await ask(house, name, *map(question, members))
    assert all(isinstance(answer, EligibilityAnswer) for answer in answers), answers
    log = house.world.get(f"/log?portal=epaces&user={user}")
    assert [event["of"] for event in log if event["event"] == "response_opened"] == [user] * len(members)


async def test_a_provider_that_is_not_listed_or_has_two_etins_is_not_guessed(house: House) -> None:
    name, user = house.account("epaces", organizations=["Example Valley Medical Group"], signed_in=True)
    member = house.world.members("epaces", "active")[0]
    asked = [question(member, OTHER_ORGANIZATION, OTHER_NPI), question(member, npi=TWO_ETINS), question(member)]
    _, results = await ask(house, name, *asked)
    assert [type(result) for result in results] == [Failure, Failure, EligibilityAnswer]
    assert [result.error for result in results[:2]] == ["InputError", "InputError"]
    assert "2 ETINs" in results[1].message
    assert house.world.account("epaces", user)["lookups"] == 1


async def test_reads_every_claim(house: House) -> None:
    name, user = house.account("epaces", signed_in=True)
    members = with_claims(house, "epaces", lambda count: 0 < count < 10)[:4]
    run, answers = await ask_claims(house, name, *map(medicaid_question, members))
    assert run.failure is None
    statuses = set()
    for member, answer in zip(members, answers, strict=True):
        assert isinstance(answer, ClaimStatusAnswer), answer
        assert (answer.match, answer.provider_npi, answer.returned_member_id) == (Match.EXACT, NPI, member["member_id"])
        for claim, expected in zip(answer.claims, on_file(house, member), strict=True):
            statuses.add(claim.status)
            assert claim.payer_claim_number == expected["number"]
            assert (claim.category_code, claim.status_code) == (expected["category_code"], expected["status_code"])
            assert (claim.billed, claim.paid) == (Decimal(expected["billed"]), Decimal(expected["paid"]))
            assert claim.service_from == date.fromisoformat(expected["service_from"])
            assert (claim.payment_number or "") == expected["trace"]
            assert str(claim.payment_date) == str(expected["remittance_date"])
    assert {Status.PAID, Status.DENIED, Status.PENDING} <= statuses
    assert house.world.account("epaces", user)["claim_lookups"] == len(members)


async def test_no_claim_is_an_answer_and_more_than_a_page_is_none(house: House) -> None:
    name, _ = house.account("epaces", signed_in=True)
    [many], none = (
        with_claims(house, "epaces", lambda count: count > 10),
        with_claims(house, "epaces", lambda count: not count),
    )
    gone, number = house.world.members("epaces", "not_found")[0], on_file(house, many)[3]["number"]
    asked = [
        medicaid_question(none[0]),
        medicaid_question(gone),
        medicaid_question(many),
        medicaid_question(many, number=number),
    ]
    _, [nothing, nobody, too_many, one] = await ask_claims(house, name, *asked)
    assert isinstance(nothing, ClaimStatusAnswer) and isinstance(nobody, ClaimStatusAnswer), (nothing, nobody)
    assert [(each.status, each.category_code, each.status_code) for each in (nothing, nobody)] == [
        (Status.NOT_ON_FILE, "A4", "35"),
        (Status.NOT_ON_FILE, "A4", "33"),
    ]
    assert isinstance(too_many, Failure) and too_many.error == "InputError"
    assert isinstance(one, ClaimStatusAnswer) and [claim.payer_claim_number for claim in one.claims] == [number]


async def test_words_that_stood_there_before_are_no_verdict(house: House) -> None:
    """*Your session has ended* is still on the page that was left, while the portal is slow."""
    name, user = house.account("epaces")
    await ask(house, name, flow="login")
    control(house, "DELETE", "/sessions", portal="epaces", user=user)
    order(house, "epaces", user, "hang", "login_post", seconds=2)
    run, _ = await ask(house, name, flow="login")
    assert run.failure is None
    seen = house.world.account("epaces", user)
    assert (seen["password_submissions"], seen["sign_ins"]) == (2, 2)
    assert [verdict for kind, verdict, _ in ledger(house, name) if kind == "password"] == ["accepted"] * 2


async def test_a_request_that_stays_in_process_is_no_answer(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "ANSWER_SECONDS", 4)
    name, user = house.account("epaces", signed_in=True)
    order(house, "epaces", user, "slow_answer", seconds=60)
    members = house.world.members("epaces", "active")[:2]
    _, [late, answered] = await ask(house, name, *map(question, members))
    assert isinstance(late, Failure) and late.error == "PayerUnavailable"
    assert isinstance(answered, EligibilityAnswer) and answered.returned_member_id == members[1]["member_id"]


async def test_a_change_that_was_cut_off_is_settled_at_once(house: House) -> None:
    """Its session would keep out the sign-in that tells which password is in force, and is left first."""
    name, user = house.account("epaces")
    order(house, "epaces", user, "cut_after", "change_post", connection="fresh")
    told = await change(house, name)
    kept, seen = house.vault.get(name), house.world.account("epaces", user)
    assert (told.failure, kept.pending) == (None, None)
    assert kept.password.get_secret_value() == seen["password"]
    assert (seen["sessions_refused"], seen["sessions_of_others_ended"], seen["locked"]) == (0, 0, False)
