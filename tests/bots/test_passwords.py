"""New passwords: by the portal's rules, as strong as those allow, never with the user id in them."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.passwords import broken_rule, new_password
from flows.errors import InputError
from payers.model import PasswordRules

AVAILITY = PasswordRules(shortest=8, longest=15, specials="-@#$%*", needs_special=True, user_id_run=5)


@given(st.text(string.ascii_lowercase + string.digits, min_size=6, max_size=15))
def test_they_keep_the_portals_rules(user_id: str) -> None:
    password = new_password(AVAILITY, user_id).get_secret_value()
    assert broken_rule(password, AVAILITY, user_id) is None
    assert len(password) == 15
    assert password.isascii()


def test_they_are_as_long_as_the_rules_allow() -> None:
    assert len(new_password(PasswordRules(shortest=8, longest=64), "user").get_secret_value()) >= 20
    assert len(new_password(PasswordRules(shortest=30, longest=64), "user").get_secret_value()) == 30
    assert len(new_password(None, "user").get_secret_value()) == 16


def test_no_two_are_the_same() -> None:
    assert len({new_password(AVAILITY, "user01").get_secret_value() for _ in range(200)}) == 200


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("Ab1-", "8 to 15"),
        ("Abcdefg1-Abcdefg", "8 to 15"),
        ("Abcdefgh-", "digit"),
        ("abcdefg1-", "upper"),
        ("ABCDEFG1-", "lower"),
        ("Abcdefg12", "one of"),
        ("Abcdef1-!", "character"),
        ("xEVALL1-ab", "user id"),
        ("Abc1-valle", "user id"),
    ],
)
def test_a_broken_rule_is_named(password: str, words: str) -> None:
    assert words in (broken_rule(password, AVAILITY, "evalley01") or "")


@pytest.mark.parametrize(
    "rules",
    [
        PasswordRules(shortest=9, longest=8),
        PasswordRules(shortest=2, longest=2),
        PasswordRules(shortest=8, longest=15, needs_special=True),
    ],
)
def test_rules_that_nothing_can_meet_are_said_so(rules: PasswordRules) -> None:
    with pytest.raises(InputError, match="no password"):
        new_password(rules, "user")


def test_a_user_id_that_leaves_no_password_is_said_so() -> None:
    rules = PasswordRules(shortest=8, longest=8, needs_upper=False, needs_lower=False, user_id_run=1)
    with pytest.raises(InputError):
        new_password(rules, string.ascii_lowercase + string.digits)
