"""The worker does by itself what the due list promises of it, and nothing for an account that it may not keep."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from house import House, question
from killing import codes_in_a_row

from bots import now
from bots.inventory import stamp
from bots.inventory.accounts import observe
from bots.keeping import Keeper, renewing
from bots.outlook import due_items
from bots.runner import Runner, RunResult

__all__ = ["codes_in_a_row"]
pytestmark = pytest.mark.usefixtures("codes_in_a_row")


def ago(days: int) -> str:
    return (now.utc() - timedelta(days)).date().isoformat()


def owned(house: House, portal: str = "availity", **columns: Any) -> tuple[str, str]:
    """An account that the worker may keep, unless `columns` say otherwise."""
    age = columns.pop("password_age", 0)
    name, user = house.account(portal, password_set_at=stamp(now.utc() - timedelta(age)))
    observe(house.inventory, name, {"owner": "billing lead", "password_set_on": ago(age), **columns})
    return name, user


def keeper(house: House) -> Keeper:
    parts = (house.inventory, house.vault, house.settings)
    renew = renewing(*parts, by="service")
    runner = Runner(
        house.settings, house.inventory, house.vault, house.key, source="service", by="service", past_expiry=renew
    )
    return Keeper(runner, *parts)


async def keep(house: House, name: str) -> RunResult:
    found = keeper(house)
    try:
        return await found.run(name, "keep")
    finally:
        await found.stop()


def seen(house: House, user: str) -> tuple[int, int]:
    account = house.world.account("availity", user)
    return account["sign_ins"], account["password_changes"]


async def test_a_password_is_changed_a_week_before_it_expires(house: House) -> None:
    name, user = owned(house, password_age=54)
    assert [item.do for item in due_items(house.inventory, house.settings, 0)] == ["changes it"]
    assert (await keep(house, name)).failure is None
    assert seen(house, user)[1] == 1
    assert house.vault.get(name).password.get_secret_value() == house.world.account("availity", user)["password"]
    assert due_items(house.inventory, house.settings, 0) == []


async def test_an_idle_account_is_signed_in_once(house: House) -> None:
    name, user = owned(house, idle_limit_days=90, last_good_sign_in_at=stamp(now.utc() - timedelta(84)))
    assert [item.do for item in due_items(house.inventory, house.settings, 0)] == ["signs in"]
    for _ in range(2):
        assert (await keep(house, name)).failure is None
    assert seen(house, user) == (1, 0)


@pytest.mark.parametrize("columns", [{"owner": ""}, {"next_review_on": "2026-01-01"}, {"kind": "shared"}])
async def test_an_account_that_nobody_answers_for_is_left_to_expire(house: House, columns: dict[str, Any]) -> None:
    name, user = owned(
        house,
        password_age=54,
        idle_limit_days=90,
        last_good_sign_in_at=stamp(now.utc() - timedelta(84)),
        **columns,
    )
    assert (await keep(house, name)).failure is None
    assert house.world.account("availity", user)["password_submissions"] == 0


@pytest.mark.parametrize("rotation_allowed", [None, 0])
async def test_an_expired_password_is_changed_once_and_the_run_goes_on(
    house: House, rotation_allowed: int | None
) -> None:
    name, user = owned(house, password_age=61, rotation_allowed=rotation_allowed)
    runner = keeper(house).runner
    try:
        run = await runner.run(name, "eligibility", [question(house.world.members("availity", "active")[0])])
    finally:
        await runner.stop()
    if rotation_allowed is None:
        assert (run.failure, run.answered, seen(house, user)[1]) == (None, 1, 1)
    else:
        assert run.failure
        assert (run.failure.error, seen(house, user)[1]) == ("PasswordExpired", 0)


async def test_a_portal_that_takes_no_password_is_asked_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from pydantic import SecretStr

    from bots.runner import password_change

    monkeypatch.setattr(password_change, "new_password", lambda rules, user: SecretStr("short"))
    name, user = owned(house, password_age=61)
    runner = keeper(house).runner
    try:
        run = await runner.run(name, "login")
    finally:
        await runner.stop()
    assert run.failure
    account = house.world.account("availity", user)
    assert (account["change_submissions"], account["password_changes"], account["password_refusals"]) == (1, 0, 0)
