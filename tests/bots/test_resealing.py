"""A new key in the place of the old: after a kill at any write all is readable, and the next start ends it."""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bots import disk
from bots.inventory import Inventory
from bots.resealing import Resealed, reseal, sealed_files, using_the_key
from bots.sealing import Key, Unreadable, create_key, load_key, seal, unseal, write_sealed
from bots.settings import Settings, load
from flows.errors import InputError

TEXTS = {
    "vault/a.age": b"password",
    "vault/access/m.age": b"token",
    "codes/backup/a.age": b"codes",
    "state/a.age": b"cookies",
    "era/archive/2026/x.age": b"ISA*",
    "fetched/x.age": b"ISA*00",
}


class Killed(BaseException):
    """What a SIGKILL is to the code."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = load(disk.private_folder(tmp_path / "home"))
    key = create_key(settings.key_file)
    for name, text in TEXTS.items():
        path = settings.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_sealed(path, text, key)
        if name.startswith("state/"):
            path.write_bytes(base64.b64encode(seal(text, key)))
    for folder in (settings.evidence_folder, settings.backup_folder):
        folder.mkdir()
        write_sealed(folder / "E-1.age", b"seen", key)
    return settings


def renew(settings: Settings) -> Resealed:
    inventory = Inventory(settings.database)
    try:
        return reseal(settings, inventory, load_key(settings.key_file), by="Ann")
    finally:
        inventory.close()


def readable_with(settings: Settings, key: Key) -> list[str]:
    """The names of the files that a key opens, each to what was put in it."""
    found = []
    for name, text in TEXTS.items():
        content = (settings.home / name).read_bytes()
        try:
            opened = unseal(base64.b64decode(content) if name.startswith("state/") else content, key)
        except Unreadable:
            continue
        assert opened == text
        found.append(name)
    return found


def test_all_is_sealed_anew_and_the_old_key_opens_the_rest(settings: Settings) -> None:
    old, times = load_key(settings.key_file), (settings.home / "vault" / "a.age").stat().st_mtime_ns
    done = renew(settings)
    new = load_key(settings.key_file)
    assert (done.files, done.unreadable, new.is_changing) == (len(TEXTS), (), False)
    assert (readable_with(settings, new), readable_with(settings, old)) == (list(TEXTS), [])
    assert (settings.home / "vault" / "a.age").stat().st_mtime_ns == times  # nobody changed it by hand
    [saved] = done.old_keys
    assert unseal((settings.evidence_folder / "E-1.age").read_bytes(), load_key(saved)) == b"seen"
    again = renew(settings)
    assert len({*again.old_keys, saved}) == 2  # the same day: no old key in the place of another
    assert unseal((settings.backup_folder / "E-1.age").read_bytes(), load_key(saved)) == b"seen"
    rows = Inventory(settings.database).rows("SELECT who, details FROM audit WHERE action = 'vault rekey'")
    assert [tuple(row.values()) for row in rows] == [("Ann", f"{len(TEXTS)} files")] * 2


def dying(monkeypatch: pytest.MonkeyPatch, lives: int) -> Callable[[], int]:
    """Die at the write with that number: even ones after, odd ones before it is in its place. How many there were."""
    steps = 0
    place: dict[str, Callable[..., Any]] = {"replace": Path.replace, "link": disk.os.link}

    def mortal(real: Callable[..., Any]) -> Callable[..., Any]:
        def write(*given: Any) -> Any:
            nonlocal steps
            for _ in range(2):
                steps += 1
                if steps == lives:
                    raise Killed
                if steps % 2:
                    done = real(*given)
            return done

        return write

    monkeypatch.setattr(Path, "replace", mortal(place["replace"]))
    monkeypatch.setattr(disk.os, "link", mortal(place["link"]))
    return lambda: steps


def test_a_kill_at_any_write_leaves_all_readable(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two steps a write: before it is in its place, and after."""
    Inventory(settings.database).close()
    with monkeypatch.context() as patch:
        count = dying(patch, sys.maxsize)
        renew(settings)
    assert count() == 2 * (len(TEXTS) + 3)  # both keys, the old one aside, the new one alone
    for lives in range(1, count() + 1):
        before = load_key(settings.key_file)
        with monkeypatch.context() as patch, pytest.raises(Killed):
            dying(patch, lives)
            renew(settings)
        assert readable_with(settings, load_key(settings.key_file)) == list(TEXTS), lives
        renew(settings)
        after = load_key(settings.key_file)
        assert (readable_with(settings, after), after.is_changing) == (list(TEXTS), False), lives
        assert readable_with(settings, before) == [], lives
    assert disk.sweep(settings.home) == 0


def test_what_neither_key_opens_is_told_and_left(settings: Settings) -> None:
    other = create_key(settings.home / "other.key")
    strange, torn = settings.home / "codes" / "strange.age", settings.home / "state" / "torn.age"
    write_sealed(strange, b"x", other)
    torn.write_bytes(base64.b64encode(seal(b"x", other))[:90] + b"!")
    content = strange.read_bytes()
    assert renew(settings).unreadable == (strange, torn)
    assert strange.read_bytes() == content


def test_a_full_disk_leaves_both_keys_in_force(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("bots.resealing.write_durably", lambda *given: (_ for _ in ()).throw(InputError("full")))
        with pytest.raises(InputError, match="full"):
            renew(settings)
    assert load_key(settings.key_file).is_changing
    assert readable_with(settings, load_key(settings.key_file)) == list(TEXTS)
    assert renew(settings).files == len(TEXTS)


def test_nobody_seals_with_the_old_key_meanwhile(settings: Settings) -> None:
    def alone() -> None:
        with using_the_key(settings.home, alone=True), using_the_key(settings.home, alone=True):
            pass

    with using_the_key(settings.home), using_the_key(settings.home), pytest.raises(InputError, match="end it"):
        alone()
    with pytest.raises(InputError, match="end it"):
        alone()


def test_evidence_and_what_is_not_sealed_are_left_out(settings: Settings) -> None:
    (settings.home / "answers.csv").write_text("age-encryption.org, by name")
    (settings.home / "link.age").symlink_to(settings.home / "vault" / "a.age")
    assert {path.relative_to(settings.home).as_posix() for path in sealed_files(settings)} == set(TEXTS)
