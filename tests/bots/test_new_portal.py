"""`new-portal`: what it writes, and what it refuses with one line and without a file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bots.cli import new_portal
from bots.cli.app import app
from flows.errors import InputError

ROOT = Path(__file__).parents[2]
ADDRESS = ("--address", "https://portal.example")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As much of a source checkout as the command looks at."""
    for folder in ("payers/portals/there", "recordings/pages", "tests/flows"):
        (tmp_path / folder).mkdir(parents=True)
    for file in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / file, tmp_path / file)
    monkeypatch.setattr(new_portal, "CHECKOUT", tmp_path)
    return tmp_path


def begin(*arguments: str) -> str:
    ended = CliRunner().invoke(app, ["new-portal", *arguments])
    if ended.exception:
        raise ended.exception
    return ended.output


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_lines_fit_however_long_the_names_are(checkout: Path) -> None:
    before = files(checkout)
    begin("a" * 30, *ADDRESS, "--title", "T" * 50)
    written = [checkout / file for file in files(checkout) - before]
    assert len(written) == 16
    assert max(len(line) for path in written for line in path.read_text().splitlines()) <= 120


def test_every_mark_is_told_with_its_place(checkout: Path) -> None:
    told = begin("sample", *ADDRESS).splitlines()
    places = [line.strip().rpartition(": ")[0].split(":")[:2] for line in told if line.startswith("  ")]
    assert len(places) > 10
    assert all("FILL IN" in (checkout / file).read_text().splitlines()[int(number) - 1] for file, number in places)


REFUSED = {
    "there already": (("there", *ADDRESS), "payers/portals/there exists already"),
    "a Python word": (("class", *ADDRESS), "'class' can't be a portal's name"),
    "no Python name": (("sample-mutual", *ADDRESS), "'sample-mutual' can't be a portal's name"),
    "upper case": (("Sample", *ADDRESS), "'Sample' can't be a portal's name"),
    "a path": (("../sample", *ADDRESS), "'../sample' can't be a portal's name"),
    "quotes": (("sample", *ADDRESS, "--title", 'a"b'), "--title"),
    "a line break": (("sample", *ADDRESS, "--payer", "a\nb"), "--payer"),
    "a payer without letters": (("sample", *ADDRESS, "--payer", "17"), "--payer '17': begin with a letter"),
    "no origin": (("sample", "--address", "https://portal.example/login"), "--address"),
    "not encrypted": (("sample", "--address", "http://portal.example"), "--address"),
}


@pytest.mark.parametrize(("arguments", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_and_nothing_written(checkout: Path, arguments: tuple[str, ...], words: str) -> None:
    before = files(checkout)
    with pytest.raises(InputError) as told:
        begin(*arguments)
    assert words in str(told.value)
    assert "\n" not in str(told.value)
    assert files(checkout) == before


def test_any_file_in_the_way_stops_it(checkout: Path) -> None:
    (checkout / "tests/flows/test_sample.py").write_text("mine")
    with pytest.raises(InputError, match=r"test_sample\.py exists already"):
        begin("sample", *ADDRESS)
    assert not (checkout / "payers/portals/sample").exists()


def test_an_installed_program_is_no_checkout(checkout: Path) -> None:
    (checkout / "pyproject.toml").unlink()
    with pytest.raises(InputError, match="is no source checkout: run it from one"):
        begin("sample", *ADDRESS)
    assert not (checkout / "payers/portals/sample").exists()
