"""The vault keeps every acknowledged write through kills and crowds, and shows nothing."""

from __future__ import annotations

import json
import random
import stat
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from bots import disk
from bots.sealing import Key, create_key, read_sealed
from bots.vault import Vault, create_vault

ROOT = Path(__file__).parents[2]
PASSWORD = SecretStr("  Pässwörd \"with' everything: ,{}\\  ")
TOTP = "JBSWY3DPEHPK3PXP"


@pytest.fixture
def key(tmp_path: Path) -> Key:
    return create_key(tmp_path / "vault.key")


@pytest.fixture
def vault(tmp_path: Path, key: Key) -> Vault:
    return create_vault(tmp_path / "vault", key)


def test_what_is_put_is_got_exactly(vault: Vault, key: Key) -> None:
    before = datetime.now(UTC)
    stored = vault.put("availity-west", password=PASSWORD, totp_secret=SecretStr(TOTP))
    got = Vault(vault.folder, key).get("availity-west")
    assert got == stored
    assert got.password == PASSWORD
    assert got.totp_secret == SecretStr(TOTP)
    assert got.history == ()
    assert before <= got.password_set_at <= datetime.now(UTC)


def test_only_what_is_given_changes(vault: Vault) -> None:
    first = vault.put("a", password=SecretStr("one"))
    second = vault.put("a", totp_secret=SecretStr(TOTP))
    assert (second.password, second.password_set_at, second.history) == (first.password, first.password_set_at, ())
    third = vault.put("a", password=SecretStr("two"))
    assert third.totp_secret == SecretStr(TOTP)
    assert [(old.password.get_secret_value(), old.set_at) for old in third.history] == [("one", first.password_set_at)]
    assert vault.put("a", totp_secret=None).totp_secret is None


def test_the_same_password_again_is_no_change(vault: Vault) -> None:
    first = vault.put("a", password=SecretStr("one"))
    assert vault.put("a", password=SecretStr("one")) == first


def test_the_newest_24_old_passwords_are_kept(vault: Vault) -> None:
    for number in range(30):
        vault.put("a", password=SecretStr(f"password {number}"))
    kept = [old.password.get_secret_value() for old in vault.get("a").history]
    assert kept == [f"password {number}" for number in range(28, 4, -1)]


def test_on_disk_everything_is_sealed_and_private(vault: Vault, key: Key) -> None:
    vault.put("a", password=SecretStr("needle-password"), totp_secret=SecretStr(TOTP))
    files = sorted(vault.folder.iterdir())
    assert [file.name for file in files] == ["a.age", "a.lock", "fingerprint.key.age"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(vault.folder.stat().st_mode) == 0o700
    assert not any(needle in file.read_bytes() for file in files for needle in (b"needle", TOTP.encode()))
    opened = json.loads(read_sealed(vault.folder / "a.age", key) or b"")
    assert list(opened) == [
        "version",
        "account",
        "password",
        "password_set_at",
        "totp_secret",
        "history",
        "pending",
        "security_answers",
    ]
    assert (opened["version"], opened["password"]) == (1, "needle-password")


def test_a_credential_shows_nothing(vault: Vault) -> None:
    for password in ("needle-one", "needle-two"):
        vault.put("a", password=SecretStr(password), totp_secret=SecretStr(TOTP))
    got = vault.get("a")
    shown = [
        repr(got),
        str(got),
        f"{got}",
        repr([got]),
        repr(got.history),
        str(got.model_dump()),
        got.model_dump_json(),
    ]
    assert not any(needle in text for text in shown for needle in ("needle", TOTP))
    assert repr(got) == "Credential()"


def test_the_longest_name_fits(vault: Vault) -> None:
    vault.put("a" * 63, password=PASSWORD)
    assert vault.names() == ["a" * 63]


def test_names_are_the_accounts_with_an_entry(vault: Vault) -> None:
    for account in ("b", "a-2", "a"):
        vault.put(account, password=PASSWORD)
    (vault.folder / "notes.txt").write_text("")
    (vault.folder / "c.lock").write_text("")
    assert vault.names() == ["a", "a-2", "b"]


def test_fingerprints_know_account_and_password(vault: Vault, key: Key) -> None:
    pairs = [("a", "bc"), ("ab", "c"), ("a", "bd"), ("b", "bc"), ("a", "bc ")]
    found = [vault.fingerprint(account, SecretStr(password)) for account, password in pairs]
    assert len(set(found)) == len(pairs)
    assert all(len(bytes.fromhex(fingerprint)) == 16 for fingerprint in found)
    assert found == [Vault(vault.folder, key).fingerprint(account, SecretStr(password)) for account, password in pairs]


def test_fingerprints_are_worth_nothing_without_the_vault(vault: Vault, tmp_path: Path, key: Key) -> None:
    other = create_vault(tmp_path / "other", key)
    assert other.fingerprint("a", PASSWORD) != vault.fingerprint("a", PASSWORD)
    assert other.keyed_hash(b"row") != vault.keyed_hash(b"row")


def test_a_hash_of_data_is_never_a_fingerprint(vault: Vault) -> None:
    data = b"".join(len(part).to_bytes(8, "big") + part for part in (b"a", b"password"))
    assert not vault.keyed_hash(data).startswith(vault.fingerprint("a", SecretStr("password")))
    assert vault.keyed_hash(b"row") == vault.keyed_hash(b"row") != vault.keyed_hash(b"row ")


def test_making_a_vault_again_changes_nothing(vault: Vault, key: Key) -> None:
    before = vault.fingerprint("a", PASSWORD)
    assert create_vault(vault.folder, key).fingerprint("a", PASSWORD) == before


def test_reading_one_account_opens_one_file_and_lists_nothing(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        vault.put(f"a{number}", password=PASSWORD)
    opened: list[Path] = []
    real = disk.read

    def read(path: Path) -> bytes | None:
        opened.append(path)
        return real(path)

    monkeypatch.setattr(disk, "read", read)
    for lister in ("iterdir", "glob"):
        monkeypatch.setattr(Path, lister, lambda *_: pytest.fail("the folder was listed"))
    vault.get("a7")
    assert opened == [vault.folder / "a7.age"]


def test_threads_that_share_a_vault_lose_nothing(vault: Vault) -> None:
    vault.put("a", password=SecretStr("first"))

    def write(name: str) -> None:
        for number in range(5):
            vault.put("a", password=SecretStr(f"{name} {number}"))

    threads = [threading.Thread(target=write, args=(name,)) for name in ("x", "y", "z")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    got = vault.get("a")
    stored = {got.password.get_secret_value(), *(old.password.get_secret_value() for old in got.history)}
    assert stored == {"first", *(f"{name} {number}" for name in "xyz" for number in range(5))}


WRITER = """
import sys
from pathlib import Path
from pydantic import SecretStr
from bots.sealing import load_key
from bots.vault import Vault
folder, key, kind, number = Path(sys.argv[1]), load_key(Path(sys.argv[2])), sys.argv[3], int(sys.argv[4])
vault = Vault(folder, key)
while True:
    number += 1
    if kind == "password":
        vault.put("a", password=SecretStr(f"password {number}"))
    else:
        digits = f"{number:016}".translate(str.maketrans("0123456789", "ABCDEFGHIJ"))
        vault.put("a", totp_secret=SecretStr(digits))
    print(number, flush=True)
"""


def start_writer(vault: Vault, key: Key, kind: str, number: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(vault.folder), str(key.path), kind, str(number)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def kill_after(writer: subprocess.Popen[str], seconds: float) -> int:
    """Kill the writer some time after its first acknowledged write; the number of the last one."""
    assert writer.stdout is not None
    first = writer.stdout.readline()
    time.sleep(seconds)
    writer.kill()
    rest, _ = writer.communicate()
    return int((first + rest).split("\n")[-2])


def test_two_writers_and_kills_lose_no_acknowledged_write(vault: Vault, key: Key) -> None:
    vault.put("a", password=SecretStr("password 0"), totp_secret=SecretStr("A" * 16))
    password = code = 0
    chance = random.Random(7)
    for _ in range(6):
        writers = [start_writer(vault, key, "password", password), start_writer(vault, key, "totp", code)]
        acknowledged = [kill_after(writer, chance.uniform(0, 0.15)) for writer in writers]
        got = vault.get("a")
        assert got.totp_secret is not None
        password = int(got.password.get_secret_value().removeprefix("password "))
        code = int(got.totp_secret.get_secret_value().translate(str.maketrans("ABCDEFGHIJ", "0123456789")))
        assert password - acknowledged[0] in (0, 1)
        assert code - acknowledged[1] in (0, 1)
        kept = [old.password.get_secret_value() for old in got.history]
        assert kept == [f"password {password - back}" for back in range(1, min(password, 24) + 1)]
    assert vault.check_all()[0].problem == ""
    disk.sweep(vault.folder)
    assert len(list(vault.folder.iterdir())) == 3


def test_importing_the_vault_does_not_load_pyrage() -> None:
    command = [sys.executable, "-c", "import sys, bots.vault, bots.settings; sys.exit('pyrage' in sys.modules)"]
    assert subprocess.run(command, cwd=ROOT).returncode == 0


def test_a_credential_cannot_be_changed_in_place(vault: Vault) -> None:
    stored = vault.put("a", password=PASSWORD)
    with pytest.raises(ValueError, match="frozen"):
        stored.password = SecretStr("other")
