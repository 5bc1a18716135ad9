"""A new password lies in two files until it is known which one is in force; no kill and no old copy loses it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bots.sealing import create_key
from bots.vault import Pending, Vault, create_vault
from bots.vault.age_files import AgeFiles
from flows.errors import InputError

AT = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    vault = create_vault(tmp_path / "vault", create_key(tmp_path / "vault.key"))
    vault.put("a", password=SecretStr("old"))
    return vault


def pending(run_id: str = "run-1", password: str = "new", kind: str = "change") -> Pending:
    return Pending.model_validate({"password": password, "kind": kind, "run_id": run_id, "at": AT})


def test_one_that_may_be_in_force_is_not_replaced_by_a_change(vault: Vault) -> None:
    vault.put_pending("a", pending())
    vault.put_pending("a", pending("run-2"))  # nobody had seen the first one
    vault.mark_pending("a", "run-2", "submitting")
    with pytest.raises(InputError, match="pk password settle a"):
        vault.put_pending("a", pending("run-3"))
    assert vault.get("a").pending == pending("run-2").model_copy(update={"state": "submitting"})


def test_a_recovery_replaces_it_and_keeps_it_in_the_history(vault: Vault) -> None:
    vault.put_pending("a", pending())
    vault.mark_pending("a", "run-1", "submitting")
    vault.put_pending("a", pending("run-2", "newer", "forgot"))
    assert [old.password.get_secret_value() for old in vault.get("a").history] == ["new"]


@pytest.mark.parametrize(("state", "history"), [("stored", []), ("submitting", ["new"])])
def test_one_put_aside_stays_known_when_a_portal_may_have_it(vault: Vault, state: str, history: list[str]) -> None:
    vault.put_pending("a", pending())
    if state != "stored":
        vault.mark_pending("a", "run-1", "submitting")
    vault.discard_pending("a", "run-1")
    kept = vault.get("a")
    assert (kept.password.get_secret_value(), kept.pending) == ("old", None)
    assert [old.password.get_secret_value() for old in kept.history] == history


@pytest.mark.parametrize(("given_since", "kept"), [(False, "new"), (True, "by hand")])
def test_one_that_the_portal_took_is_in_force_when_a_recovery_replaces_it(
    vault: Vault, given_since: bool, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bots.now.utc", lambda: AT)
    vault.put("a", password=SecretStr("older"))
    vault.put_pending("a", pending().model_copy(update={"at": AT + timedelta(hours=1)}))
    vault.mark_pending("a", "run-1", "submitted")
    monkeypatch.setattr("bots.now.utc", lambda: AT + timedelta(hours=2))
    if given_since:
        vault.put("a", password=SecretStr("by hand"))
    vault.put_pending("a", pending("run-2", "newer", "forgot"))
    vault.discard_pending("a", "run-2")
    assert vault.get("a").password.get_secret_value() == kept


@pytest.mark.parametrize("act", ["mark", "promote"])
def test_a_run_has_no_say_in_the_new_password_of_another(vault: Vault, act: str) -> None:
    vault.put_pending("a", pending())
    with pytest.raises(InputError, match="not there any more"):
        vault.mark_pending("a", "run-2", "submitted") if act == "mark" else vault.promote("a", "run-2")
    vault.discard_pending("a", "run-2")
    assert vault.get("a").pending == pending()


def test_an_entry_put_back_from_a_copy_has_it_from_the_second_file(vault: Vault) -> None:
    copy = (vault.folder / "a.age").read_bytes()
    vault.put_pending("a", pending())
    there = vault.mark_pending("a", "run-1", "submitting")
    (vault.folder / "a.age").write_bytes(copy)
    assert vault.get("a").pending == there
    vault.promote("a", "run-1")
    assert (vault.get("a").password.get_secret_value(), vault.get("a").pending) == ("new", None)


@pytest.mark.parametrize("act", ["promote", "discard_pending"])
def test_a_kill_between_the_two_files_leaves_one_truth(vault: Vault, act: str, monkeypatch: pytest.MonkeyPatch) -> None:
    vault.put_pending("a", pending())
    broken = "unlink" if act == "promote" else "put"
    owner = Path if act == "promote" else AgeFiles

    def dies(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(owner, broken, dies)
        with pytest.raises(KeyboardInterrupt):
            getattr(vault, act)("a", "run-1")
    kept = vault.get("a")
    if act == "promote":
        assert (kept.password.get_secret_value(), kept.pending) == ("new", None)
    else:
        assert (kept.password.get_secret_value(), kept.pending) == ("old", pending())


def test_what_the_vault_can_not_confirm_is_told_before_anything_is_submitted(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Vault, "journalled", lambda self, account: None)
    with pytest.raises(InputError, match="did not keep the new password of a; nothing was submitted"):
        vault.put_pending("a", pending())


def test_a_damaged_second_file_does_not_stand_in_the_way(vault: Vault) -> None:
    (vault.folder / "a.pending").write_bytes(b"rubbish")
    assert vault.get("a").pending is None
