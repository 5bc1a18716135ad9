"""Okta's own sign-in widget in its three generations, with the sandbox's answers behind it, driven by the worker.

Nothing is on the page but the published script; what counts is what the sandbox saw, and what the ledger holds.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import failing
import pytest
from asking import ask, codes_at_once, ledger, order, policies
from house import House, World
from okta_widget import widget_folder
from pydantic import SecretStr
from test_password_change import change

from bots import now
from bots.runner import password_change
from bots.runner import run as runs

__all__ = ["codes_at_once", "policies"]

pytestmark = [pytest.mark.usefixtures("codes_at_once", "impatience"), pytest.mark.sampled(3)]

GENERATIONS = ("gen2", "gen3", "classic")
FIRST_BY_MAIL = {"methods": ["text", "authenticator"]}
ONLY_BY_MAIL = {"methods": ["text"]}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A practice world of this module's own, that has the widget."""
    clock_file = tmp_path_factory.mktemp("world") / "clock.json"
    places = ["--clock-file", str(clock_file), "--maildir", str(clock_file.parent / "mail")]
    command = [sys.executable, "-m", "sandbox", "--light", *places, "--okta-widget", str(widget_folder())]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    yield World(json.loads(process.stdout.readline()), clock_file)
    process.terminate()
    process.wait(timeout=60)


@pytest.fixture
def impatience(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short time-outs, and no second try of a run."""
    monkeypatch.setattr(importlib.import_module("payers.identity.okta.failures"), "SCREEN_SECONDS", 8)
    monkeypatch.setattr(runs, "TRIES", 1)
    house.settings = house.settings.model_copy(update={"step_timeout_seconds": 8})


@pytest.fixture(params=GENERATIONS)
def generation(request: pytest.FixtureRequest, policies: Callable[..., None]) -> str:
    policies("tmhp", sign_in_page=request.param, password_max_age_days=60)
    return str(request.param)


@dataclass(frozen=True)
class Case:
    """An account at the widget; how the sign-in ends, and how many passwords and codes the sandbox saw."""

    name: str
    error: str | None = None
    codes: int = 1
    made: dict[str, object] = field(default_factory=dict)
    aged: float = 0
    fault: str | None = None
    verdict: str = "accepted"

    def __str__(self) -> str:
        return self.name


SIGN_INS = (
    Case("a choice of methods"),
    Case("one method", made={"methods": ["authenticator"]}),
    Case("no second step", codes=0, made={"methods": []}),
    Case("another method first", made=FIRST_BY_MAIL),
    Case("by mail only", "CodeNotReceived", codes=0, made=ONLY_BY_MAIL, verdict="unknown"),
    Case("a code that was used, answered slowly", codes=2, fault="code_used"),
    Case("expires soon", aged=56.5),
    Case("expired", "PasswordExpired", codes=0, aged=61),
    Case("the server fails", "PortalUnavailable", codes=0, fault="server_error", verdict="unknown"),
)


@pytest.mark.parametrize("case", SIGN_INS, ids=str)
async def test_a_sign_in(house: House, generation: str, case: Case) -> None:
    name, user = house.account("tmhp", password_set_at=_days_ago(case.aged), **case.made)
    if case.fault:
        order(house, "tmhp", user, case.fault, "login_post" if case.fault == "server_error" else None)
        order(house, "tmhp", user, "hang", "code_post", times=2, seconds=1)  # the old refusal is still shown meanwhile
    run, _ = await ask(house, name, flow="login")
    assert (run.failure and run.failure.error) == case.error, run.failure
    seen = house.world.account("tmhp", user)
    assert (seen["password_submissions"], seen["code_submissions"]) == (1, case.codes)
    assert seen["sign_ins"] == (case.error is None)
    assert [row for row in ledger(house, name) if row[0] == "password"] == [("password", case.verdict, 1)]


@pytest.mark.parametrize("made", [ONLY_BY_MAIL, FIRST_BY_MAIL], ids=["only", "first"])
async def test_a_code_by_mail(house: House, generation: str, made: dict[str, object]) -> None:
    """It is sent at once, or in classic when asked for; the two others offer a link first."""
    name, user = house.account("tmhp", **made)
    with house.inventory.write() as db:
        db.table("accounts").update(name, {"code_ways": "email"})
    run, _ = await ask(house, name, flow="login")
    assert run.failure is None, run.failure
    seen = house.world.account("tmhp", user)
    assert (seen["codes_sent"], seen["code_submissions"], seen["sign_ins"]) == (1, 1, 1)


REFUSALS = [each for each in failing.REFUSALS if each.name != "redrawn"]


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
async def test_a_refusal(
    house: House, generation: str, refusal: failing.Refusal, policies: Callable[..., None]
) -> None:
    await failing.sign_in_is_refused(house, "tmhp", refusal, policies)


async def test_a_user_the_portal_does_not_know(house: House, generation: str) -> None:
    await failing.unknown_user(house, "tmhp", "InvalidCredentials", 1)


async def test_an_expired_password_is_changed_in_the_place_of_home(house: House, generation: str) -> None:
    name, user = house.account("tmhp", password_set_at=_days_ago(61))
    assert (await change(house, name)).failure is None
    seen = house.world.account("tmhp", user)
    assert house.vault.get(name).password.get_secret_value() == seen["password"]
    assert (seen["change_submissions"], seen["password_changes"], seen["password_refusals"]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("new", "phrase"), [("short", "new_password_refused"), (None, "password_used_before")], ids=["rule", "used before"]
)
async def test_a_new_password_that_is_not_taken(
    house: House, generation: str, new: str | None, phrase: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third generation judges by the rule itself, and sends nothing."""
    name, user = house.account("tmhp", password_set_at=_days_ago(61))
    old = house.vault.get(name).password.get_secret_value()
    monkeypatch.setattr(password_change, "new_password", lambda rules, user: SecretStr(new or old))
    result = await change(house, name)
    assert result.failure is not None
    [run] = house.inventory.rows("SELECT error, phrase FROM runs WHERE flow = 'password_reset'")
    assert (run["error"], run["phrase"]) == ("NewPasswordRefused", phrase)
    seen = house.world.account("tmhp", user)
    assert (seen["password"], seen["password_changes"], seen["locked"]) == (old, 0, False)
    assert seen["change_submissions"] <= 1


def _days_ago(days: float) -> str:
    return (now.utc() - timedelta(days=days)).isoformat()
