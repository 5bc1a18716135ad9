"""Two passwords, of which one is in force: both are tried inside the guard's rules, and neither is forgotten."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable

import pytest
from asking import codes_at_once, ledger, order, policies
from house import House
from pydantic import SecretStr
from test_password_change import PORTALS, change, expiring_in, portal
from test_password_change_failures import OTHER, WAITS, error_of_the_change, impatience

from bots import now
from bots.runner.password_change import settle
from bots.session import LiveSession
from bots.vault import Credential, Pending

__all__ = ["codes_at_once", "impatience", "policies", "portal"]

pytestmark = pytest.mark.usefixtures("codes_at_once", "impatience")
ASKS_THE_OLD_ONE = tuple(name for name in PORTALS if name != "tmhp")  # in the form of an expired password

NEW = "N3w-pass$word"


def passwords(house: House, name: str) -> list[tuple[str, str, int]]:
    """The attempts with a password."""
    return [row for row in ledger(house, name) if row[0] in ("password", "change")]


def known(kept: Credential) -> list[str]:
    """Every password that the vault has of an account."""
    pending = [kept.pending.password] if kept.pending else []
    return [each.get_secret_value() for each in (kept.password, *pending, *(old.password for old in kept.history))]


@pytest.mark.parametrize(
    ("state", "in_force"), [("submitting", "the old one"), ("submitted", "the old one"), ("declined", "the new one")]
)
async def test_the_second_is_tried_when_the_first_is_refused(house: House, state: str, in_force: str) -> None:
    name, user = house.account()
    old = house.vault.get(name).password.get_secret_value()
    house.vault.put_pending(name, Pending(password=SecretStr(NEW), kind="change", run_id="cut off", at=now.utc()))
    house.vault.mark_pending(name, "cut off", state)
    if in_force == "the new one":
        house.world.post("/accounts", portal="availity", user=user, password=NEW)
    async with house.runner() as runner:
        found = await settle(runner, house.vault, name)
    assert found.failure is None
    assert passwords(house, name) == [("password", "refused", 1), ("password", "accepted", 1)]
    kept, seen = house.vault.get(name), house.world.account("availity", user)
    assert (kept.password.get_secret_value(), kept.pending) == (seen["password"], None)
    assert set(known(kept)) == {old, NEW}
    assert (seen["password_refusals"], seen["sign_ins"], seen["locked"]) == (1, 1, False)
    assert house.inventory.rows("SELECT 1 FROM incidents WHERE kind = 'freeze' AND closed_at IS NULL") == []


@pytest.mark.sampled(2)
@pytest.mark.parametrize("portal", ASKS_THE_OLD_ONE, indirect=True)
@pytest.mark.parametrize("taken", [True, False], ids=["taken after all", "changed by somebody else"])
async def test_an_expired_password_that_is_refused_leaves_the_new_one_to_try(
    house: House, portal: str, taken: bool, policies: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The portal took the new one without saying so, or the account is somebody else's now."""
    policies(portal, password_max_age_days=60)
    name, user = house.account(portal, password_set_at=expiring_in(-1))
    new_password = LiveSession.new_password

    async def after_another_change(self: LiveSession) -> SecretStr:
        new = await new_password(self)
        house.world.post("/accounts", portal=portal, user=user, password=new.get_secret_value() if taken else OTHER)
        return new

    monkeypatch.setattr(LiveSession, "new_password", after_another_change)
    result = await change(house, name)
    assert error_of_the_change(house) == "InvalidCredentials"
    verdict = "accepted" if taken else "refused"
    assert passwords(house, name) == [
        ("password", "accepted", 1),
        ("change", "refused", 1),
        ("password", verdict, 1),
    ]
    kept, seen = house.vault.get(name), house.world.account(portal, user)
    assert (result.failure is None, kept.pending is None) == (taken, taken)
    assert (seen["password"] in known(kept), seen["locked"], seen["refused_password_repeats"]) == (taken, False, 0)
    frozen = house.inventory.rows("SELECT 1 FROM incidents WHERE kind = 'freeze' AND closed_at IS NULL")
    assert bool(frozen) is not taken


@pytest.mark.sampled(2)
async def test_a_change_that_the_portal_makes_later_leaves_no_password_unknown(
    house: House, portal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request hangs until the old password has proved to be in force."""
    for module, seconds in WAITS.items():
        monkeypatch.setattr(importlib.import_module(module), seconds, 2)
    name, user = house.account(portal)
    order(house, portal, user, "hang", "change_post", seconds=20)
    await change(house, name)
    async with asyncio.timeout(60):
        while not (seen := house.world.account(portal, user))["password_changes"]:
            await asyncio.sleep(0.5)
    assert seen["password"] in known(house.vault.get(name))
    assert (seen["locked"], seen["password_refusals"] <= 1) == (False, True)


@pytest.mark.sampled(2)
async def test_an_expired_password_is_changed_after_a_change_that_was_lost(
    house: House, portal: str, policies: Callable[..., None]
) -> None:
    """The old one is taken and has to be changed at once: that settles which is in force, though nobody is signed in."""
    policies(portal, password_max_age_days=60)
    name, user = house.account(portal, password_set_at=expiring_in(-1))
    order(house, portal, user, "server_error", "change_post", applied=False)
    lost = await change(house, name)
    assert lost.failure
    assert (lost.failure.error, house.vault.get(name).pending) == ("PortalUnavailable", None)
    assert (await change(house, name)).failure is None
    kept, seen = house.vault.get(name), house.world.account(portal, user)
    assert (kept.password.get_secret_value(), kept.pending) == (seen["password"], None)
    assert (seen["password_refusals"], seen["password_changes"], seen["locked"]) == (1, 1, False)
