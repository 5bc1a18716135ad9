"""1Password Connect: each refusal of the server, titles, and writes that it acknowledges but does not keep."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from keeping_secrets import NEW, OLD, Keeping, pending
from managers import Connect
from pydantic import SecretStr

from bots.sealing import create_key
from flows.errors import InputError, PortalkeeperError, VaultRefused, VaultUnavailable


@pytest.fixture
def manager() -> Iterator[Connect]:
    made = Connect()
    yield made
    made.stop()


@pytest.fixture
def keeping(tmp_path: Path, manager: Connect) -> Keeping:
    return Keeping(tmp_path, create_key(tmp_path / "vault.key"), manager)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, VaultRefused),
        (403, VaultRefused),
        (404, InputError),
        (400, InputError),
        (429, VaultUnavailable),
        (500, VaultUnavailable),
        (502, VaultUnavailable),
        (504, VaultUnavailable),
        (200, VaultUnavailable),
    ],
)
def test_a_page_in_the_place_of_an_answer_is_told_by_its_status(
    keeping: Keeping, manager: Connect, status: int, error: type[PortalkeeperError]
) -> None:
    name = keeping.account("a")
    with manager.server.failing(status), pytest.raises(error) as told:
        keeping.vault().put_pending(name, pending())
    assert "needle" not in str(told.value)
    assert keeping.vault().get(name).pending is None


def test_a_server_that_is_not_there_is_an_outage(keeping: Keeping, manager: Connect) -> None:
    name = keeping.account("a")
    manager.table["address"] = "http://127.0.0.1:9"
    with pytest.raises(VaultUnavailable, match=r"vault theirs: no answer \(ConnectError\)"):
        keeping.vault().get(name)


def test_a_token_that_may_only_read_submits_nothing(keeping: Keeping, manager: Connect) -> None:
    name = keeping.account("a")
    manager.server.read_only = True
    assert keeping.vault().get(name).password == SecretStr(OLD)
    with pytest.raises(VaultRefused, match="no right to it, or only to read"):
        keeping.vault().put_pending(name, pending())


def test_a_secret_is_read_in_one_round_trip(keeping: Keeping, manager: Connect) -> None:
    vault = keeping.vault()
    name = keeping.account("a")
    vault = keeping.vault()
    vault.get(name)
    assert len(manager.server.requests) == 1


def test_a_title_finds_its_item_once_and_a_renaming_does_no_harm(keeping: Keeping, manager: Connect) -> None:
    name = keeping.account("a")
    item = manager.server.items[keeping.items[name]]
    item["title"] = 'Availity "west"'
    keeping.items[name] = item["title"]
    vault = keeping.vault()
    vault.get(name)
    item["title"] = "called otherwise"
    assert vault.get(name).password == SecretStr(OLD)
    assert len(manager.server.requests) == 3
    with pytest.raises(InputError, match=r'no such item: Availity "west" \(deleted, or renamed\?\)'):
        keeping.vault().get(name)


def test_two_items_of_one_title_are_told(keeping: Keeping, manager: Connect) -> None:
    for account in ("a", "b"):
        manager.server.items[keeping.items[keeping.account(account)]]["title"] = "West"
    keeping.items = {"a": "West"}
    with pytest.raises(InputError, match="2 items are called West: give the id"):
        keeping.vault().get("a")


def test_a_write_that_is_not_kept_submits_nothing(
    keeping: Keeping, manager: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = keeping.account("a")
    monkeypatch.setattr(manager.server, "_patch", lambda item, changes: None)
    with pytest.raises(VaultUnavailable, match="did not keep the change of a"):
        keeping.vault().put_pending(name, pending())
    assert keeping.vault().get(name).password == SecretStr(OLD)


def test_a_password_field_that_is_missing_is_told_and_made(keeping: Keeping, manager: Connect) -> None:
    name = keeping.account("a")
    item = manager.server.items[keeping.items[name]]
    item["fields"] = [field for field in item["fields"] if field.get("purpose") != "PASSWORD"]
    with pytest.raises(InputError, match="holds no password"):
        keeping.vault().get(name)
    keeping.vault().put(name, password=SecretStr(NEW))
    assert manager.seen(keeping.items[name])["password"] == NEW


def test_another_users_item_is_told(keeping: Keeping) -> None:
    name = keeping.account("a")
    vault = keeping.vault()
    assert vault.check(name, f"{name.upper()}@clinic.example").problem == ""
    assert "is that of another user id" in vault.check(name, "b@clinic.example").problem


def test_a_server_out_of_touch_is_told_by_its_check(keeping: Keeping, manager: Connect) -> None:
    keeping.account("a")
    manager.server.sync = "INACTIVE"
    with pytest.raises(VaultUnavailable, match="not in touch with 1Password"):
        keeping.vault().stores.store("theirs").check()
