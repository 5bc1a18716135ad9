"""Only the right key opens, whole data only, and every refusal says which file and what to do."""

from __future__ import annotations

import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from bots.sealing import Key, Unreadable, create_key, load_key, read_sealed, seal, unseal, write_sealed
from flows.errors import InputError


@pytest.fixture
def key(tmp_path: Path) -> Key:
    return create_key(tmp_path / "vault.key")


@pytest.mark.parametrize("data", [b"", b"x", b"\0" * 200_000])
def test_what_is_sealed_is_hidden_and_opens_again(key: Key, data: bytes) -> None:
    sealed = seal(data, key)
    assert len(data) < 2 or data not in sealed
    assert unseal(sealed, load_key(key.path)) == data


def test_a_new_key_is_private_and_never_written_over(key: Key) -> None:
    before = key.path.read_bytes()
    assert stat.S_IMODE(key.path.stat().st_mode) == 0o600
    with pytest.raises(InputError, match="stays"):
        create_key(key.path)
    assert key.path.read_bytes() == before


def test_a_key_shows_nothing_of_itself(key: Key) -> None:
    secret = key.path.read_text().split("AGE-SECRET-KEY-1")[1].strip()
    assert secret not in repr(key) + str(key) + f"{key!r:>200}"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_that_others_may_read_is_refused(key: Key, mode: int) -> None:
    key.path.chmod(mode)
    with pytest.raises(InputError, match=f"chmod 600 {key.path}"):
        load_key(key.path)


def test_a_key_only_its_owner_may_read_is_taken(key: Key) -> None:
    key.path.chmod(0o400)
    assert load_key(key.path) == key


@pytest.mark.parametrize("content", ["", "AGE-SECRET-KEY-1XYZ", "passphrase", "two", "é"])
def test_what_is_no_key_is_refused_without_repeating_it(key: Key, content: str) -> None:
    text = key.path.read_text() * 2 if content == "two" else content
    key.path.write_text(text)
    with pytest.raises(InputError, match="not a key file") as caught:
        load_key(key.path)
    assert str(key.path) in str(caught.value)
    assert "XYZ" not in str(caught.value) and "passphrase" not in str(caught.value)


def test_a_missing_key_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no key there"):
        load_key(tmp_path / "nowhere" / "vault.key")


def test_another_key_does_not_open(key: Key, tmp_path: Path) -> None:
    write_sealed(tmp_path / "x.age", b"secret", key)
    with pytest.raises(Unreadable) as caught:
        read_sealed(tmp_path / "x.age", create_key(tmp_path / "other.key"))
    assert f"{tmp_path / 'x.age'}: can't be opened with the key {tmp_path / 'other.key'}" in str(caught.value)


def test_damaged_data_never_opens(key: Key) -> None:
    sealed = seal(b"data" * 20_000, key)
    cut = [sealed[:length] for length in (0, 1, 50, 150, 250, 65_536, len(sealed) - 1)]
    flipped = [sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :] for at in (0, 30, 100, 220, 70_000, -2)]
    for damaged in [*cut, *flipped, sealed + b"x", b"not age at all"]:
        with pytest.raises(Unreadable, match="restore it from a backup"):
            unseal(damaged, key)


def test_a_missing_sealed_file_is_none(key: Key, tmp_path: Path) -> None:
    assert read_sealed(tmp_path / "x.age", key) is None


def test_a_sealed_file_is_private(key: Key, tmp_path: Path) -> None:
    write_sealed(tmp_path / "x.age", b"secret", key)
    assert stat.S_IMODE((tmp_path / "x.age").stat().st_mode) == 0o600
    assert b"secret" not in (tmp_path / "x.age").read_bytes()


@pytest.mark.skipif(shutil.which("age") is None, reason="the age program is not installed")
def test_the_age_program_opens_a_sealed_file(key: Key, tmp_path: Path) -> None:
    write_sealed(tmp_path / "x.age", b"secret", key)
    command = ["age", "--decrypt", "--identity", str(key.path), str(tmp_path / "x.age")]
    assert subprocess.run(command, capture_output=True, check=True).stdout == b"secret"
