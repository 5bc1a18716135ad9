"""Bitwarden: the real program from its start, what its server refuses, and that nothing of it outlives the worker."""

from __future__ import annotations

import os
import signal
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from keeping_secrets import OLD, Keeping, pending
from managers import Warden, bitwarden_program
from pydantic import SecretStr

from bots.sealing import create_key
from flows.errors import InputError, VaultRefused, VaultUnavailable


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warden]:
    made = Warden(tmp_path_factory.mktemp("warden"), bitwarden_program())
    yield made
    made.stop()


@pytest.fixture
def keeping(tmp_path: Path, manager: Warden) -> Keeping:
    return Keeping(tmp_path, create_key(tmp_path / "vault.key"), manager)


def test_an_item_by_its_name_and_two_of_one_name(keeping: Keeping, manager: Warden) -> None:
    name = keeping.account("a")
    keeping.items[name] = "West"
    manager.add("West", "u", OLD)
    assert keeping.vault().get(name).password == SecretStr(OLD)
    manager.add("West", "u", OLD)
    with pytest.raises(InputError, match="several items are called West: give the id"):
        keeping.vault().get(name)


def test_a_write_that_is_not_kept_submits_nothing(
    keeping: Keeping, manager: Warden, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = keeping.account("a")
    monkeypatch.setattr(manager.server, "forgets", True)
    with pytest.raises(VaultUnavailable, match="did not keep the change of a"):
        keeping.vault().put_pending(name, pending())


def test_all_that_is_known_of_an_account_fits_into_a_field(keeping: Keeping) -> None:
    name = keeping.account("a")
    vault = keeping.vault()
    answers = {f"What was the name of your pet number {number}?": SecretStr("Rex" * 6) for number in range(3)}
    vault.put(name, security_answers=answers)
    store = vault.stores.password_at(name)
    entry = store.store.get(name, store.item)
    full = entry.credential
    for number in range(12):
        full = full.with_password(SecretStr(f"{number:032}"), full.password_set_at)
    store.store.put(entry, store.item, full)
    assert len(keeping.vault().get(name).history) == 8


def test_an_api_key_that_is_refused_is_told(keeping: Keeping, manager: Warden) -> None:
    name = keeping.account("a")
    vault = keeping.vault()
    store = vault.stores.store("theirs")
    store._http = None  # type: ignore[attr-defined]
    given = {"client secret": SecretStr("another needle"), "master password": SecretStr("x")}
    vault.stores.access.put("theirs", given)
    with pytest.raises(VaultRefused, match="the API key is refused: pk vault access theirs") as told:
        vault.get(name)
    assert "needle" not in str(told.value)


def test_a_program_that_is_missing_says_how_to_get_it(keeping: Keeping, manager: Warden) -> None:
    vault = keeping.vault()
    store = vault.stores.store("theirs")
    store._http, store._table = None, store._table.model_copy(update={"program": "bw-x"})  # type: ignore[attr-defined]
    with pytest.raises(InputError, match="there is no program bw-x: npm install -g @bitwarden/cli"):
        store.check()


def test_nobody_else_reaches_the_program_and_it_ends_with_a_killed_worker(
    keeping: Keeping, manager: Warden, tmp_path: Path
) -> None:
    name = keeping.account("a")
    told = tmp_path / "told"
    child = os.fork()
    if child == 0:
        try:
            manager.shared = None
            vault = keeping.vault()
            assert vault.get(name).password == SecretStr(OLD)
            told.write_text(str(manager.shared.socket))
            time.sleep(60)
        finally:
            os._exit(1)
    while not told.exists() and psutil.pid_exists(child):
        time.sleep(0.1)
    socket = Path(told.read_text())
    servers = [each for each in psutil.Process(child).children(recursive=True) if "node" in each.name()]
    assert servers
    assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
    assert not any(at.status == "LISTEN" for each in servers for at in each.net_connections(kind="inet"))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    psutil.wait_procs(servers, timeout=60)
    assert not any(each.is_running() for each in servers)
    deadline = time.monotonic() + 10
    while socket.parent.exists():
        assert time.monotonic() < deadline, f"{socket.parent} is still there"
        time.sleep(0.1)
