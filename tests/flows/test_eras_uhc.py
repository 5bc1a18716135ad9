"""ERA download at UnitedHealthcare's provider portal, in a real browser against the sandbox."""

from __future__ import annotations

import failing
import fetching
import pytest
from asking import codes_at_once
from house import NPI, House

from bots.runner import run as runs
from payers.portals.uhc import era_download, era_list

__all__ = ["codes_at_once"]

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
    await fetching.fetches_and_marks(house, "uhc")


async def test_a_day_without_a_payment(house: House) -> None:
    await fetching.none_is_an_answer(house, "uhc")


async def test_two_pages(house: House) -> None:
    await fetching.all_pages(house, "uhc", 11)


async def test_only_who_was_asked_for(house: House) -> None:
    await fetching.only_who_was_asked_for(house, "uhc", NPI)


async def test_an_organization_that_is_not_listed(house: House) -> None:
    await fetching.not_listed_for_this_account(house, "uhc")


async def test_searches_that_meet_faults(house: House, impatience: None) -> None:
    await fetching.searches_meet(house, "uhc")


@pytest.mark.parametrize("kind", [*fetching.FILE_FAULTS, "cut_file"])
async def test_files_that_come_wrong_at_first(house: House, kind: str) -> None:
    await fetching.files_come_wrong_at_first(house, "uhc", kind)


@pytest.mark.parametrize(("kind", "words"), fetching.FILE_FAULTS.items())
async def test_files_that_come_wrong_always(house: House, kind: str, words: str) -> None:
    await fetching.files_come_wrong_always(house, "uhc", kind, words)


async def test_a_truncated_file(house: House) -> None:
    await fetching.a_truncated_file_is_fetched_again(house, "uhc")


async def test_late_and_revised_files(house: House) -> None:
    await fetching.late_and_revised(house, "uhc")


async def test_the_session_ends_in_the_middle(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await fetching.the_session_ends_in_the_middle(house, "uhc", monkeypatch, least=11)


@pytest.mark.sampled(3, 1)
@pytest.mark.parametrize("fault", fetching.RUN_FAULTS, ids=str)
async def test_a_run_that_meets_a_fault(house: House, fault: failing.Fault, impatience: None) -> None:
    await fetching.the_run_meets(house, "uhc", fault)


async def test_the_account_lacks_the_role(house: House) -> None:
    await fetching.permission_is_missing(house, "uhc")


async def test_a_span_of_more_than_ninety_days_is_asked_in_parts(house: House) -> None:
    name, user = house.account("uhc", signed_in=True)
    rows, question = fetching.rows_and_question(house, "uhc", user, 40)
    run, [answer] = await fetching.fetch(house, name, fetching.only(question, rows[-1]["trace"]))
    assert run.failure is None
    assert [each.trace for each in fetching.said(answer).listed] == [row["trace"] for row in rows]
    fetching.check_kept(house, rows[-1:])
    assert house.world.account("uhc", user)["era_searches"] == 2


async def test_days_that_the_portal_does_not_offer_any_more(house: House) -> None:
    name, _ = house.account("uhc", signed_in=True)
    run, [refused] = await fetching.fetch(house, name, fetching.era_question(house, "uhc", 400))
    assert run.failure is None
    assert (getattr(refused, "error", ""), getattr(refused, "phrase", "")) == ("InputError", "era_days")


async def test_several_files_come_in_one_zip(house: House) -> None:
    name, user = house.account("uhc", signed_in=True)
    rows, question = fetching.rows_and_question(house, "uhc", user, 3)
    await fetching.fetch(house, name, question)
    found = fetching.kept(house)
    assert (len(found), len({row["sha256"] for row in found})) == (len(rows), 1)
    assert all(row["trace"].encode() in fetching.text_of(found[0]["bytes"], row["trace"]) for row in rows)
