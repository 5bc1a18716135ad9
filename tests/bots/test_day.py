"""A small day of service life, with kills: `benchmarks.day` has the large one."""

from __future__ import annotations

import pytest

from benchmarks.day import staged


@pytest.mark.slow
def test_every_planned_run_has_its_end_through_kills_and_faults() -> None:
    with staged(8, seed=3, browsers=False) as day:
        outcome = day.live(7, kills=2, tell=lambda *words, **more: None)
    assert outcome.unexplained == [] and outcome.lockouts == [] and outcome.left == []
    assert outcome.starts == 3 and outcome.planned >= 16
    assert outcome.states["done"] > 0 and outcome.submissions > 0
