"""Only by listed phrases is it told that a portal announces maintenance, and only until a person has declared it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from reporting import AT, World, world

from bots import morning
from bots.announced import ANNOUNCED, maintenance_in
from bots.inventory import stamp
from bots.settings import Settings
from payers.portals.availity import PORTAL

__all__ = ["world"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("SCHEDULED  maintenance on Sunday from 12 a.m.", "maintenance"),
        ("Some payers plan maintenance this weekend", None),
        ("The service is temporarily unavailable", None),  # a listed phrase, and no announcement
        ("", None),
    ],
)
def test_maintenance_is_told_by_listed_phrases(words: str, expected: str | None) -> None:
    assert maintenance_in(words, PORTAL) == expected
    assert maintenance_in(words, replace(PORTAL, phrases={})) is None


def test_it_is_proposed_for_a_week_unless_it_is_declared(world: World, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    settings.config.mkdir()
    (settings.config / "maintenance.toml").write_text(
        '[[maintenance]]\nportal = "west"\nweekly = "sun 00:00-06:00"\nzone = "America/Los_Angeles"\nsource = "x"\n'
    )
    for name, portal, days in (("a", "east", 1), ("b", "east", 2), ("c", "west", 1), ("d", "north", 8)):
        world.account(name, portal=portal)
        with world.inventory.write() as db:
            at = stamp((AT - timedelta(days=days)).astimezone(UTC))
            row = {"at": at, "account": name, "kind": ANNOUNCED, "words": "maintenance"}
            db.table("notices").insert(row)
    [line] = morning._announced(settings, world.inventory, AT)
    assert line.words == "east announces maintenance: read when, and declare it in config/maintenance.toml"
