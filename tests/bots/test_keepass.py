"""KeePass: files that may not be touched, names that mean two entries, and what KeePassXC finds afterwards."""

from __future__ import annotations

import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from keeping_secrets import NEW, OLD, TOTP, Keeping, pending
from managers import KeePass, keepass
from pydantic import SecretStr
from pykeepass import PyKeePass

from bots.sealing import Unreadable, create_key
from flows.errors import InputError, VaultRefused


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[KeePass]:
    return keepass(tmp_path)


@pytest.fixture
def keeping(tmp_path: Path, manager: KeePass) -> Keeping:
    return Keeping(tmp_path, create_key(tmp_path / "vault.key"), manager)


def test_a_kdbx_3_file_is_refused_and_stays_as_it_is(keeping: Keeping, manager: KeePass) -> None:
    name = keeping.account("a")
    manager.file.unlink()
    command = ["keepassxc-cli", "db-create", "-q", "-k", str(manager.key_file), str(manager.file)]
    subprocess.run(command, check=True, capture_output=True)
    before = manager.file.read_bytes()
    for act in (lambda: keeping.vault().get(name), lambda: keeping.vault().put_pending(name, pending())):
        with pytest.raises(InputError, match="no KDBX 4 file"):
            act()
    assert manager.file.read_bytes() == before


@pytest.mark.parametrize("length", [0, 11, 60, 400, -1])
def test_a_file_that_was_cut_off_is_told_and_stays_as_it_is(keeping: Keeping, manager: KeePass, length: int) -> None:
    name = keeping.account("a")
    cut = manager.file.read_bytes()[:length]
    manager.file.write_bytes(cut)
    with pytest.raises(InputError, match=r"cut off") as told:
        keeping.vault().put_pending(name, pending())
    assert length in (0, 11) or isinstance(told.value, Unreadable)
    assert manager.file.read_bytes() == cut


def test_two_entries_of_one_title_are_told_and_told_apart(keeping: Keeping, manager: KeePass) -> None:
    name = keeping.account("a")
    title = keeping.items[name]
    database = PyKeePass(manager.file, keyfile=manager.key_file)
    group = database.add_group(database.root_group, "Payers")
    other = database.add_entry(group, title, "b", "0ther$", force_creation=True)
    database.save()
    with pytest.raises(InputError, match=f"2 entries are called {title}: give the UUID"):
        keeping.vault().get(name)
    for item in (f"Payers/{title}", str(other.uuid), other.uuid.hex):
        keeping.items[name] = item
        assert keeping.vault().get(name).password == SecretStr("0ther$")


def test_what_lies_in_the_bin_is_gone(keeping: Keeping, manager: KeePass) -> None:
    name = keeping.account("a")
    manager.remove(keeping.items[name])
    assert PyKeePass(manager.file, keyfile=manager.key_file).find_entries(title=keeping.items[name])
    with pytest.raises(InputError, match="no such item"):
        keeping.vault().get(name)


def test_keepassxc_finds_the_code_the_history_and_nothing_in_clear(keeping: Keeping, manager: KeePass) -> None:
    name = keeping.account("a", totp="")
    title = keeping.items[name]
    vault = keeping.vault()
    vault.put(name, totp_secret=SecretStr(TOTP))
    vault.put_pending(name, pending())
    vault.promote(name, "run-1")
    assert len(manager.cli("show", "-t", title).strip()) == 6
    assert "portalkeeper: PROTECTED" in manager.cli("show", title, "--all") or OLD not in manager.cli("show", title)
    history = PyKeePass(manager.file, keyfile=manager.key_file).find_entries(title=title, first=True).history
    assert [old.password for old in history] == [OLD]
    assert NEW.encode() not in manager.file.read_bytes()


def test_the_file_keeps_its_permissions_and_nothing_lies_beside_it(keeping: Keeping, manager: KeePass) -> None:
    name = keeping.account("a")
    manager.file.chmod(0o640)
    keeping.vault().put_pending(name, pending())
    assert stat.S_IMODE(manager.file.stat().st_mode) == 0o640
    assert {each.name for each in manager.file.parent.iterdir() if each.is_file()} == {
        ".team.kdbx.portalkeeper-lock",
        "team.kdbx",
        "team.key",
        "vault.key",
    }


def test_a_passphrase_opens_it_too_and_a_wrong_one_is_told(keeping: Keeping, manager: KeePass) -> None:
    name = keeping.account("a")
    database = PyKeePass(manager.file, keyfile=manager.key_file)
    database.password, database.keyfile = "correct horse needle", None
    database.save()
    manager.table = {"kind": "keepass", "file": str(manager.file)}
    for word, good in (("wrong", False), ("correct horse needle", True)):
        manager.access = {"passphrase": word}
        vault = keeping.vault()
        if good:
            vault.put_pending(name, pending())
            assert keeping.vault().get(name).pending
        else:
            with pytest.raises(VaultRefused, match="pk vault access theirs") as told:
                vault.get(name)
            assert "needle" not in str(told.value)
