"""A password is stored before it is typed; after a kill at any point the account signs in again within the rules."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from asking import ask, policies
from house import House
from killing import SHARES, Cut, codes_in_a_row, killed_at_every_step, mortal
from pydantic import SecretStr

from bots import now
from bots.inventory.accounts import local_day
from bots.runner import Runner, password_change
from bots.runner.password_change import change_password
from bots.runner.runner import RunResult
from bots.vault import Pending, Vault
from flows.errors import InputError
from payers.model import PasswordRules
from payers.registry import find_portal

__all__ = ["codes_in_a_row", "mortal", "policies"]
pytestmark = pytest.mark.usefixtures("codes_in_a_row")

PORTALS = ("availity", "uhc", "tmhp", "epaces", "medi_cal")
KILLED = ("availity", "uhc", "epaces")  # the rest has no stop that these have not


@pytest.fixture(params=PORTALS)
def portal(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def no_session_in_the_way(policies: Callable[..., None]) -> None:
    """A session that was cut off keeps nobody out. Where it does, the next sign-in waits: test_epaces."""
    policies("epaces", sessions="newest_wins")


async def change(house: House, name: str) -> RunResult:
    async with house.runner() as runner:
        return await change_password(runner, house.inventory, house.vault, name, by="Ann")


def expiring_in(days: float) -> str:
    """When a password was set that is good for 60 days and has `days` left."""
    return (now.utc() - timedelta(days=60 - days)).isoformat()


async def test_a_change_is_verified_and_put_in_force(house: House, portal: str) -> None:
    name, user = house.account(portal)
    old = house.vault.get(name).password
    result = await change(house, name)
    assert result.failure is None
    kept, seen = house.vault.get(name), house.world.account(portal, user)
    assert kept.pending is None
    assert kept.password.get_secret_value() == seen["password"] != old.get_secret_value()
    assert kept.history[0].password == old
    assert (seen["change_submissions"], seen["password_changes"], seen["password_refusals"]) == (1, 1, 0)
    assert (seen["password_submissions"], seen["sign_ins"]) == (2, 2)
    [entry] = house.inventory.rows("SELECT who FROM audit WHERE action = 'password change'")
    assert entry["who"] == "Ann"


async def test_an_expired_password_is_told_and_changed_in_the_place_of_home(
    house: House, portal: str, policies: Callable[..., None]
) -> None:
    policies(portal, password_max_age_days=60)
    name, user = house.account(portal, password_set_at=expiring_in(-1))
    told, _ = await ask(house, name, flow="login")
    assert told.failure
    assert (told.failure.error, told.failure.screen) == ("PasswordExpired", "ForcedChange")
    assert (await change(house, name)).failure is None
    seen = house.world.account(portal, user)
    assert house.vault.get(name).password.get_secret_value() == seen["password"]
    assert (seen["password_changes"], seen["password_refusals"]) == (1, 0)


@pytest.mark.sampled(2)
async def test_a_change_cut_off_at_an_expired_password_is_changed_by_the_next(
    house: House, portal: str, policies: Callable[..., None]
) -> None:
    """It never reached the portal; the old one, which is expired, is the one in force."""
    policies(portal, password_max_age_days=60)
    name, user = house.account(portal, password_set_at=expiring_in(-1))
    cut = Pending(password=SecretStr("Cut-0ff-$pass"), kind="change", run_id="a-run", at=now.utc())
    house.vault.put_pending(name, cut)
    house.vault.mark_pending(name, "a-run", "submitting")
    assert (await change(house, name)).failure is None
    seen, kept = house.world.account(portal, user), house.vault.get(name)
    assert (kept.pending, kept.password.get_secret_value()) == (None, seen["password"])
    assert (seen["password_changes"], seen["password_refusals"], seen["locked"]) == (1, 1, False)


async def test_a_password_that_expires_soon_is_told_and_used(
    house: House, portal: str, policies: Callable[..., None]
) -> None:
    policies(portal, password_max_age_days=60, password_warning_days=5)
    name, user = house.account(portal, password_set_at=expiring_in(2.5))
    run, _ = await ask(house, name, flow="login")
    assert run.failure is None
    assert [row["words"] for row in house.inventory.rows("SELECT kind, words FROM notices")] == ["3"]
    [row] = house.inventory.rows("SELECT password_expires_on, password_expires_source FROM accounts")
    assert row["password_expires_on"] == str(local_day({"time_zone": None}, now.utc()) + timedelta(days=3))
    seen = house.world.account(portal, user)
    assert (seen["sign_ins"], seen["password_submissions"], seen["password_changes"]) == (1, 1, 0)


async def test_a_password_too_young_for_the_policy_contacts_nobody(
    house: House, portal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = find_portal(portal)
    strict = replace(site, policy=replace(site.policy, password_min_age_days=2))
    monkeypatch.setattr(password_change, "find_portal", lambda name: strict)
    name, user = house.account(portal)
    with pytest.raises(InputError, match="a new password 2 days after the last one: not before"):
        await change(house, name)
    assert house.world.account(portal, user)["password_submissions"] == 0


async def test_a_policy_that_no_password_can_meet_contacts_nobody(
    house: House, portal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = find_portal(portal)
    impossible = replace(site.policy, password_rules=PasswordRules(shortest=2, longest=2))
    monkeypatch.setattr(password_change, "find_portal", lambda name: replace(site, policy=impossible))
    name, user = house.account(portal)
    result = await change(house, name)
    assert result.failure
    assert "correct its password_rules" in result.failure.message
    assert house.vault.get(name).pending is None
    assert house.world.account(portal, user)["password_submissions"] == 0


async def test_a_vault_that_can_not_confirm_the_new_password_submits_nothing(
    house: House, portal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, user = house.account(portal)
    monkeypatch.setattr(Vault, "journalled", lambda vault, account: None)
    result = await change(house, name)
    assert result.failure
    assert "nothing was submitted" in result.failure.message
    assert house.world.account(portal, user)["password_submissions"] == 0


@pytest.mark.sampled(2)
async def test_two_changes_at_once_do_not_lose_each_other(house: House, portal: str) -> None:
    name, user = house.account(portal)
    results = await asyncio.gather(change(house, name), change(house, name))
    kept, seen = house.vault.get(name), house.world.account(portal, user)
    done = sum(result.failure is None for result in results)
    assert done >= 1
    assert (seen["password_changes"], seen["password_refusals"]) == (done, 0)
    assert len(house.inventory.rows("SELECT 1 FROM audit WHERE action = 'password change'")) == done
    assert (kept.pending, len(kept.history)) == (None, done)
    assert kept.password.get_secret_value() == seen["password"]


async def test_a_change_leaves_the_new_password_of_another_run_alone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, user = house.account(password="Wr0ng-pass$1")  # the sign-in is refused while the new password is *stored*
    other = Pending(password=SecretStr("0ther-run$new"), kind="change", run_id="another-run", at=now.utc())
    discard = Vault.discard_pending

    def beaten(vault: Vault, account: str, run_id: str) -> None:
        vault.put_pending(account, other)
        discard(vault, account, run_id)

    monkeypatch.setattr(Vault, "discard_pending", beaten)
    result = await change(house, name)
    assert result.failure
    assert result.failure.error == "InvalidCredentials"
    assert house.vault.get(name).pending == other
    assert house.world.account("availity", user)["password_changes"] == 0


@pytest.mark.slow
@pytest.mark.usefixtures("mortal", "no_session_in_the_way")
@pytest.mark.sampled(SHARES)
@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("portal", KILLED, indirect=True)
async def test_a_kill_at_every_step_ends_signed_in(house: House, portal: str, share: int) -> None:
    async def change_it(runner: Runner, name: str) -> RunResult:
        return await change_password(runner, house.inventory, house.vault, name, by="Ann")

    async def signs_in_again(runner: Runner, cut: Cut) -> None:
        again = await runner.run(cut.name, "login", fresh=True)
        if again.failure and again.failure.error == "InvalidCredentials":
            again = await runner.run(cut.name, "login", fresh=True)
        kept, seen = house.vault.get(cut.name), house.world.account(portal, cut.user)
        assert again.failure is None, (cut.where, again.failure)
        assert kept.password.get_secret_value() == seen["password"], cut.where
        assert (seen["locked"], seen["password_refusals"] <= 1) == (False, True), cut.where

    await killed_at_every_step(house, lambda: house.account(portal), change_it, signs_in_again, share=share)


@pytest.mark.parametrize("portal", ["availity", "epaces"])
async def test_the_workers_own_session_is_not_somebody_elses(
    house: House, portal: str, policies: Callable[..., None]
) -> None:
    """The portals with one session at a time: the one that is kept is left before the fresh sign-in."""
    policies(portal, sessions="refused")
    name, user = house.account(portal, methods=[])
    await ask(house, name, flow="login")
    changed = await change(house, name)
    assert changed.failure is None
    seen = house.world.account(portal, user)
    assert (seen["sessions_refused"], seen["sessions_of_others_ended"], seen["max_open_sessions"]) == (0, 0, 1)
    assert house.vault.get(name).password.get_secret_value() == seen["password"]
    assert house.vault.get(name).pending is None
