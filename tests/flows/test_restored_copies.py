"""Inventory or vault from an old copy: what the portals saw of it."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing

import pytest
from house import House
from pydantic import SecretStr


@pytest.mark.slow
@pytest.mark.parametrize(("accounts", "vault_changes", "most"), [(40, 5, 0), (200, 10_000, 3)])
async def test_a_vault_from_an_old_copy_locks_nobody(
    house: House, accounts: int, vault_changes: int, most: int
) -> None:
    house.settings = house.settings.model_copy(update={"vault_changes": vault_changes})
    logins = [(portal, *house.account(portal)) for _ in range(accounts // 2) for portal in ("availity", "uhc")]
    right = {name: house.vault.get(name).password for _, name, _ in logins}
    for name in right:
        house.vault.put(name, password=SecretStr(f"Old-{name}$1"))
    old = shutil.copytree(house.settings.vault_folder, house.home / "copy")
    for name, password in right.items():
        house.vault.put(name, password=password)
    async with house.runner("service") as runner:
        first = await runner.run(logins[0][1], "login")
        shutil.copytree(old, house.settings.vault_folder, dirs_exist_ok=True)
        ends = [await runner.run(name, "login") for _, name, _ in logins[1:]]
    assert first.failure is None
    assert all(end.failure for end in ends)
    seen = [house.world.account(portal, user) for portal, _, user in logins]
    assert sum(account["password_refusals"] for account in seen) <= most
    assert sum(account["password_submissions"] for account in seen) <= 1 + most
    assert not any(account["locked"] or account["lock_count"] for account in seen)


def test_a_restored_inventory_submits_nothing_before_a_person_says_so(house: House) -> None:
    name, user = house.account()
    other, other_user = house.account(password="Wr0ng-pass$1")
    assert house.pk("runs").returncode == 0
    copy = house.home / "copy.db"
    with closing(sqlite3.connect(house.settings.database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    assert house.pk("sign-in", other).returncode == 10
    house.inventory.close()
    for path in house.home.glob("inventory.db-*"):
        path.unlink()
    shutil.copy(copy, house.settings.database)
    for _ in range(2):
        held = house.pk("sign-in", name)
        assert held.returncode == 15, held.stderr
        assert "put back from a copy" in held.stderr
        assert house.pk("sign-in", other).returncode == 15
    assert house.world.account("availity", user)["password_submissions"] == 0
    assert house.world.account("availity", other_user)["password_submissions"] == 1
    assert "put back from a copy" in " ".join(house.pk("report").stdout.split())
    assert house.pk("start", "--because", "looked at every account").returncode == 0
    done = house.pk("sign-in", name)
    assert done.returncode == 0, done.stderr
    assert house.world.account("availity", user)["password_submissions"] == 1
