"""1Password by a service account: the SDK's own records, kept by a double of its client (the service needs the net)."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from keeping_secrets import NEW, OLD, TOTP, Keeping, Portal, change, pending
from managers import Manager
from onepassword import Client
from onepassword.errors import RateLimitExceededException
from onepassword.types import Item, ItemCategory, ItemCreateParams, ItemField, ItemFieldType, ItemSection
from pydantic import SecretStr

from bots.sealing import create_key
from flows.errors import InputError, PortalkeeperError, VaultRefused, VaultUnavailable

TEXT, CONCEALED, CODE = ItemFieldType.TEXT, ItemFieldType.CONCEALED, ItemFieldType.TOTP


class Items:
    """What `Client.items` does, over a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, Item] = {}
        self.fault: Exception | None = None
        self.forgets = False
        self.asked = 0

    def _ask(self) -> None:
        self.asked += 1
        if self.fault:
            raise self.fault

    async def get(self, vault: str, item: str) -> Item:
        self._ask()
        if item not in self.kept:
            raise Exception(f"item {item} needle not found")
        return self.kept[item].model_copy(deep=True)

    async def put(self, item: Item) -> Item:
        self._ask()
        if not self.forgets:
            update = {"version": item.version + 1, "updated_at": datetime.now(UTC)}
            self.kept[item.id] = item.model_copy(update=update, deep=True)
        return self.kept[item.id]

    async def create(self, params: ItemCreateParams) -> Item:
        self._ask()
        at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        given = params.model_dump(by_alias=True, exclude={"files", "document"})
        empty = {"notes": "", "tags": [], "websites": [], "files": []}
        fresh = {name: value for name, value in given.items() if value is not None}
        made = Item.model_validate(
            empty | fresh | {"id": uuid.uuid4().hex[:26], "version": 1, "createdAt": at, "updatedAt": at}
        )
        self.kept[made.id] = made
        return made

    async def list(self, vault: str) -> list[Item]:
        self._ask()
        return list(self.kept.values())


class ServiceAccount(Manager):
    kind = "1password"

    def __init__(self, items: Items) -> None:
        self.items = items
        self.table = {"kind": self.kind, "vault": "v" * 26}
        self.access = {"token": "ops_needle"}

    def add(self, title: str, username: str, password: str, totp: str = "") -> str:
        at, number = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}", f"{len(self.items.kept):026}"
        fields = [
            ItemField(id="username", title="username", field_type=TEXT, value=username),
            ItemField(id="password", title="password", field_type=CONCEALED, value=password),
            ItemField(id="x1", title="remark", section_id="s", field_type=TEXT, value="by Ann"),
            ItemField(id="x2", title="one-time password", section_id="s", field_type=CODE, value=totp),
        ]
        self.items.kept[number] = Item(
            id=number,
            title=title,
            category=ItemCategory.LOGIN,
            vault_id="v" * 26,
            fields=fields,
            sections=[ItemSection(id="s", title="more")],
            notes="",
            tags=[],
            websites=[],
            version=1,
            files=[],
            created_at=at,
            updated_at=at,
        )
        return number

    def seen(self, item: str) -> dict[str, str]:
        return {field.title: field.value for field in self.items.kept[item].fields}


@pytest.fixture
def items(monkeypatch: pytest.MonkeyPatch) -> Items:
    made = Items()

    async def authenticate(token: str, name: str, version: str) -> Any:
        if token != "ops_needle":
            raise Exception("invalid service account token needle")
        return SimpleNamespace(items=made)

    monkeypatch.setattr(Client, "authenticate", authenticate)
    return made


@pytest.fixture
def keeping(tmp_path: Path, items: Items) -> Keeping:
    return Keeping(tmp_path, create_key(tmp_path / "vault.key"), ServiceAccount(items))


def test_a_new_password_takes_its_whole_way(keeping: Keeping, tmp_path: Path) -> None:
    name = keeping.account("a")
    vault, portal = keeping.vault(), Portal(tmp_path / "portal", OLD)
    change(vault, name, portal, lambda: None)
    there = keeping.vault().get(name)
    assert (there.password, there.pending, portal.password) == (SecretStr(NEW), None, NEW)
    assert keeping.vault().totp_secret(name) == SecretStr(TOTP)
    seen = keeping.manager.seen(keeping.items[name])
    assert (seen["password"], seen["remark"], seen["username"]) == (NEW, "by Ann", "a@clinic.example")


def test_what_others_changed_meanwhile_is_kept(keeping: Keeping, items: Items) -> None:
    name = keeping.account("a")
    vault = keeping.vault()
    item = items.kept[keeping.items[name]]
    real = items.get

    async def get(vault: str, number: str) -> Item:
        found = await real(vault, number)
        if items.asked == 1:
            item.fields[2].value, item.version = "by Bo", 2
        return found

    items.get = get  # type: ignore[method-assign]
    vault.put_pending(name, pending())
    assert keeping.manager.seen(keeping.items[name])["remark"] == "by Bo"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (RateLimitExceededException("needle"), VaultUnavailable),
        (Exception("error sending request needle"), VaultUnavailable),
        (Exception("the service account token needle has expired"), VaultRefused),
        (Exception("you don't have the permission needle"), VaultRefused),
        (Exception("the item couldn't be found needle"), InputError),
    ],
)
def test_the_sdks_errors_are_told_by_their_class(
    keeping: Keeping, items: Items, fault: Exception, error: type[PortalkeeperError]
) -> None:
    name = keeping.account("a")
    vault = keeping.vault()
    items.fault = fault
    with pytest.raises(error) as told:
        vault.put_pending(name, pending())
    assert "needle" not in str(told.value)
    items.fault = None
    assert vault.get(name).pending is None


def test_a_write_that_is_not_kept_submits_nothing(keeping: Keeping, items: Items) -> None:
    name = keeping.account("a")
    items.forgets = True
    with pytest.raises(VaultUnavailable, match="did not keep the change of a"):
        keeping.vault().put_pending(name, pending())


def test_an_item_is_made_once_read_in_one_round_trip_and_its_changes_show(keeping: Keeping, items: Items) -> None:
    name = keeping.account("a")
    vault = keeping.vault()
    store = vault.stores.store("theirs")
    credential = vault.get(name).model_copy(update={"account": "b"})
    keeping.items["b"] = store.create("made", "b@clinic.example", credential)
    with pytest.raises(InputError, match="already"):
        store.create("made", "b@clinic.example", credential)
    asked = items.asked
    made = keeping.vault().get("b")
    assert items.asked == asked + 1
    assert (made.password, keeping.vault().totp_secret("b")) == (SecretStr(OLD), SecretStr(TOTP))
    before = keeping.vault().stamps()
    vault.put_pending(name, pending())
    after = keeping.vault().stamps()
    assert (before[name] != after[name], before["b"] == after["b"]) == (True, True)
    assert "2 items" in store.check()
