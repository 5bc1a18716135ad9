"""LastPass: the real program, which calls everything a success, before our double of its server."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from keeping_secrets import NEW, OLD, TOTP, Keeping, pending
from lastpass_double import SEED
from managers import LastPass, lastpass
from pydantic import SecretStr

from bots import now
from bots.sealing import create_key, load_key
from bots.vault import Credential, Vault
from bots.vault.places import Places
from bots.vault.providers.lastpass import LastPassStore
from flows.errors import InputError, VaultRefused, VaultUnavailable


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LastPass]:
    made = lastpass(tmp_path_factory.mktemp("lastpass"))
    yield made
    made.stop()


@pytest.fixture
def keeping(tmp_path: Path, manager: LastPass) -> Keeping:
    return Keeping(tmp_path, create_key(tmp_path / "vault.key"), manager)


def store_of(keeping: Keeping) -> LastPassStore:
    store = keeping.vault().stores.store("theirs")
    assert isinstance(store, LastPassStore)
    return store


@pytest.mark.parametrize("says", ["error", "nothing"])
def test_a_change_that_the_server_answers_with_200_and_an_error_is_not_confirmed(
    keeping: Keeping, manager: LastPass, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = keeping.account("a")
    before = manager.server.items[keeping.items[name]].note
    with monkeypatch.context() as patch:
        patch.setattr(manager.server, "deaf", says)
        with pytest.raises(VaultUnavailable, match="did not keep the change of a"):
            keeping.vault().put_pending(name, pending())
    assert manager.server.items[keeping.items[name]].note == before
    assert keeping.vault().stores.password_at(name).store.get(name, keeping.items[name]).credential.pending is None


@pytest.mark.parametrize("status", [500, 503])
def test_a_change_that_could_not_be_uploaded_does_not_arrive_later(
    keeping: Keeping, manager: LastPass, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = keeping.account("a")
    vault = keeping.vault()
    vault.get(name)
    with monkeypatch.context() as patch:
        patch.setattr(manager.server, "broken", status)
        with pytest.raises(VaultUnavailable, match="could not be uploaded"):
            vault.put_pending(name, pending())
    assert vault.stores.password_at(name).store.get(name, keeping.items[name]).credential.pending is None
    store_of(keeping).check()  # whatever was still under way has ended by now
    assert "portalkeeper" not in manager.server.items[keeping.items[name]].note


def test_a_change_that_waited_when_the_worker_was_killed_does_not_arrive_later(
    keeping: Keeping, manager: LastPass
) -> None:
    name = keeping.account("a")
    store, item = store_of(keeping), keeping.items[name]
    store.get(name, item)
    given = f"Password: {NEW}\n".encode()
    store._run("ls", "--sync=now")
    store._run("edit", "--non-interactive", "--sync=no", item, given=given)  # and here it is killed
    assert store._waiting()
    manager.change(item, "By-h4nd$")
    assert store.get(name, item).credential.password == SecretStr("By-h4nd$")
    store.check()
    assert manager.seen(item)["password"] == "By-h4nd$"


@pytest.mark.parametrize("act", ["read", "write"])
def test_no_process_is_left_when_the_server_goes_away(
    keeping: Keeping, manager: LastPass, act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program's uploader would try for ever, in the way of whoever comes next."""
    name = keeping.account("a")
    store, item = store_of(keeping), keeping.items[name]
    entry = store.get(name, item)
    monkeypatch.setattr("bots.vault.providers.lastpass.LOG_SECONDS", 0.2)
    monkeypatch.setattr("bots.vault.providers.lastpass.ANSWER_SECONDS", 2.0)
    with manager.gone_after("POST /getaccts.php"):
        if act == "read":
            assert store.get(name, item).credential.password == SecretStr(OLD)
        else:
            with pytest.raises(VaultUnavailable):
                store.put(entry, item, entry.credential.model_copy(update={"password": SecretStr(NEW)}))
        assert uploaders(keeping.home) == []
    store.check()
    assert manager.seen(item)["password"] == OLD


def uploaders(home: Path) -> list[psutil.Process]:
    """What holds the program's folder open."""
    found = []
    for each in psutil.process_iter():
        with suppress(OSError, psutil.Error):
            links = [str(link.readlink()) for link in Path(f"/proc/{each.pid}/fd").iterdir()]
            if each.pid != os.getpid() and any(link.startswith(str(home)) for link in links):
                found.append(each)
    return found


def test_an_item_is_an_id_and_nothing_else(keeping: Keeping, manager: LastPass) -> None:
    name = keeping.account("a")
    keeping.items[name] = manager.server.items[keeping.items[name]].name
    with pytest.raises(InputError, match="is no numeric id"):
        keeping.vault().get(name)
    keeping.items[name] = "4711"
    manager.add("4711", "somebody else", "another needle")
    with pytest.raises(InputError, match="no such item: 4711"):
        keeping.vault().get(name)
    with pytest.raises(InputError, match="digits alone"):
        store_of(keeping).create(
            "4711", "u", Credential(account="a", password=SecretStr(OLD), password_set_at=now.utc())
        )


def test_an_item_that_goes_while_it_is_changed_is_not_made_anew(
    keeping: Keeping, manager: LastPass, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = keeping.account("a")
    real = LastPassStore._upload

    def upload(store: LastPassStore, command: str, item: str, given: str) -> None:
        manager.remove(item)
        real(store, command, item, given)

    monkeypatch.setattr(LastPassStore, "_upload", upload)
    others = {*manager.server.items} - {keeping.items[name]}
    with pytest.raises(InputError, match="no such item"):
        keeping.vault().put_pending(name, pending())
    assert {*manager.server.items} == others


def test_two_items_of_one_name_and_a_renamed_one_are_no_matter(keeping: Keeping, manager: LastPass) -> None:
    name = keeping.account("a")
    title = manager.server.items[keeping.items[name]].name
    manager.add(title, "u", "another needle")
    assert keeping.vault().get(name).password == SecretStr(OLD)
    manager.server.change(keeping.items[name], name="Renamed", group="Elsewhere")
    assert keeping.vault().get(name).password == SecretStr(OLD)


def test_what_is_no_ascii_is_read_and_kept_but_never_set(keeping: Keeping, manager: LastPass) -> None:
    name = keeping.account("a")
    item, note = keeping.items[name], r"remark: José ☂ C:\uffffffe2 \\"
    manager.server.change(item, password="pässword needle", note=f"{note}\nTOTP: {TOTP}", username="José")
    vault = keeping.vault()
    assert vault.get(name).password == SecretStr("pässword needle")
    assert vault.check(name, "JOSÉ").problem == ""
    vault.put_pending(name, pending())
    assert manager.server.items[item].note.startswith(f"{note}\nTOTP: {TOTP}\n")
    for wrong in ("ünsafe", " blank before", "blank after "):
        with pytest.raises(InputError, match="ASCII passwords only"):
            vault.put(name, password=SecretStr(wrong))
    assert vault.get(name).password == SecretStr("pässword needle")


def test_a_refused_master_password_is_not_tried_again_until_it_is_given_anew(
    keeping: Keeping, manager: LastPass, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = keeping.account("a")
    vault = keeping.vault()
    vault.stores.access.put("theirs", {"master password": SecretStr("wrong needle")})
    manager.server.requests.clear()
    for each in (vault, vault, another_process(keeping)):
        with pytest.raises(VaultRefused, match="pk vault access theirs") as told:
            each.get(name)
        assert "needle" not in str(told.value)
    assert manager.server.requests.count("POST /login.php") == 1
    later = now.utc() + timedelta(hours=1, seconds=1)
    with monkeypatch.context() as patch:
        patch.setattr("bots.now.utc", lambda: later)
        with pytest.raises(VaultRefused, match="does not take the master password"):
            vault.get(name)
    assert manager.server.requests.count("POST /login.php") == 2
    assert keeping.vault().get(name).password == SecretStr(OLD)


def another_process(keeping: Keeping) -> Vault:
    """Which does not give the access anew."""
    return Vault(keeping.home / "vault", load_key(keeping.key_file), Places.model_validate(keeping.tables))


def test_the_second_factor_is_given_once_and_the_machine_is_trusted_then(
    keeping: Keeping, manager: LastPass, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = keeping.account("a")
    vault = keeping.vault()
    monkeypatch.setattr(manager.server, "second_factor", True)
    manager.server.requests.clear()
    with pytest.raises(VaultRefused, match="does not take the authenticator's code"):
        vault.get(name)
    seed = {"authenticator secret": SecretStr(SEED.lower())}
    given = {"master password": SecretStr(manager.access["master password"])} | seed
    vault.stores.access.put("theirs", given)
    assert vault.get(name).password == SecretStr(OLD)
    assert manager.server.requests.count("POST /login.php") == 3
    manager.server.sessions.clear()
    assert vault.get(name).password == SecretStr(OLD)
    assert manager.server.requests.count("POST /login.php") == 4


def test_items_of_a_shared_folder_and_one_that_may_only_be_read(
    keeping: Keeping, manager: LastPass, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = keeping.account("a")
    manager.server.change(keeping.items[name], shared=True, group="West")
    vault = keeping.vault()
    vault.put_pending(name, pending())
    vault.promote(name, "run-1")
    assert manager.seen(keeping.items[name])["password"] == NEW
    assert manager.server.items[keeping.items[name]].shared
    monkeypatch.setattr(manager.server, "read_only", True)
    with pytest.raises(VaultRefused, match=r"may read .* but not change it"):
        vault.put(name, password=SecretStr(OLD))
    assert vault.get(name).password == SecretStr(NEW)
    with pytest.raises(InputError, match="no shared folder called as Shared-Other/x begins"):
        store_of(keeping).create("Shared-Other/x", "u", vault.get(name))


def test_an_item_that_asks_for_the_master_password_again(keeping: Keeping, manager: LastPass) -> None:
    name = keeping.account("a")
    manager.server.change(keeping.items[name], reprompt="1")
    vault = keeping.vault()
    vault.put_pending(name, pending())
    assert vault.get(name).pending == vault.journalled(name)


def test_nothing_in_clear_lies_about_and_no_agent_is_left(keeping: Keeping, manager: LastPass) -> None:
    name = keeping.account("a")
    vault = keeping.vault()
    vault.put_pending(name, pending())
    vault.get(name)
    home = keeping.home / "vault" / "access" / "theirs.lpass"
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert not (home / "agent.sock").exists()
    assert not (home / "plaintext_key").exists()
    for file in home.rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            assert not any(word.encode() in data for word in (OLD, NEW, TOTP, *manager.access.values())), file


def test_a_reading_is_one_request_and_a_line_in_the_log_of_lastpass(keeping: Keeping, manager: LastPass) -> None:
    name = keeping.account("a")
    vault = keeping.vault()
    vault.get(name)
    store_of(keeping).check()  # ends what is uploaded still
    manager.server.requests.clear()
    vault.get(name)
    store_of(keeping).check()
    assert manager.server.requests.count("POST /getaccts.php") == 2  # the second is the check's
    assert {*manager.server.requests} == {"POST /getaccts.php", "POST /loglogin.php"}


def test_a_program_that_is_missing_says_how_to_get_it(keeping: Keeping) -> None:
    store = store_of(keeping)
    store._table = store._table.model_copy(update={"program": "lpass-x"})
    with pytest.raises(InputError, match="there is no program lpass-x: apt-get install lastpass-cli"):
        store.check()


@pytest.mark.parametrize("base", [None, "https://lastpass.com"])
def test_the_shim_reaches_no_real_server(manager: LastPass, base: str | None) -> None:
    shim = Path(manager.table["program"]).with_name("shim.so")
    around = {name: value for name, value in os.environ.items() if name != "LPASS_TEST_BASE"}
    around |= {"LD_PRELOAD": str(shim)} | ({"LPASS_TEST_BASE": base} if base else {})
    done = subprocess.run(["lpass", "--version"], env=around, capture_output=True, check=False)
    assert done.returncode < 0
    assert b"LPASS_TEST_BASE" in done.stderr
