"""TMHP's older site, which asks by the browser's own prompt and judges the password with each request."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from datetime import timedelta

import failing
import fetching
import pytest
from asking import ask, ledger, order, policies
from house import House, question

from bots import now
from bots.runner import run as runs
from flows.eligibility import EligibilityAnswer

__all__ = ["policies"]


@pytest.fixture(autouse=True)
def older_site(policies: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    policies("tmhp", sign_in_page="basic")
    monkeypatch.setattr(importlib.import_module("payers.portals.tmhp.sign_in"), "SCREEN_SECONDS", 4)
    monkeypatch.setattr(importlib.import_module("payers.portals.tmhp.eligibility"), "FORM_SECONDS", 4)
    monkeypatch.setattr(runs, "TRIES", 1)


async def test_signs_in_and_asks_with_one_submission(house: House) -> None:
    name, user = house.account("tmhp")
    members = house.world.members("tmhp", "active")[:2]
    run, results = await ask(house, name, *map(question, members))
    assert run.failure is None
    assert [type(result) for result in results] == [EligibilityAnswer] * 2
    seen = house.world.account("tmhp", user)
    assert (seen["password_submissions"], seen["password_refusals"], seen["code_submissions"]) == (1, 0, 0)
    assert ledger(house, name) == [("password", "accepted", 1), ("signed_in", "accepted", 0), ("change", "accepted", 1)]


KINDS = ("server_error", "captcha", "unknown_page", "terms")
FAULTS = [fault for fault in failing.SIGN_IN_FAULTS if fault.kind in KINDS and fault.at in ("login_post", "sign_in")]
REFUSALS = [refusal for refusal in failing.REFUSALS if refusal.name not in ("wrong-secret", "redrawn")]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_a_sign_in_that_fails(house: House, fault: failing.Fault) -> None:
    await failing.sign_in_meets(house, "tmhp", fault)


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
async def test_a_sign_in_that_is_refused(house: House, refusal: failing.Refusal, policies: Callable[..., None]) -> None:
    await failing.sign_in_is_refused(house, "tmhp", refusal, policies)


async def test_an_expired_password(house: House) -> None:
    name, user = house.account("tmhp", password_set_at=(now.utc() - timedelta(days=61)).isoformat())
    run, _ = await ask(house, name, flow="login")
    assert (run.failure and run.failure.error, run.failure and run.failure.screen) == ("PasswordExpired", "Expired")
    assert house.world.account("tmhp", user)["password_submissions"] == 1
    assert ledger(house, name)[0] == ("password", "accepted", 1)


async def test_a_cut_answer_is_not_followed_by_a_second_sending(house: House) -> None:
    """The challenge came on the same connection, so the browser by itself would send the request once more."""
    name, user = house.account("tmhp", password=failing.WRONG)
    order(house, "tmhp", user, "cut_after", "login_post")
    run, _ = await ask(house, name, flow="login")
    assert run.failure and run.failure.error == "PortalUnavailable"
    assert house.world.account("tmhp", user)["password_submissions"] == 1
    assert ledger(house, name) == [("password", "unknown", 1)]


async def test_a_password_that_is_changed_meanwhile_is_refused_once(house: House) -> None:
    name, user = house.account("tmhp")
    member = house.world.members("tmhp", "active")[0]

    def change_it(index: int) -> None:
        house.world.post("/accounts", portal="tmhp", user=user, password="0ther-Passw0rd")

    run, results = await ask(house, name, question(member), question(member), after=change_it)
    assert (run.failure and run.failure.error, len(results)) == ("InvalidCredentials", 1)
    again, _ = await ask(house, name, flow="login")
    assert again.failure and again.failure.error == "AccountFrozen"
    seen = house.world.account("tmhp", user)
    assert (seen["password_submissions"], seen["password_refusals"], seen["locked"]) == (2, 1, False)
    assert ledger(house, name)[-1] == ("change", "refused", 1)


async def test_an_account_without_the_role(house: House) -> None:
    await failing.permission_is_missing(house, "tmhp")


async def test_there_is_no_form_for_a_new_password(house: House) -> None:
    name, user = house.account("tmhp")
    run, _ = await ask(house, name, flow="password_reset")
    assert run.failure and run.failure.error == "InputError"
    assert house.world.account("tmhp", user)["change_submissions"] == 0


async def test_files_come_from_behind_the_prompt(house: House) -> None:
    await fetching.fetches_and_marks(house, "tmhp", signed_in=False)
