"""ERA download at TMHP, in a real browser against the sandbox."""

from __future__ import annotations

from collections.abc import Callable

import failing
import fetching
import pytest
from asking import codes_at_once, policies
from house import NPI, House

from bots.runner import run as runs
from payers.portals.tmhp import era_download, era_list

__all__ = ["codes_at_once", "policies"]

pytestmark = pytest.mark.usefixtures("codes_at_once")


@pytest.fixture
def impatience(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short time-outs, and no second try of a run."""
    for module, name in (
        (era_download, "FORM_SECONDS"),
        (era_download, "ANSWER_SECONDS"),
        (era_list, "PAGE_SECONDS"),
        (era_list, "FILE_SECONDS"),
    ):
        monkeypatch.setattr(module, name, 4)
    monkeypatch.setattr(runs, "TRIES", 1)
    house.settings = house.settings.model_copy(update={"step_timeout_seconds": 4})


async def test_fetches_what_is_new_and_marks_it(house: House) -> None:
    await fetching.fetches_and_marks(house, "tmhp")


async def test_a_day_without_a_payment(house: House) -> None:
    await fetching.none_is_an_answer(house, "tmhp")


async def test_only_who_was_asked_for(house: House) -> None:
    await fetching.only_who_was_asked_for(house, "tmhp", NPI)


async def test_only_what_comes_by_the_portal(house: House) -> None:
    await fetching.only_what_comes_by_the_portal(house, "tmhp", NPI)


async def test_an_organization_that_is_not_listed(house: House) -> None:
    await fetching.not_listed_for_this_account(house, "tmhp")


async def test_searches_that_meet_faults(house: House, impatience: None) -> None:
    await fetching.searches_meet(house, "tmhp")


@pytest.mark.parametrize("kind", [*fetching.FILE_FAULTS, "cut_file"])
async def test_files_that_come_wrong_at_first(house: House, kind: str) -> None:
    await fetching.files_come_wrong_at_first(house, "tmhp", kind)


@pytest.mark.parametrize(("kind", "words"), fetching.FILE_FAULTS.items())
async def test_files_that_come_wrong_always(house: House, kind: str, words: str) -> None:
    await fetching.files_come_wrong_always(house, "tmhp", kind, words)


async def test_a_truncated_file(house: House) -> None:
    await fetching.a_truncated_file_is_fetched_again(house, "tmhp")


async def test_late_and_revised_files(house: House) -> None:
    await fetching.late_and_revised(house, "tmhp")


async def test_the_session_ends_in_the_middle(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await fetching.the_session_ends_in_the_middle(house, "tmhp", monkeypatch)


@pytest.mark.sampled(3, 2)
@pytest.mark.parametrize("fault", fetching.RUN_FAULTS, ids=str)
async def test_a_run_that_meets_a_fault(house: House, fault: failing.Fault, impatience: None) -> None:
    await fetching.the_run_meets(house, "tmhp", fault)


async def test_the_account_lacks_the_role(house: House) -> None:
    await fetching.permission_is_missing(house, "tmhp")


@pytest.mark.parametrize(("rule", "phrase"), [("era_span_days", "era_span"), ("era_days", "era_days")])
async def test_days_that_the_portal_does_not_take(
    house: House, policies: Callable[..., None], rule: str, phrase: str
) -> None:
    policies("tmhp", **{rule: 10})
    name, _ = house.account("tmhp", signed_in=True)
    run, [refused, taken] = await fetching.fetch(
        house, name, fetching.era_question(house, "tmhp", 12), fetching.era_question(house, "tmhp", 9)
    )
    assert run.failure is None
    assert (getattr(refused, "error", ""), getattr(refused, "phrase", "")) == ("InputError", phrase)
    assert fetching.said(taken).listed
