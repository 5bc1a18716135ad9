"""A screen that begins to look otherwise is told while its flow still passes; answers that differ are no drift."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from house import House

from bots import looks
from bots.drift import MOST_KINDS, drifted, merge, remember
from bots.inventory import Inventory

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
LOOK = {"landmark": "c11111111", "submit": "c22222222", "words": "t33333333", "rows": "-"}


@pytest.fixture
def inventory(tmp_path: Path) -> Iterator[Inventory]:
    inventory = Inventory(tmp_path / "inventory.db")
    yield inventory
    inventory.close()


def told(inventory: Inventory, days: float, version: str = "1", **changes: str) -> list[str]:
    return remember(inventory, "uhc", version, {"Form": LOOK | changes}, NOW + timedelta(days=days))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, []),
        ({"submit": "-"}, ["Form: submit gone"]),
        ({"submit": "c99999999"}, ["Form: submit is another element"]),
        ({"submit": "c22222222+"}, ["Form: submit there several times"]),
        ({"words": "-"}, []),  # an answer without a text is no other page
        ({"words": "t99999999"}, ["Form: words is another element"]),
        ({"rows": "t44444444"}, []),
        ({"new": "c55555555"}, []),
        ({"submit": "-", "landmark": "t99999999"}, ["Form: landmark is another element, submit gone"]),
    ],
)
def test_what_is_drift_and_what_is_not(inventory: Inventory, changes: dict[str, str], words: list[str]) -> None:
    assert told(inventory, 0) == []
    assert told(inventory, 2, **changes) == words
    assert told(inventory, 3, **changes) == []  # once is enough
    assert told(inventory, 4) == []  # and back again


def test_the_first_day_of_a_screen_or_a_module_is_for_learning(inventory: Inventory) -> None:
    assert told(inventory, 0) == told(inventory, 0.9, submit="-") == []
    assert told(inventory, 2, submit="-") == []
    assert told(inventory, 2, submit="c99999999") == ["Form: submit is another element"]
    assert told(inventory, 3, version="2", submit="c77777777") == []
    assert told(inventory, 5, version="2") == ["Form: submit is another element"]


def test_nothing_is_written_of_what_is_known(inventory: Inventory) -> None:
    told(inventory, 0)
    before = inventory.rows("SELECT * FROM screens_seen")
    inventory.write = None  # type: ignore[assignment, method-assign]
    assert told(inventory, 2) == []
    assert inventory.rows("SELECT * FROM screens_seen") == before


def test_a_locator_that_is_always_another_says_nothing_any_more() -> None:
    known: list[str] = []
    for number in range(MOST_KINDS + 3):
        known = merge(known, f"c{number:08}")
    assert len(known) == MOST_KINDS
    assert drifted(known, "c77777777") == drifted(known, "-") == ""


async def test_drift_is_told_by_a_run_that_passes(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "_looked", {})
    name, _ = house.account("availity")
    async with house.runner() as runner:
        assert (await runner.run(name, "login")).failure is None
        seen = {row["screen"]: json.loads(row["parts"]) for row in house.inventory.rows("SELECT * FROM screens_seen")}
        assert {"SignIn", "EnterCode", "Home"} <= set(seen)
        assert seen["SignIn"]["submit"][0].startswith("c")
        assert set(seen["SignIn"]) == {"user_id", "password", "submit", "forgot", "landmark"}
        form = json.dumps(seen["SignIn"] | {"submit": ["c00000000"]})
        with house.inventory.write() as db:
            db.execute("UPDATE screens_seen SET first_seen_at = '2020-01-01'")
            db.execute("UPDATE screens_seen SET parts = ? WHERE screen = 'SignIn'", (form,))
        assert {screen for _, screen in looks._looked} == set(seen)  # which is not looked at again for an hour
        looks._looked.clear()
        assert (await runner.run(name, "login", fresh=True)).failure is None
        notices = house.inventory.rows("SELECT words FROM notices WHERE kind = 'drift'")
        assert [row["words"] for row in notices] == ["SignIn: submit is another element"]
