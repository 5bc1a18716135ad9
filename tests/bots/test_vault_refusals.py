"""What can't be right, opened or stored is told in one line without secrets, and changes nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from bots import disk
from bots.sealing import Key, Unreadable, create_key, load_key, write_sealed
from bots.vault import Credential, Vault, create_vault
from bots.vault.credential import encode
from flows.errors import InputError

PASSWORD = SecretStr("one password")
TOTP = "JBSWY3DPEHPK3PXP"


@pytest.fixture
def key(tmp_path: Path) -> Key:
    return create_key(tmp_path / "vault.key")


@pytest.fixture
def vault(tmp_path: Path, key: Key) -> Vault:
    return create_vault(tmp_path / "vault", key)


@pytest.mark.parametrize(
    "account", ["", "../a", "a/b", "A", "-a", "a.b", "a\n", "a\0", ".", "..", "é", "a" * 64, "fingerprint.key"]
)
def test_a_name_cannot_lead_elsewhere(vault: Vault, account: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: vault.get(account),
        lambda: vault.put(account, password=PASSWORD),
        lambda: vault.fingerprint(account, PASSWORD),
    ]
    for call in calls:
        with pytest.raises(InputError, match="can't name an account"):
            call()
    assert [file.name for file in vault.folder.iterdir()] == ["fingerprint.key.age"]


def test_a_missing_entry_says_what_to_do(vault: Vault) -> None:
    with pytest.raises(InputError, match=r"^no vault entry for x: pk vault set x$"):
        vault.get("x")
    with pytest.raises(InputError, match="password first: pk vault set x"):
        vault.put("x", totp_secret=SecretStr(TOTP))
    assert vault.names() == []


@pytest.mark.parametrize("password", ["", "needle\n", "nee\rdle", "needle\0", "needle\x7f", "needle\udce9"])
def test_a_password_that_cannot_be_one_is_refused_unseen(vault: Vault, password: str) -> None:
    with pytest.raises(InputError, match="nothing was stored") as caught:
        vault.put("a", password=SecretStr(password))
    assert "needle" not in str(caught.value)
    assert vault.names() == []


@pytest.mark.parametrize(
    "given",
    [
        TOTP,
        "jbsw y3dp ehpk 3pxp",
        " JBSW-Y3DP-EHPK-3PXP\n",
        f"otpauth://totp/Availity:me%40x.org?secret={TOTP.lower()}&issuer=Availity",
        f"otpauth://totp/x?secret={TOTP}&algorithm=SHA1&digits=6&period=30",
        f"OTPAUTH://TOTP/x?SECRET={TOTP}&algorithm=sha1",
    ],
)
def test_an_authenticator_secret_is_taken_as_people_have_it(vault: Vault, given: str) -> None:
    assert vault.put("a", password=PASSWORD, totp_secret=SecretStr(given)).totp_secret == SecretStr(TOTP)


def test_padding_and_length_of_an_authenticator_secret_do_not_matter(vault: Vault) -> None:
    stored = vault.put("a", password=PASSWORD, totp_secret=SecretStr("JBSWY3DPEHPK3PXPJA======"))
    assert stored.totp_secret == SecretStr("JBSWY3DPEHPK3PXPJA")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("", "not an authenticator secret"),
        ("234567", "not a six-digit code"),
        ("JBSWY3DPEHPK3PX", "not an authenticator secret"),
        ("JBSWY3DPEHPK3PXPJ", "not an authenticator secret"),
        ("JBSWY3DPEHPK3PX0", "not an authenticator secret"),
        ("needle-rubbish!!", "not an authenticator secret"),
        ("JBSWY3DPEHPK3PXPÄÄ", "not an authenticator secret"),
        ("otpauth://totp/x?secret=needle0", "not an authenticator secret"),
        ("otpauth://totp/x", "not an authenticator secret"),
        (f"otpauth://hotp/x?secret={TOTP}&counter=1", "time-based"),
        (f"otpauth://totp/x?secret={TOTP}&digits=8", "another digits than 6"),
        (f"otpauth://totp/x?secret={TOTP}&algorithm=SHA256", "another algorithm than SHA1"),
        (f"otpauth://totp/x?secret={TOTP}&period=60", "another period than 30"),
        (f"otpauth://[needle?secret={TOTP}", "malformed"),
    ],
)
def test_what_is_no_authenticator_secret_is_refused_unseen(vault: Vault, given: str, told: str) -> None:
    vault.put("a", password=PASSWORD)
    with pytest.raises(InputError, match=told) as caught:
        vault.put("a", password=SecretStr("new"), totp_secret=SecretStr(given))
    assert "needle" not in str(caught.value) and TOTP not in str(caught.value)
    assert vault.get("a").password == PASSWORD


def test_a_truncated_entry_is_told_and_never_replaced(vault: Vault) -> None:
    vault.put("a", password=PASSWORD)
    vault.put("b", password=PASSWORD)
    file = vault.folder / "a.age"
    whole = file.read_bytes()
    calls: list[Callable[[], object]] = [lambda: vault.get("a"), lambda: vault.put("a", password=SecretStr("new"))]
    for length in (0, 20, 200, len(whole) - 1):
        damaged = whole[:length]
        file.write_bytes(damaged)
        for call in calls:
            with pytest.raises(Unreadable, match="restore it from a backup, or move it away") as caught:
                call()
            assert str(file) in str(caught.value)
        assert file.read_bytes() == damaged
    assert [bool(check.problem) for check in vault.check_all()] == [True, False]


def test_with_another_key_nothing_is_read_or_written(vault: Vault, tmp_path: Path) -> None:
    vault.put("a", password=PASSWORD)
    before = {file.name: file.read_bytes() for file in vault.folder.iterdir()}
    stranger = Vault(vault.folder, create_key(tmp_path / "other.key"))
    calls: list[Callable[[], object]] = [
        lambda: stranger.get("a"),
        lambda: stranger.put("a", password=PASSWORD),
        lambda: stranger.put("new", password=PASSWORD),
        lambda: stranger.fingerprint("a", PASSWORD),
        stranger.check_all,
        lambda: create_vault(stranger.folder, load_key(tmp_path / "other.key")),
    ]
    for call in calls:
        with pytest.raises(Unreadable, match=r"other\.key; use the key it was made with"):
            call()
    assert {file.name: file.read_bytes() for file in vault.folder.iterdir()} == before
    assert "other.key" in stranger.check("a").problem


def test_an_entry_under_another_accounts_name_is_not_believed(vault: Vault) -> None:
    vault.put("a", password=PASSWORD)
    shutil.copy(vault.folder / "a.age", vault.folder / "b.age")
    with pytest.raises(Unreadable, match="another account"):
        vault.get("b")


@pytest.mark.parametrize("content", [b"", b"[]", b'{"version": 2}', b'{"version": 1, "password": "needle"}', b"\xff"])
def test_an_entry_that_is_not_understood_is_told_unseen(vault: Vault, key: Key, content: bytes) -> None:
    write_sealed(vault.folder / "a.age", content, key)
    with pytest.raises(Unreadable, match="not a vault entry of this version") as caught:
        vault.get("a")
    assert "needle" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_vault_that_was_not_made_is_told(tmp_path: Path, key: Key) -> None:
    with pytest.raises(InputError, match="portalkeeper init"):
        Vault(tmp_path / "nowhere", key).put("a", password=PASSWORD)
    with pytest.raises(InputError, match="portalkeeper init"):
        Vault(tmp_path / "nowhere", key).names()


def test_check_reports_without_secrets(vault: Vault, key: Key) -> None:
    vault.put("good", password=PASSWORD, totp_secret=SecretStr(TOTP))
    vault.put("plain", password=PASSWORD)
    vault.put("plain", password=SecretStr("needle"))
    bad = Credential(
        account="bad", password=PASSWORD, password_set_at=datetime.now(UTC), totp_secret=SecretStr("needle")
    )
    write_sealed(vault.folder / "bad.age", encode(bad), key)
    (vault.folder / "damaged.age").write_bytes(b"x")
    found = {check.account: (check.totp, check.old_passwords, bool(check.problem)) for check in vault.check_all()}
    assert found == {
        "bad": ("invalid", 0, True),
        "damaged": ("none", 0, True),
        "good": ("set", 0, False),
        "plain": ("none", 1, False),
    }
    assert "needle" not in repr(vault.check_all())
    assert "pk vault set x" in vault.check("x").problem


def test_a_vault_with_entries_gets_no_new_fingerprint_key(vault: Vault, key: Key) -> None:
    vault.put("a", password=PASSWORD)
    (vault.folder / "fingerprint.key.age").unlink()
    with pytest.raises(Unreadable, match=r"fingerprint\.key\.age: missing; restore it from a backup"):
        create_vault(vault.folder, key)
    with pytest.raises(Unreadable, match="missing"):
        Vault(vault.folder, key).fingerprint("a", PASSWORD)


def test_a_full_disk_keeps_the_old_entry(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    vault.put("a", password=PASSWORD)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(InputError, match="disk is full"):
            vault.put("a", password=SecretStr("new"))
    assert vault.get("a").password == PASSWORD
    assert disk.sweep(vault.folder) == 0
