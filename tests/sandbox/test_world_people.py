"""The synthetic people: enough of them, plainly invented, and the same for the same seed."""

from collections import Counter
from datetime import date
from typing import Any

import pytest

from sandbox.lookups import Inquiry, ask
from sandbox.members import PAYERS, draw_members
from sandbox.organizations import ORGANIZATIONS
from sandbox.practice import Practice

TODAY = date(2026, 6, 1)


def test_there_are_enough_of_every_kind() -> None:
    members = draw_members(1)
    assert len(members) >= 240
    for payer in PAYERS:
        kinds = Counter(each.coverage for each in members if each.payer == payer)
        assert min(kinds[each] for each in ("active", "inactive", "not_found", "rejected")) >= 5
        assert kinds["payer_down"] >= 1
    assert any(each.relationship == "child" and each.subscriber for each in members)


def test_the_same_seed_gives_the_same_world(practice: Practice) -> None:
    first = practice.get("/state"), practice.get("/members")
    practice.post("/reset", seed=2)
    second = practice.get("/state"), practice.get("/members")
    practice.post("/reset", seed=1)
    again = practice.get("/state"), practice.get("/members")
    assert again[1] == first[1] != second[1]
    assert again[0]["portals"] == first[0]["portals"] != second[0]["portals"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_right_inquiry_gets_what_is_expected(seed: int) -> None:
    members = draw_members(seed)
    for member in members:
        inquiry = Inquiry(
            payer=member.payer.id,
            member_id=member.member_id,
            birth_date=member.patient.birth_date,
            as_of=TODAY,
            relationship=member.relationship,
        )
        answer = ask(members, inquiry)
        assert answer.reject_code == member.reject_code
        assert answer.member == (member if member.plan else None)
        assert answer.covered is (member.coverage == "active")


def test_wrong_inquiries_are_rejected() -> None:
    members = draw_members(1)
    right = next(each for each in members if each.coverage == "active" and each.subscriber)

    def code(**other: Any) -> str | None:
        asked = {
            "payer": right.payer.id,
            "member_id": right.member_id,
            "birth_date": right.patient.birth_date,
            "as_of": TODAY,
            "relationship": right.relationship,
        }
        return ask(members, Inquiry(**(asked | other))).reject_code

    assert code() is None
    assert code(member_id="X999") == "75"
    assert code(birth_date=date(1931, 1, 1)) == "71"
    assert code(relationship="self") == "71"
    assert code(last_name="Somebodyelse") == "73"
    assert code(payer="62308") == "75"


def test_numbers_are_synthetic_and_valid() -> None:
    providers = [each for one in ORGANIZATIONS for each in one.providers]
    assert len(providers) >= 4
    for provider in providers:
        assert provider.npi.startswith("2") or provider.npi == "1234567893"
        assert _luhn("80840" + provider.npi)
    tins = [tin for one in ORGANIZATIONS for tin in one.tins]
    assert len(tins) == 3
    assert all(tin.startswith("00") for tin in tins)


def test_default_passwords_obey_the_published_rule(practice: Practice) -> None:
    accounts = practice.get("/state")["portals"]["availity"]["accounts"]
    assert len(accounts) >= 3
    for user, account in accounts.items():
        password = account["password"]
        assert 8 <= len(password) <= 15
        for kind in ("0123456789", "-@#$%*"):
            assert set(password) & set(kind)
        assert password.lower() != password != password.upper()
        assert user not in password
    assert {len(each["totp_secret"]) for each in accounts.values()} == {16, 32}


def _luhn(digits: str) -> bool:
    doubled = [int(each) * (1 + place % 2) for place, each in enumerate(reversed(digits))]
    return sum(each // 10 + each % 10 for each in doubled) % 10 == 0
