"""An account whose secrets lie in a credential manager: a whole run, a new password, and an outage in the midst of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from house import House
from killing import codes_in_a_row
from managers import Connect
from pydantic import SecretStr

from bots.runner.password_change import change_password
from bots.vault import Vault
from bots.vault.places import Places
from flows.errors import VaultUnavailable

__all__ = ["codes_in_a_row"]
pytestmark = pytest.mark.usefixtures("codes_in_a_row")


class Elsewhere:
    """One account of the house, moved into 1Password by hand."""

    def __init__(self, house: House) -> None:
        self.manager = Connect()
        self.name, self.user = house.account()
        there = house.vault.get(self.name)
        secret = there.totp_secret.get_secret_value() if there.totp_secret else ""
        self.item = self.manager.add(self.name, self.user, there.password.get_secret_value(), secret)
        (house.settings.vault_folder / f"{self.name}.age").unlink()
        accounts = {self.name: {"vault": "team", "item": self.item}}
        places = Places.model_validate({"vaults": {"team": self.manager.table}, "accounts": accounts})
        house.vault = Vault(house.settings.vault_folder, house.key, places)
        house.vault.stores.access.put("team", {"token": SecretStr(self.manager.server.token)})


@pytest.fixture
def elsewhere(house: House) -> Iterator[Elsewhere]:
    made = Elsewhere(house)
    yield made
    made.manager.stop()


async def test_a_new_password_is_read_and_written_there(house: House, elsewhere: Elsewhere) -> None:
    async with house.runner() as runner:
        result = await change_password(runner, house.inventory, house.vault, elsewhere.name, by="Ann")
    assert result.failure is None
    seen = house.world.account("availity", elsewhere.user)
    assert elsewhere.manager.seen(elsewhere.item)["password"] == seen["password"]
    assert (seen["password_changes"], seen["password_refusals"]) == (1, 0)
    assert not (house.settings.vault_folder / f"{elsewhere.name}.age").exists()
    assert house.vault.get(elsewhere.name).pending is None


@pytest.mark.parametrize("state", ["submitting", "submitted"])
async def test_an_outage_in_mid_reset_is_settled_by_the_next_run(
    house: House, elsewhere: Elsewhere, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, real = elsewhere.manager.server, Vault.mark_pending

    def mark_pending(vault: Vault, account: str, run_id: str, wanted: Any) -> Any:
        server.fault = 503 if wanted == state else server.fault
        return real(vault, account, run_id, wanted)

    monkeypatch.setattr(Vault, "mark_pending", mark_pending)
    async with house.runner() as runner:
        with pytest.raises(VaultUnavailable):
            await change_password(runner, house.inventory, house.vault, elsewhere.name, by="Ann")
        changed = house.world.account("availity", elsewhere.user)["password_changes"]
        assert changed == (0 if state == "submitting" else 1)
        server.fault = 0
        house.world.advance(3700)
        again = await runner.run(elsewhere.name, "login", fresh=True)
    assert again.failure is None
    seen = house.world.account("availity", elsewhere.user)
    assert elsewhere.manager.seen(elsewhere.item)["password"] == seen["password"]
    assert (seen["password_refusals"], seen["locked"]) == (0, False)


async def test_an_outage_submits_nothing_and_freezes_nobody(house: House, elsewhere: Elsewhere) -> None:
    async with house.runner() as runner:
        with elsewhere.manager.down():
            result = await runner.run(elsewhere.name, "login", fresh=True)
        assert result.failure
        assert result.failure.error == "VaultUnavailable"
        assert house.world.account("availity", elsewhere.user)["password_submissions"] == 0
        assert house.inventory.rows("SELECT 1 FROM incidents") == []
        assert (await runner.run(elsewhere.name, "login", fresh=True)).failure is None
