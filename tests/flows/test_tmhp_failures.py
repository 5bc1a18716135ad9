"""Everything that can go wrong at TMHP's portal and at its Okta, in a real browser against the sandbox."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from datetime import timedelta

import failing
import pytest
from asking import ask, codes_at_once, ledger, order, policies
from house import House, question

from bots import now
from bots.runner import run as runs

__all__ = ["codes_at_once", "policies"]

pytestmark = pytest.mark.usefixtures("codes_at_once", "impatience")

WAITS = {
    "payers.identity.okta.failures": ("SCREEN_SECONDS",),
    "payers.portals.tmhp.sign_in": ("SCREEN_SECONDS",),
    "payers.portals.tmhp.eligibility": ("FORM_SECONDS", "ANSWER_SECONDS"),
}


@pytest.fixture
def impatience(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short time-outs, and no second try of a run."""
    for module, names in WAITS.items():
        for name in names:
            monkeypatch.setattr(importlib.import_module(module), name, 6)
    monkeypatch.setattr(runs, "TRIES", 1)
    house.settings = house.settings.model_copy(update={"step_timeout_seconds": 6})


# Okta's fields are known by the widget's names, so other labels and button texts are survived
SURVIVED = [each for each in failing.SIGN_IN_FAULTS if each.kind == "changed_labels"]


@pytest.mark.sampled(2, 1)
@pytest.mark.parametrize("fault", [each for each in failing.SIGN_IN_FAULTS if each not in SURVIVED], ids=str)
async def test_a_sign_in_that_fails(house: House, fault: failing.Fault) -> None:
    await failing.sign_in_meets(house, "tmhp", fault)


@pytest.mark.parametrize("fault", SURVIVED, ids=str)
async def test_a_sign_in_with_other_labels(house: House, fault: failing.Fault) -> None:
    name, user = house.account("tmhp")
    order(house, "tmhp", user, fault.kind, fault.at)
    run, _ = await ask(house, name, flow="login")
    assert run.failure is None
    assert house.world.account("tmhp", user)["password_submissions"] == 1


@pytest.mark.parametrize("refusal", failing.REFUSALS, ids=str)
async def test_a_sign_in_that_is_refused(house: House, refusal: failing.Refusal, policies: Callable[..., None]) -> None:
    await failing.sign_in_is_refused(house, "tmhp", refusal, policies)


async def test_a_user_the_portal_does_not_know(house: House) -> None:
    """Okta tells nobody who is unknown: the password goes out, once."""
    await failing.unknown_user(house, "tmhp", "InvalidCredentials", 1)


async def test_a_code_that_was_used_is_followed_by_a_fresh_one(house: House) -> None:
    """Somebody else used the first code; the second is accepted, while the first one's refusal is still shown."""
    name, user = house.account("tmhp")
    order(house, "tmhp", user, "hang", "code_post", times=2, seconds=1)
    order(house, "tmhp", user, "code_used", times=1)
    run, _ = await ask(house, name, flow="login")
    assert run.failure is None
    seen = house.world.account("tmhp", user)
    assert (seen["password_submissions"], seen["code_submissions"], seen["code_refusals"]) == (1, 2, 1)


@pytest.mark.parametrize("methods", [["text"]], ids=["only-by-mail"])
async def test_a_code_that_comes_by_mail_only_is_left_to_a_person(house: House, methods: list[str]) -> None:
    name, user = house.account("tmhp", methods=methods)
    run, _ = await ask(house, name, flow="login")
    assert run.failure is not None
    assert (run.failure.error, run.failure.screen) == ("CodeNotReceived", "CodeByMail")
    assert "Google Authenticator" in run.failure.message
    seen = house.world.account("tmhp", user)
    assert (seen["password_submissions"], seen["code_submissions"]) == (1, 0)
    assert ledger(house, name) == [("password", "unknown", 1)]


@pytest.mark.parametrize("methods", [["authenticator"], []], ids=["one-method", "no-second-step"])
async def test_a_sign_in_without_a_choice(house: House, methods: list[str]) -> None:
    name, user = house.account("tmhp", methods=methods)
    run, _ = await ask(house, name, flow="login")
    assert run.failure is None
    seen = house.world.account("tmhp", user)
    assert (seen["password_submissions"], seen["code_submissions"]) == (1, len(methods))


async def test_a_warning_is_put_off_and_told(house: House, policies: Callable[..., None]) -> None:
    policies("tmhp", password_max_age_days=60)
    set_at = (now.utc() - timedelta(days=56.5)).isoformat()
    name, user = house.account("tmhp", password_set_at=set_at)
    run, _ = await ask(house, name, flow="login")
    assert run.failure is None
    seen = house.world.account("tmhp", user)
    assert (seen["sign_ins"], seen["password_submissions"], seen["change_submissions"]) == (1, 1, 0)


async def test_questions_that_meet_faults(house: House) -> None:
    await failing.questions_meet(house, "tmhp")


@pytest.mark.sampled(2)
@pytest.mark.parametrize("fault", failing.RUN_FAULTS, ids=str)
async def test_a_run_that_meets_a_fault(house: House, fault: failing.Fault) -> None:
    await failing.the_run_meets(house, "tmhp", fault)


@pytest.mark.parametrize("kind", ["cut_before", "cut_after"])
async def test_a_question_that_gets_no_answer_from_the_network(house: House, kind: str) -> None:
    """The form is a whole page: the browser shows its own error, which is no change of the portal."""
    name, user = house.account("tmhp")
    order(house, "tmhp", user, kind, "lookup", connection="fresh")
    run, results = await ask(house, name, question(house.world.members("tmhp", "active")[0]))
    assert (run.failure and run.failure.error, results) == ("PortalUnavailable", [])
    assert house.world.account("tmhp", user)["lookups"] == (kind == "cut_after")


async def test_the_account_lacks_the_role(house: House) -> None:
    await failing.permission_is_missing(house, "tmhp")


async def test_the_role_is_taken_away_while_signed_in(house: House) -> None:
    name, user = house.account("tmhp")
    member = house.world.members("tmhp", "active")[0]

    def take_it_away(index: int) -> None:
        house.world.post("/accounts", portal="tmhp", user=user, roles=["claim_status"])

    run, _ = await ask(house, name, question(member), question(member), after=take_it_away)
    assert run.failure is not None
    assert (run.failure.error, run.failure.screen) == ("PermissionMissing", "NoAccess")
    assert house.world.account("tmhp", user)["lookups"] == 1


async def test_the_session_ends_between_questions(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "TRIES", 3)
    await failing.session_ends_between_questions(house, "tmhp")
