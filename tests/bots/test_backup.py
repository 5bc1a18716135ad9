"""A backup is whole, gives nothing away, can be put back, and comes back with the brake on."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from bots import backup, instance, now
from bots.backup import check_backup, make_backup, restore
from bots.brake import check_stopped
from bots.cli.app import app
from bots.cli.office import office
from bots.delivery.carriers import secrets_of
from bots.inventory import Inventory
from bots.restored import remember
from bots.sealing import Key, create_key, load_key, seal_file
from bots.settings import Settings
from bots.vault import create_vault, open_vault
from flows.errors import AccountHeld, InputError, PortalkeeperError

NEEDLE = "needle-Pass-1"


class House:
    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True)
        self.settings = Settings(home=home)
        self.key: Key = create_key(self.settings.key_file)
        create_vault(self.settings.vault_folder, self.key)
        self.inventory = Inventory(self.settings.database)
        with self.inventory.write() as db:
            db.table("accounts").insert({"name": "east", "portal": "availity", "kind": "worker", "user_id": "u"})
        open_vault(self.settings, self.key).put("east", password=SecretStr(NEEDLE))
        self.settings.config.mkdir()
        (self.settings.config / "portalkeeper.toml").write_text("# ours\n")
        self.settings.schedules.write_text("# rows\n")
        for folder in ("answers", "era/archive", "state"):
            (home / folder).mkdir(parents=True)
            (home / folder / "one.age").write_text(f"{NEEDLE} {folder}")

    def back_up(self) -> backup.Copy:
        return make_backup(self.settings, self.inventory, self.key, by="Ann")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "old")
    yield made
    made.inventory.close()


def test_what_is_put_back_is_what_was_there(house: House, tmp_path: Path) -> None:
    secrets_of(house.settings, house.key).put("smtp", SecretStr("mail-secret"))
    copy = house.back_up()
    assert copy.file.parent == house.settings.backup_folder and copy.file.stat().st_mode & 0o777 == 0o600
    assert copy.accounts == 1
    new = Settings(home=tmp_path / "new")
    restore(copy.file, new.home, house.key)
    inventory = Inventory(new.database)
    assert inventory.row("SELECT name FROM accounts") == {"name": "east"}
    assert open_vault(new, house.key).get("east").password.get_secret_value() == NEEDLE
    assert secrets_of(new, house.key).get("smtp").get_secret_value() == "mail-secret"
    assert (new.config / "portalkeeper.toml").read_text() == "# ours\n" and new.schedules.read_text() == "# rows\n"
    assert json.loads((new.home / backup.ARCHIVED).read_text()) == [{"file": "era/archive/one.age", "size": 25}]
    assert not (new.home / "answers").exists() and not (new.home / "state").exists()
    inventory.close()


def test_only_the_key_opens_it_and_the_key_is_not_in_it(house: House, tmp_path: Path) -> None:
    copy = house.back_up()
    assert NEEDLE.encode() not in copy.file.read_bytes()
    home = tmp_path / "new"
    restore(copy.file, home, house.key)
    assert not (home / "vault.key").exists()
    secret = house.settings.key_file.read_text().splitlines()[-1]
    assert not [path for path in home.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
    other = create_key(tmp_path / "other.key")
    with pytest.raises(InputError, match="can't be opened with the key"):
        restore(copy.file, tmp_path / "newer", other)
    assert not (tmp_path / "newer" / "inventory.db").exists()


def test_what_is_put_back_counts_every_budget_as_spent(house: House, tmp_path: Path) -> None:
    remember(house.inventory, house.settings.last_seen)
    copy = house.back_up()
    new = Settings(home=tmp_path / "new")
    restore(copy.file, new.home, house.key)
    inventory = Inventory(new.database)
    check_stopped(inventory)
    remember(inventory, new.last_seen)  # what every start and every run begins with
    with pytest.raises(AccountHeld, match="all sign-ins are stopped"):
        check_stopped(inventory)
    inventory.close()


def test_nothing_is_put_over_what_is_there(house: House) -> None:
    copy = house.back_up()
    with pytest.raises(InputError, match="is there already"):
        restore(copy.file, house.settings.home, house.key)


def test_a_check_proves_it_and_leaves_nothing(house: House) -> None:
    copy = house.back_up()
    before = sorted(house.settings.home.iterdir())
    found = check_backup(house.settings, house.inventory, copy.file, house.key, by="Ann")
    assert found.files == copy.files and found.head == copy.head
    assert sorted(house.settings.home.iterdir()) == before
    kinds = house.inventory.rows("SELECT kind, by, file FROM backups ORDER BY id")
    assert [(row["kind"], row["by"]) for row in kinds] == [("backup", "Ann"), ("restore test", "Ann")]
    remember(house.inventory, house.settings.last_seen)
    check_stopped(house.inventory)  # the running one was not touched


@pytest.mark.parametrize("damage", ["cut", "changed", "other", "missing"])
def test_a_damaged_backup_is_told_and_puts_nothing_back(house: House, tmp_path: Path, damage: str) -> None:
    copy = house.back_up()
    data = copy.file.read_bytes()
    match damage:
        case "cut":
            copy.file.write_bytes(data[: len(data) // 2])
        case "changed":
            copy.file.write_bytes(data[:-200] + bytes([data[-200] ^ 1]) + data[-199:])
        case "other":
            (tmp_path / "plain").write_text("no tar")
            seal_file(tmp_path / "plain", copy.file, house.key)
        case _:
            copy.file.unlink()
    with pytest.raises(InputError):
        restore(copy.file, tmp_path / "new", house.key)
    left = [path.name for path in (tmp_path / "new").rglob("*")] if (tmp_path / "new").exists() else []
    assert left == []


def test_a_file_that_names_a_place_outside_is_refused(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "evil").write_text("x")
    monkeypatch.setattr(backup, "_members", lambda settings, scratch: [("../../evil", tmp_path / "evil")])
    copy = house.back_up()
    with pytest.raises(InputError, match="outside of the data folder"):
        restore(copy.file, tmp_path / "deep" / "new", house.key)
    assert not (tmp_path / "deep" / "evil").exists()


def test_old_backups_go_and_so_many_stay(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    object.__setattr__(house.settings, "backups_kept", 2)
    start = now.utc()
    from datetime import timedelta

    for day in range(4):
        monkeypatch.setattr(now, "utc", lambda day=day: start + timedelta(days=day))
        last = house.back_up()
    assert len(list(house.settings.backup_folder.iterdir())) == 2 and last.file.exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_can_not_be_written_is_told(house: House) -> None:
    house.settings.backup_folder.mkdir(mode=0o500)
    with pytest.raises(InputError, match="no access"):
        house.back_up()


# --- one service on the accounts


def test_a_copied_folder_refuses_to_serve_until_a_person_says_so(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    known = instance.check_instance(first)
    assert instance.check_instance(first) == known
    shutil.copytree(first, second)
    with pytest.raises(InputError, match=f"served from {first} last, on this machine.*pk start --because"):
        instance.check_instance(second)
    assert instance.check_instance(first) == known
    assert instance.claim(second) and not instance.claim(second)
    assert instance.check_instance(second) != known


def test_another_machine_is_told_and_one_without_an_id_goes_by_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = tmp_path / "machine-id"
    monkeypatch.setattr(instance, "MACHINE", machine)
    home = tmp_path / "home"
    home.mkdir()
    instance.check_instance(home)
    instance.check_instance(home)
    machine.write_text("0123\n")
    with pytest.raises(InputError, match="on another machine"):
        instance.check_instance(home)


# --- by command


def test_the_commands_back_up_check_and_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(home: Path, *arguments: str) -> Any:
        monkeypatch.setenv("PORTALKEEPER_HOME", str(home))
        monkeypatch.setattr(now, "use_sandbox_clock", lambda path: None)
        office.__dict__.clear()
        done = CliRunner().invoke(app, list(arguments))
        if isinstance(done.exception, PortalkeeperError):
            raise done.exception
        return done

    old, new = tmp_path / "old", tmp_path / "new"
    run(old, "init")
    with pytest.raises(InputError, match="holds no backup yet"):
        run(old, "restore", "--check")
    made = json.loads(run(old, "backup", "--json").output)
    assert "can be put back" in run(old, "restore", "--check").output
    new.mkdir(mode=0o700)
    shutil.copy2(old / "vault.key", new / "vault.key")
    with pytest.raises(InputError, match="say which backup"):
        run(new, "restore")
    assert "every password submission is stopped" in run(new, "restore", made["file"]).output
    assert load_key(new / "vault.key")
    assert run(new, "account", "list").exit_code == 0
    office.__dict__.clear()
