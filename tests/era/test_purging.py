"""Archived files go after their years, never before, and never what somebody still has to look at."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from catalogue import CATALOGUE, ONE, THREE, changed
from era_house import MONDAY, SOURCE, Days

from bots.era.purging import Purged, purge, years_ago
from flows.errors import InputError

NOT_YET, OVER = date(2036, 11, 2), date(2036, 11, 3)  # ten years after MONDAY, and a day


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Days]:
    house = Days(tmp_path / "home", monkeypatch)
    yield house
    house.inventory.close()


def purged(house: Days, *, dry_run: bool = False) -> Purged:
    return purge(house.settings, house.inventory, house.key, by="Ann", because="ten years", dry_run=dry_run)


def sealed(house: Days) -> list[Path]:
    return sorted((house.home / "era" / "archive").rglob("*.age"))


def test_files_go_after_ten_years_with_one_entry_in_the_trail(house: Days) -> None:
    for data in (ONE, THREE):
        house.intake.take_in(data, SOURCE)
    house.pick_up()
    house.go_to(NOT_YET)
    assert (purged(house).files, len(sealed(house))) == (0, 2)
    house.go_to(OVER)
    hashes = sorted(hashlib.sha256(data).hexdigest() for data in (ONE, THREE))
    digest = hashlib.sha256("".join(f"{one}\n" for one in hashes).encode()).hexdigest()
    told = Purged(MONDAY.replace(year=2026, day=3), 2, len(ONE) + len(THREE), digest, 0)
    assert purged(house, dry_run=True) == told
    assert (len(sealed(house)), house.inventory.rows("SELECT * FROM audit")) == (2, [])
    assert purged(house) == told
    assert sealed(house) == []
    [entry] = house.inventory.rows("SELECT who, action, because, details FROM audit")
    assert (entry["who"], entry["action"], entry["because"]) == ("Ann", "era purge", "ten years")
    assert "2 files" in entry["details"] and digest in entry["details"]
    assert purged(house).files == 0
    assert len(house.inventory.rows("SELECT * FROM audit")) == 1


def test_a_copy_of_what_is_gone_is_still_known_as_one(house: Days) -> None:
    house.intake.take_in(ONE, SOURCE)
    house.pick_up()
    house.go_to(OVER)
    purged(house)
    assert [one.state for one in house.intake.take_in(ONE + b"\n", SOURCE)] == ["skipped"]
    with pytest.raises(InputError, match="it was purged on 2036-11-03"):
        house.intake.members(hashlib.sha256(ONE).hexdigest())


@pytest.mark.parametrize("name", ["cut in a claim", "marked as a test", "nobody has taken it"])
def test_what_waits_for_somebody_stays(house: Days, name: str) -> None:
    data = {"nobody has taken it": ONE, "marked as a test": ONE.replace(b"*P*:~", b"*T*:~")}.get(name)
    [taken] = house.intake.take_in(data or CATALOGUE[name][0], SOURCE)
    house.go_to(OVER)
    assert (purged(house).files, purged(house).kept, len(sealed(house))) == (0, 1, 1)
    if taken.state == "passed":
        house.pick_up()
    else:
        house.intake.dismiss(taken.id, by="Ann", because="settled")
    assert (purged(house).files, len(sealed(house))) == (1, 0)


def test_one_held_payment_keeps_its_whole_file(house: Days) -> None:
    house.intake.take_in(ONE, SOURCE)
    house.intake.take_in(changed(r"CAS\*CO\*45", "CAS*CO*97"), SOURCE)
    house.pick_up()
    house.go_to(OVER)
    assert (purged(house).files, len(sealed(house))) == (1, 1)


def test_what_a_kill_left_behind_goes_with_the_next_purge(house: Days, monkeypatch: pytest.MonkeyPatch) -> None:
    house.intake.take_in(ONE, SOURCE)
    house.pick_up()
    house.go_to(OVER)
    with monkeypatch.context() as patch:
        patch.setattr("bots.era.archive.Archive.remove", lambda *given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            purged(house)
    assert len(sealed(house)) == 1
    purged(house)
    assert sealed(house) == []


def test_the_years_are_a_setting(house: Days) -> None:
    house.intake.take_in(ONE, SOURCE)
    house.pick_up()
    house.config("[archive]\nkeep_years = 6\n")
    house.go_to(date(2032, 11, 3))
    assert purged(house, dry_run=True).files == 1
    house.config("[archive]\nkeep_years = 0\n")
    with pytest.raises(InputError, match=r"archive\.keep_years: expected a number of years, 1 or more"):
        purged(house, dry_run=True)


def test_a_leap_day_has_a_day_before() -> None:
    assert years_ago(date(2036, 2, 29), 10) == date(2026, 2, 28)
