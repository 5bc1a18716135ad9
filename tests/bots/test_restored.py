"""An inventory or a vault put back from a copy stops every submission until a person confirms it."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from office import Office
from pydantic import SecretStr

from bots.brake import check_stopped
from bots.desk import Verdict
from bots.incidents import Kind, open_ones, release_brake
from bots.inventory import Inventory
from bots.inventory.audit import record_audit
from bots.restored import VaultWatch, confirm, remember
from bots.sealing import create_key
from bots.vault import Vault, create_vault
from flows.errors import AccountHeld

AT = "2026-11-23T12:00:00.000+00:00"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "last-seen.json"


def audit(office: Office, who: str = "Ann") -> None:
    with office.inventory.write() as db:
        record_audit(db, at=AT, who=who, action="account freeze", account="a")


def copy_of(office: Office) -> Path:
    copy = office.inventory.path.with_name("copy.db")
    with closing(sqlite3.connect(office.inventory.path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


def put_back(office: Office, copy: Path) -> None:
    office.inventory.close()
    for path in office.inventory.path.parent.glob("inventory.db-*"):
        path.unlink()
    shutil.copy(copy, office.inventory.path)
    office.inventory = Inventory(office.inventory.path)


@pytest.mark.parametrize("what", ["an attempt", "an audit entry"])
def test_an_inventory_that_lacks_what_was_seen_stops_everything(office: Office, file: Path, what: str) -> None:
    remember(office.inventory, file)
    copy = copy_of(office)
    if what == "an attempt":
        office.attempt("A", Verdict.UNKNOWN)
    else:
        audit(office)
    remember(office.inventory, file)
    check_stopped(office.inventory)
    put_back(office, copy)
    remember(office.inventory, file)
    with pytest.raises(AccountHeld, match=r"put back from a copy.*pk start"):
        check_stopped(office.inventory)
    with pytest.raises(AccountHeld):
        office.grant("A")


def test_it_stays_so_until_a_person_confirms_and_then_is_over(office: Office, file: Path) -> None:
    copy = copy_of(office)
    audit(office)
    remember(office.inventory, file)
    put_back(office, copy)
    for _ in range(3):
        audit(office, "Bo")  # a longer trail is not the one that was seen
        remember(office.inventory, file)
    assert len(open_ones(office.inventory, Kind.BRAKE)) == 1
    confirm(office.inventory, file)
    with office.inventory.write() as db:
        release_brake(db, [], by="Ann", because="looked at every account")
    remember(office.inventory, file)
    check_stopped(office.inventory)


def test_nothing_is_told_of_a_first_start_or_a_file_that_can_not_be_read(office: Office, file: Path) -> None:
    remember(office.inventory, file)
    file.write_text("{")
    remember(office.inventory, file)
    check_stopped(office.inventory)
    assert "entries" in file.read_text()


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return create_vault(tmp_path / "vault", create_key(tmp_path / "vault.key"))


def fill(vault: Vault, word: str, count: int = 8) -> None:
    for number in range(count):
        vault.put(f"v{number}", password=SecretStr(f"{word}-{number}"))


@pytest.mark.parametrize(("changed", "stopped"), [(5, False), (6, True)])
def test_so_many_changed_passwords_stop_everything(office: Office, vault: Vault, changed: int, stopped: bool) -> None:
    fill(vault, "first")
    VaultWatch(office.inventory, vault, 5).look()
    fill(vault, "second", changed)
    VaultWatch(office.inventory, vault, 5).look()  # as another process
    assert bool(open_ones(office.inventory, Kind.BRAKE)) is stopped


def test_a_running_worker_sees_it_too_and_says_it_once(office: Office, vault: Vault) -> None:
    watch = VaultWatch(office.inventory, vault, 5)
    fill(vault, "first")
    watch.look()
    fill(vault, "second")
    watch.look()
    with pytest.raises(AccountHeld, match="8 passwords in the vault were changed by others"):
        check_stopped(office.inventory)
    with office.inventory.write() as db:
        release_brake(db, [], by="Ann", because="they are right")
    watch.look()
    VaultWatch(office.inventory, vault, 5).look()
    check_stopped(office.inventory)


def test_an_entry_overwritten_in_place_with_its_old_date_is_seen(office: Office, vault: Vault, tmp_path: Path) -> None:
    fill(vault, "old")
    shutil.copytree(vault.folder, tmp_path / "copy")
    fill(vault, "new")
    watch = VaultWatch(office.inventory, vault, 5)
    watch.look()
    shutil.copytree(tmp_path / "copy", vault.folder, dirs_exist_ok=True)
    watch.look()
    assert open_ones(office.inventory, Kind.BRAKE)


def test_new_entries_and_the_workers_own_changes_are_no_sign(office: Office, vault: Vault) -> None:
    watch = VaultWatch(office.inventory, vault, 0)
    fill(vault, "first")
    watch.look()
    office.held = office.add("v0")
    vault.put("v0", password=SecretStr("changed by the worker"))
    office.attempt(vault.fingerprint("v0", SecretStr("changed by the worker")), Verdict.ACCEPTED)
    vault.put("v1", totp_secret=SecretStr("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"))
    watch.look()
    check_stopped(office.inventory)
    assert open_ones(office.inventory, Kind.BRAKE) == []
