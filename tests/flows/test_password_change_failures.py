"""What a change form may say or do, at every portal: who is told what, and which password is in force afterwards."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from asking import codes_at_once, ledger, order, policies
from house import House
from pydantic import SecretStr
from test_password_change import PORTALS, change, expiring_in, no_session_in_the_way, portal

from bots.runner import password_change
from bots.runner import run as runs
from bots.session import LiveSession
from payers.registry import portals

__all__ = ["codes_at_once", "no_session_in_the_way", "policies", "portal"]

pytestmark = [pytest.mark.usefixtures("codes_at_once", "impatience"), pytest.mark.sampled(5)]

FIRST = "F1rst-pass-word"
OTHER = "0ther-pass$Word"
ONE_STEP = ("epaces", "medi_cal")
WAITS = {
    "payers.portals.availity.password_reset": "FORM_SECONDS",
    "payers.identity.one_healthcare_id.password_reset": "FORM_SECONDS",
    "payers.identity.okta.failures": "SCREEN_SECONDS",
    "payers.portals.epaces.password_reset": "FORM_SECONDS",
    "payers.portals.medi_cal.password_reset": "FORM_SECONDS",
}


@pytest.fixture
def impatience(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short time-outs, and no second try of a run."""
    for module, seconds in WAITS.items():
        monkeypatch.setattr(importlib.import_module(module), seconds, 6)
    monkeypatch.setattr(runs, "TRIES", 1)
    house.settings = house.settings.model_copy(update={"step_timeout_seconds": 6})


@dataclass(frozen=True)
class Said:
    """A new password that is not taken, and the error and phrase that the change must end with."""

    name: str
    error: str
    phrase: str | None
    new: str = "short"
    rules: dict[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


NOT_TAKEN = (
    Said("against the rules", "NewPasswordRefused", "new_password_refused"),
    Said("used before", "NewPasswordRefused", "password_used_before", new=FIRST),
    Said("too young", "NewPasswordRefused", "password_too_young", rules={"password_min_age_days": 2}),
)


@pytest.mark.parametrize("said", NOT_TAKEN, ids=str)
async def test_a_new_password_that_is_not_taken(
    house: House, portal: str, said: Said, policies: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The portal says so: the old one stays in force, and its submission was no possible failure."""
    policies(portal, **said.rules)
    monkeypatch.setattr(password_change, "new_password", lambda rules, user: SecretStr(said.new))
    name, user = house.account(portal, password=OTHER)
    for password in (FIRST, OTHER):
        house.world.post("/accounts", portal=portal, user=user, password=password)
    result = await change(house, name)
    assert result.failure
    assert (result.failure.error, result.failure.phrase) == (said.error, said.phrase)
    seen = house.world.account(portal, user)
    assert seen["password"] == house.vault.get(name).password.get_secret_value() == OTHER
    assert (seen["change_submissions"], seen["change_refusals"], seen["locked"]) == (1, 1, False)
    assert [row for row in ledger(house, name) if row[0] == "change"] == [("change", "accepted", 1)]


@dataclass(frozen=True)
class Met:
    """What meets the form on its way, and the error that the change must end with."""

    kind: str
    error: str
    connection: str | None = None
    applied: bool = True
    expired: bool = False
    elsewhere: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        said = [self.kind, self.connection, "" if self.applied else "not applied", "expired" if self.expired else ""]
        return " ".join(filter(None, said))


MET = (
    Met("server_error", "PortalUnavailable"),
    Met("server_error", "PortalUnavailable", applied=False),
    Met("server_error", "PortalUnavailable", expired=True),
    Met("maintenance", "PortalUnavailable"),
    Met("unknown_page", "ScreenNotRecognised"),
    Met("redraw_refusal", "ScreenNotRecognised"),
    Met("cut_before", "PortalUnavailable", connection="fresh"),
    Met("cut_after", "PortalUnavailable", connection="fresh"),
    Met("cut_after", "PortalUnavailable", connection="fresh", applied=False),
    Met("cut_after", "PortalUnavailable", connection="reused"),
    Met("cut_after", "PortalUnavailable", connection="reused", expired=True),
)


@pytest.mark.parametrize("met", MET, ids=str)
@pytest.mark.usefixtures("no_session_in_the_way")
async def test_a_submission_that_meets_a_fault_is_settled(
    house: House, portal: str, met: Met, policies: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the portal took the new password is not told; afterwards both sides know the one in force."""
    policies(portal, password_max_age_days=60)
    if met.kind == "redraw_refusal":
        monkeypatch.setattr(password_change, "new_password", lambda rules, user: SecretStr("short"))
    name, user = house.account(portal, **({"password_set_at": expiring_in(-1)} if met.expired else {}))
    more = {"connection": met.connection} if met.connection else {}
    order(house, portal, user, met.kind, "change_post", applied=met.applied, **more)
    await change(house, name)
    assert error_of_the_change(house) == met.elsewhere.get(portal, met.error)
    seen, kept = house.world.account(portal, user), house.vault.get(name)
    assert (kept.pending, kept.password.get_secret_value()) == (None, seen["password"])
    assert (seen["locked"], seen["password_refusals"] <= 1, seen["refused_password_repeats"]) == (False, True, 0)


def error_of_the_change(house: House) -> str:
    [run] = house.inventory.rows("SELECT error FROM runs WHERE flow = 'password_reset'")
    return str(run["error"])


@pytest.mark.parametrize(("kind", "error"), [("captcha", "CaptchaShown"), ("access_blocked", "AccessBlocked")])
async def test_what_only_a_person_can_pass_leaves_both_passwords(
    house: House, portal: str, kind: str, error: str
) -> None:
    name, user = house.account(portal)
    order(house, portal, user, kind, "change_post")
    await change(house, name)
    assert error_of_the_change(house) == error
    seen, kept = house.world.account(portal, user), house.vault.get(name)
    passwords = [kept.password, *([kept.pending.password] if kept.pending else [])]
    assert seen["password"] in [each.get_secret_value() for each in passwords]
    assert (seen["locked"], seen["password_refusals"] <= 1) == (False, True)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("server_error", "PortalUnavailable"),
        ("captcha", "CaptchaShown"),
        ("access_blocked", "AccessBlocked"),
        ("unknown_page", "ScreenNotRecognised"),
    ],
)
async def test_a_form_that_can_not_be_reached_is_not_sent(house: House, portal: str, kind: str, error: str) -> None:
    name, user = house.account(portal)
    order(house, portal, user, kind, "change")
    result = await change(house, name)
    seen, kept = house.world.account(portal, user), house.vault.get(name)
    assert result.failure
    assert result.failure.error == error
    assert (seen["change_submissions"], seen["password_submissions"]) == (0, 1)
    assert (kept.pending, kept.password.get_secret_value()) == (None, seen["password"])


@pytest.mark.parametrize(
    ("changes", "error"),
    [({"locked": True}, "AccountLocked"), ({"password": OTHER}, "InvalidCredentials")],
    ids=["locked", "changed by somebody else"],
)
async def test_a_password_in_force_that_is_refused(
    house: House, portal: str, changes: dict[str, object], error: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between sign-in and submission the account was locked, or somebody changed it: the last try is a person's."""
    name, user = house.account(portal)
    new_password = LiveSession.new_password

    async def after_somebody_else(self: LiveSession) -> SecretStr:
        house.world.post("/accounts", portal=portal, user=user, **changes)
        return await new_password(self)

    monkeypatch.setattr(LiveSession, "new_password", after_somebody_else)
    await change(house, name)
    assert error_of_the_change(house) == error
    seen = house.world.account(portal, user)
    assert (seen["lock_count"], seen["refused_password_repeats"]) == (0, 0)
    assert seen["password_refusals"] <= 2
    assert house.vault.get(name).pending


def test_every_portal_that_changes_passwords_is_tried() -> None:
    assert {name for name, each in portals().items() if each.password_reset} == set(PORTALS)
