"""The doctor tells what would make a run fail, in one line each."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bots import now, settings
from bots.doctor import examine
from bots.inventory import Inventory, stamp
from bots.inventory.audit import record_audit


def told(home: Path, what: str) -> tuple[bool, str]:
    [finding] = [each for each in examine(settings.load(home)) if each.what == what]
    return finding.good, finding.words


@pytest.mark.parametrize(("hours", "good"), [(-1, True), (1, False)])
def test_a_clock_that_was_set_back_is_told(tmp_path: Path, hours: int, good: bool) -> None:
    inventory = Inventory(settings.load(tmp_path).database)
    with inventory.write() as db:
        record_audit(db, at=stamp(now.utc() + timedelta(hours=hours)), who="Ann", action="x")
    inventory.close()
    well, words = told(tmp_path, "clock")
    assert well is good
    assert good or "Set the clock right" in words


def test_where_letters_are_to_arrive_has_to_be_a_maildir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(tmp_path, "letters") == (True, "none are expected: mail_server is not set")
    monkeypatch.setenv("PORTALKEEPER_MAIL_SERVER", "mx.practice.example")
    assert told(tmp_path, "letters")[0] is False
    (tmp_path / "mail" / "new").mkdir(parents=True)
    assert told(tmp_path, "letters") == (True, str(tmp_path / "mail"))
