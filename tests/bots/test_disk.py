"""Writes are whole and durable or not there; refusals of the disk are one line."""

from __future__ import annotations

import errno
import os
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bots import disk
from flows.errors import InputError


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def refuse(monkeypatch: pytest.MonkeyPatch, call: str, code: int) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, call, refused)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the calls that matter for durability, in order; a sync of a folder apart from one of a file."""
    seen: list[str] = []

    def watched(name: str, real: Callable[..., object]) -> Callable[..., object]:
        def call(first: int, *others: object, **named: object) -> object:
            folder = name == "fsync" and stat.S_ISDIR(os.fstat(first).st_mode)
            seen.append("fsync folder" if folder else name)
            return real(first, *others, **named)

        return call

    for name in ("fsync", "write", "link", "replace", "rename"):
        monkeypatch.setattr(os, name, watched(name, getattr(os, name)))
    return seen


def test_a_written_file_is_whole_private_and_alone(tmp_path: Path) -> None:
    path = tmp_path / "entry.age"
    disk.write_durably(path, b"old")
    disk.write_durably(path, b"new" * 1000)
    assert path.read_bytes() == b"new" * 1000
    assert mode(path) == 0o600
    assert [found.name for found in tmp_path.iterdir()] == ["entry.age"]


def test_the_mode_asked_for_is_not_cut_by_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        disk.write_durably(tmp_path / "report.html", b"x", mode=0o640)
    finally:
        os.umask(before)
    assert mode(tmp_path / "report.html") == 0o640


def test_content_is_synced_before_it_appears_and_the_folder_after(tmp_path: Path, calls: list[str]) -> None:
    disk.write_durably(tmp_path / "entry", b"x")
    assert calls == ["write", "fsync", "replace", "fsync folder"]


def test_a_created_file_is_synced_like_a_written_one(tmp_path: Path, calls: list[str]) -> None:
    disk.create_durably(tmp_path / "entry", b"x")
    assert calls == ["write", "fsync", "link", "fsync folder"]


def test_an_appended_line_is_synced(tmp_path: Path, calls: list[str]) -> None:
    disk.append_durably(tmp_path / "lines", b"x")
    assert calls == ["write", "fsync", "fsync folder"]


def test_a_new_folder_is_synced_into_its_parent(tmp_path: Path, calls: list[str]) -> None:
    disk.private_folder(tmp_path / "home" / "vault")
    assert calls == ["fsync folder", "fsync folder"]


def test_a_short_write_is_carried_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, bytes(data)[:3]))
    disk.write_durably(tmp_path / "entry", b"0123456789")
    assert (tmp_path / "entry").read_bytes() == b"0123456789"


@pytest.mark.parametrize(
    ("call", "code", "cure"),
    [
        ("write", errno.ENOSPC, "disk is full"),
        ("write", errno.EDQUOT, "quota"),
        ("fsync", errno.ENOSPC, "disk is full"),
        ("open", errno.EROFS, "read-only"),
        ("open", errno.EACCES, "no access"),
    ],
)
def test_a_refusal_names_folder_and_cure_and_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int, cure: str
) -> None:
    path = tmp_path / "entry"
    disk.write_durably(path, b"old")
    with monkeypatch.context() as patch:
        refuse(patch, call, code)
        with pytest.raises(InputError, match=cure) as caught:
            disk.write_durably(path, b"new")
    assert str(tmp_path) in str(caught.value)
    assert path.read_bytes() == b"old"
    assert [found.name for found in tmp_path.iterdir()] == ["entry"]


def test_another_error_of_the_disk_passes_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, "write", errno.EIO)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        disk.write_durably(tmp_path / "entry", b"new")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist; run `portalkeeper init`"):
        disk.write_durably(tmp_path / "nowhere" / "entry", b"x")


def test_reading_tells_a_missing_file_from_one_that_cannot_be_read(tmp_path: Path) -> None:
    assert disk.read(tmp_path / "entry") is None
    with pytest.raises(InputError, match="a folder stands"):
        disk.read(tmp_path)


def test_of_two_creators_the_first_wins(tmp_path: Path) -> None:
    disk.create_durably(tmp_path / "key", b"first")
    with pytest.raises(FileExistsError):
        disk.create_durably(tmp_path / "key", b"second")
    assert (tmp_path / "key").read_bytes() == b"first"
    assert [found.name for found in tmp_path.iterdir()] == ["key"]


def test_lines_are_added_and_the_file_is_private(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    disk.append_durably(path, b"one")
    disk.append_durably(path, b"two\n")
    assert path.read_bytes() == b"one\ntwo\n"
    assert mode(path) == 0o600


def test_a_torn_last_line_does_not_swallow_the_next(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"whole\nto")
    disk.append_durably(path, b"next")
    assert path.read_bytes() == b"whole\nto\nnext\n"


def test_lines_written_at_once_do_not_mix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write

    def in_pieces(descriptor: int, data: bytes) -> int:
        time.sleep(0.0001)  # lets another writer in between, if one can get there
        return real(descriptor, bytes(data)[:4])

    monkeypatch.setattr(os, "write", in_pieces)
    lines = [bytes([letter]) * 10 for letter in b"abcdefgh"]
    threads = [threading.Thread(target=disk.append_durably, args=(tmp_path / "lines", line)) for line in lines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted((tmp_path / "lines").read_bytes().splitlines()) == lines


def test_two_lines_are_not_one() -> None:
    with pytest.raises(ValueError, match="one line"):
        disk.append_durably(Path("unused"), b"a\nb")


def test_a_line_that_did_not_fit_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lines"
    disk.append_durably(path, b"one")
    real = os.write

    def fills_up(descriptor: int, data: bytes) -> int:
        if len(data) < 5:
            raise OSError(errno.ENOSPC, "full")
        return real(descriptor, bytes(data)[:3])

    monkeypatch.setattr(os, "write", fills_up)
    with pytest.raises(InputError, match="disk is full"):
        disk.append_durably(path, b"two two")
    assert path.read_bytes() == b"one\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_really_full_device_is_told() -> None:
    with pytest.raises(InputError, match="/dev: the disk is full"):
        disk.append_durably(Path("/dev/full"), b"x")


def test_private_folders_are_private_up_to_what_was_there(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    made = disk.private_folder(tmp_path / "home" / "vault")
    assert made == disk.private_folder(made)
    assert [mode(made), mode(made.parent), mode(tmp_path)] == [0o700, 0o700, 0o755]


def test_a_file_in_the_place_of_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_bytes(b"")
    with pytest.raises(InputError, match="a file stands where a folder"):
        disk.private_folder(tmp_path / "home" / "vault")
