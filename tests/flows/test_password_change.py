"""A password is stored before it is typed; after a kill at any point the account signs in again within the rules."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from house import House
from killing import Killed, codes_move_the_clock, steps_of
from pydantic import SecretStr

from bots import now
from bots.runner.password_change import change_password
from bots.runner.runner import RunResult
from bots.vault import Pending, Vault


async def change(house: House, name: str) -> RunResult:
    async with house.runner() as runner:
        return await change_password(runner, house.inventory, house.vault, name, by="Ann")


SHARES = 6  # the kills are spread over so many tests, which run side by side


@pytest.fixture(autouse=True)
def no_wait_for_codes(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    codes_move_the_clock(house, monkeypatch)


def state(house: House, user: str) -> dict[str, Any]:
    return house.world.account("availity", user)


async def test_a_change_is_verified_and_put_in_force(house: House) -> None:
    name, user = house.account()
    old = house.vault.get(name).password
    result = await change(house, name)
    assert result.failure is None
    kept = house.vault.get(name)
    assert kept.pending is None
    assert kept.password.get_secret_value() == state(house, user)["password"]
    assert kept.history[0].password == old
    assert state(house, user)["password_changes"] == 1
    assert state(house, user)["password_refusals"] == 0
    [entry] = house.inventory.rows("SELECT who FROM audit WHERE action = 'password change'")
    assert entry["who"] == "Ann"


async def test_an_expired_password_is_changed_in_the_place_of_home(house: House) -> None:
    name, user = house.account(password_set_at="2026-01-01T00:00:00+00:00")
    result = await change(house, name)
    assert result.failure is None
    assert house.vault.get(name).password.get_secret_value() == state(house, user)["password"]
    assert state(house, user)["password_refusals"] == 0


async def test_a_refused_new_password_leaves_the_old_one(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from bots.runner import password_change

    monkeypatch.setattr(password_change, "new_password", lambda rules, user: SecretStr("short"))
    name, user = house.account()
    result = await change(house, name)
    assert result.failure
    assert result.failure.error == "NewPasswordRefused"
    kept = house.vault.get(name)
    assert kept.pending is None
    assert kept.password.get_secret_value() == state(house, user)["password"]
    assert state(house, user)["password_refusals"] == 0


async def test_two_changes_at_once_do_not_lose_each_other(house: House) -> None:
    name, user = house.account()
    one, other = await asyncio.gather(change(house, name), change(house, name))
    assert sorted(result.failure is None for result in (one, other)) in ([False, True], [True, True])
    kept = house.vault.get(name)
    done = sum(result.failure is None for result in (one, other))
    assert state(house, user)["password_changes"] == done
    assert len(house.inventory.rows("SELECT 1 FROM audit WHERE action = 'password change'")) == done
    assert (kept.pending, len(kept.history)) == (None, done)
    assert kept.password.get_secret_value() == state(house, user)["password"]
    assert state(house, user)["password_refusals"] == 0


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
    assert state(house, user)["password_changes"] == 0


@pytest.mark.parametrize("applied", [True, False])
async def test_an_error_after_the_submission_is_settled(house: House, applied: bool) -> None:
    name, user = house.account()
    house.world.post(
        "/faults", portal="availity", user=user, kind="server_error", at="change_post", applied=applied, times=1
    )
    await change(house, name)
    kept = house.vault.get(name)
    assert kept.pending is None
    assert kept.password.get_secret_value() == state(house, user)["password"]
    assert not state(house, user)["locked"]


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
async def test_a_kill_at_every_step_ends_signed_in(house: House, share: int) -> None:
    # one inventory for some forty accounts, each of which may see its new password refused once
    house.settings = house.settings.model_copy(update={"brake_refusals": 1000})
    with pytest.MonkeyPatch.context() as patch:
        every = steps_of(patch, None)
        name, _ = house.account()
        assert (await change(house, name)).failure is None
    assert len(every) > 20
    for number in range(1 + share, len(every) + 1, SHARES):
        await killed_at(house, number, every[number - 1])


async def killed_at(house: House, number: int, step: str) -> None:
    name, user = house.account()
    with pytest.MonkeyPatch.context() as patch:
        steps_of(patch, number)
        try:
            await change(house, name)
        except Killed:
            pass
    async with house.runner() as runner:
        again = await runner.run(name, "login", fresh=True)
        if again.failure and again.failure.error in ("InvalidCredentials", "ScreenNotRecognised"):
            again = await runner.run(name, "login", fresh=True)
    kept, seen = house.vault.get(name), state(house, user)
    assert again.failure is None, (number, step, again.failure)
    assert kept.password.get_secret_value() == seen["password"], (number, step)
    assert not seen["locked"], (number, step)
    assert seen["password_refusals"] <= 1, (number, step)
