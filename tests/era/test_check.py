"""era check from the command line: any file, no account, no data folder; a verdict a line, and an exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from catalogue import CATALOGUE, ONE, THREE
from making import remittance


def check(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run it as nobody, where there is no data folder."""
    environment = {**os.environ, "PORTALKEEPER_HOME": "/nonexistent/home"}
    command = [sys.executable, "-m", "bots", "era", "check", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("good", "a hundredth more is paid", "cut before SE"):
        (tmp_path / f"{name}.835").write_bytes(CATALOGUE[name][0])
    return tmp_path


@pytest.mark.parametrize(
    ("name", "code", "word"),
    [("good", 0, "GOOD"), ("a hundredth more is paid", 5, "FLAGGED"), ("cut before SE", 6, "QUARANTINED")],
)
def test_the_exit_code_is_that_of_the_worst(folder: Path, name: str, code: int, word: str) -> None:
    ended = check(folder / f"{name}.835")
    assert (ended.returncode, ended.stderr) == (code, "")
    assert ended.stdout.startswith(word)
    assert "1 file: 1 " in ended.stdout


def test_a_folder_is_its_files_and_programs_get_every_transaction(folder: Path) -> None:
    (folder / "three.835").write_bytes(THREE)
    (folder / ".hidden").write_bytes(b"")
    (folder / "deeper").mkdir()
    ended = check("--json", folder)
    told = json.loads(ended.stdout)
    assert ended.returncode == 6
    assert [(Path(one["file"]).stem, one["transaction"], one["verdict"]) for one in told] == [
        ("a hundredth more is paid", 1, "flagged"),
        ("cut before SE", 1, "quarantined"),
        ("good", 1, "good"),
        *(("three", number, "good") for number in (1, 2, 3)),
    ]
    assert told[2]["amount"] == "2092.48"
    assert told[0]["reasons"][0]["reason"] == "unbalanced_payment"


def test_what_can_not_be_read_is_one_line_each(tmp_path: Path) -> None:
    huge, empty, pipe, gone = (tmp_path / name for name in ("huge", "empty", "pipe", "gone"))
    with huge.open("wb") as file:
        file.truncate(2_000_000_000)
    empty.touch()
    os.mkfifo(pipe)
    ended = check(huge, empty, pipe, gone)
    verdicts = ended.stdout.splitlines()
    assert ended.returncode == 6
    assert [line.split()[0] for line in verdicts[:8:2]] == ["QUARANTINED"] * 4
    assert [line.split()[0] for line in verdicts[1:8:2]] == ["too_large:", "empty:", "unreadable:", "unreadable:"]
    assert verdicts[8:] == ["4 files: 4 quarantined"]


def test_a_folder_that_can_not_be_read_is_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bots.era.files import found_files, judge_file

    monkeypatch.setattr(Path, "iterdir", lambda path: (_ for _ in ()).throw(PermissionError(13, "no")))
    assert found_files([tmp_path]) == [tmp_path]
    (judged,) = judge_file(tmp_path)
    assert judged.words == ("unreadable",)


def test_a_good_file_with_remarks_is_good(tmp_path: Path) -> None:
    path = tmp_path / "remarks.835"
    path.write_bytes(remittance(widths=False))
    ended = check(path)
    assert ended.returncode == 0
    assert "departs: " in ended.stdout


def test_the_files_are_only_read(folder: Path) -> None:
    path = folder / "good.835"
    before = path.stat()
    check(folder)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (ONE, before.st_mtime_ns)
    assert sorted(entry.name for entry in folder.iterdir()) == sorted(
        f"{name}.835" for name in ("good", "a hundredth more is paid", "cut before SE")
    )
