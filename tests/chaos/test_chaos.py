"""The short form of `make chaos`: no run breaks a promise, and every guarantee that is taken out is noticed."""

from __future__ import annotations

import pytest

from tests.chaos.every_stop import WAYS, killed_everywhere
from tests.chaos.in_browser import in_browsers
from tests.chaos.pairs import PAIRS
from tests.chaos.sabotage import SABOTAGES
from tests.chaos.stage import noticed, several

SHARES = 2  # they run side by side, and are played in processes of their own
RUNS = 16
IN_BROWSER = (1, 7)


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
def test_no_mix_breaks_a_promise(share: int) -> None:
    for ended in several(range(share, RUNS, SHARES)):
        assert not ended.violations, ended.story
        assert ended.counts["ended signed in"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
def test_the_named_faults_alone_and_in_pairs_never_lock(share: int) -> None:
    named = [name for name in PAIRS if name.endswith("(wrong password, 0)") or "reset killed in" in name]
    for ended in several(named[share :: 4 * SHARES]):
        assert not ended.violations, ended.story


@pytest.mark.slow
@pytest.mark.parametrize(("way", "first"), [(way, number % 3) for number, way in enumerate(WAYS)])
def test_a_new_password_killed_at_every_third_stop_ends_signed_in(way: str, first: int) -> None:
    kills = [*killed_everywhere(way, which=slice(first, None, 3))]
    assert len(kills) > 16
    assert [(kill.stop, kill.problem) for kill in kills if kill.problem] == []


@pytest.mark.slow
def test_no_mix_in_a_real_browser_breaks_a_promise() -> None:
    for ended in in_browsers(IN_BROWSER):
        assert not ended.violations, ended.story
        assert ended.counts["ended signed in"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("guarantee", SABOTAGES)
def test_a_guarantee_that_is_taken_out_is_missed(guarantee: str) -> None:
    assert noticed(guarantee), guarantee
