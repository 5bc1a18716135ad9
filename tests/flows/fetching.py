"""ERA download at any portal: questions, what must be on disk, and what must be seen of faults on both sides."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from asking import Result, ask, order
from failing import Fault
from house import ORGANIZATION, OTHER_ORGANIZATION, House

from bots.desk import Failure, Question
from bots.era.archive import Archive
from bots.runner.desk import InventoryDesk
from flows.era_download import EraDownloadAnswer, EraDownloadInquiry
from flows.errors import error_classes
from flows.parties import Organization, Provider
from payers.registry import listed_payers

PAYERS = {"availity": "aetna", "uhc": "united-healthcare", "tmhp": "texas-medicaid"}
PAYER_IDS = {"availity": "60054", "uhc": "87726", "tmhp": "texas-medicaid"}


def today(house: House) -> date:
    return date.fromisoformat(house.world.get("/state")["now"][:10])


def era_question(
    house: House,
    portal: str,
    days: int = 14,
    *,
    organization: Organization = ORGANIZATION,
    npi: str = "",
    payer: str = "",
    ago: int = 0,
    **more: Any,
) -> Question:
    """The question for the files of some days up to today, or up to `ago` days before."""
    last = today(house) - timedelta(days=ago)
    inquiry = EraDownloadInquiry(
        organization=organization,
        provider=Provider(npi=npi) if npi else None,
        paid_from=last - timedelta(days=days - 1),
        paid_to=last,
        **more,
    )
    return Question(payer=listed_payers()[payer or PAYERS[portal]].payer, inquiry=inquiry)


def offered(house: House, portal: str, user: str, question: Question) -> list[dict[str, Any]]:
    """What the portal lists for a question, and what became of each file."""
    inquiry, payer = question.inquiry, next(iter(question.payer.payer_ids), question.payer.name)
    assert isinstance(inquiry, EraDownloadInquiry)
    rows: list[dict[str, Any]] = house.world.get(
        f"/payments?portal={portal}&user={user}&payer={payer}&tin={inquiry.organization.tin}"
        f"&first={inquiry.paid_from}&last={inquiry.paid_to}"
    )
    return [row for row in rows if inquiry.provider is None or row["npi"] == inquiry.provider.npi]


async def fetch(house: House, name: str, *questions: Question, **more: Any) -> tuple[Any, list[Result]]:
    return await ask(house, name, *questions, flow="era_download", **more)


def kept(house: House) -> list[dict[str, Any]]:
    """The rows of what is on disk, each with its file's bytes; every file that is there has its row."""
    rows = house.inventory.rows("SELECT * FROM era_kept WHERE kept_at IS NOT NULL ORDER BY id")
    for row in rows:
        data = _bytes(house, row["sha256"])
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (row["sha256"], row["size"])
        row["bytes"] = data
    places = (house.settings.fetched_folder, house.settings.era_folder / "archive")
    there = [file.stem for place in places for file in place.rglob("*.age")]
    assert sorted(there) == sorted({row["sha256"] for row in rows})
    return rows


def _bytes(house: House, sha256: str) -> bytes:
    """A file as it came: from the archive, once it was taken in."""
    [row] = house.inventory.rows("SELECT received_at FROM era_files WHERE sha256 = ?", (sha256,))
    return Archive(house.settings.era_folder / "archive", house.key).open(sha256, row["received_at"])


def check_kept(house: House, rows: Sequence[Mapping[str, Any]]) -> None:
    """Each of these payments has exactly one file on disk, which is its own."""
    found = [each for each in kept(house) if each["set_aside_at"] is None]
    assert sorted((each["trace"], each["posted_on"]) for each in found) == sorted(
        (row["trace"], row["posted_on"]) for row in rows
    )
    by_trace = {(each["trace"], each["posted_on"]): each for each in found}
    for row in rows:
        mine = by_trace[row["trace"], row["posted_on"]]
        assert (mine["amount"], mine["paid_on"]) == (row["amount"], row["paid_on"])
        assert (mine["payee_tin"], mine["payee_npi"]) == (row["tin"], row["npi"])


def said(result: Result) -> EraDownloadAnswer:
    assert isinstance(result, EraDownloadAnswer), result
    return result


def rows_and_question(house: House, portal: str, user: str, least: int, **more: Any) -> tuple[Any, Question]:
    """A question about at least so many payments, of as few weeks as that takes, and the payments."""
    for weeks in range(1, 20):
        question = era_question(house, portal, 7 * weeks, **more)
        if len(rows := offered(house, portal, user, question)) >= least:
            return rows, question
    raise AssertionError("the world pays too little")


def only(question: Question, *traces: str) -> Question:
    """The question for the files of these payments alone."""
    return question.model_copy(update={"inquiry": question.inquiry.model_copy(update={"traces": traces})})


def text_of(data: bytes, trace: str) -> bytes:
    """The 835 of a payment: the file itself, or one of those in a zip."""
    if not data.startswith(b"PK"):
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return next(text for name in archive.namelist() if trace.encode() in (text := archive.read(name)))


async def fetches_and_marks(house: House, portal: str, *, signed_in: bool = True) -> None:
    """Everything listed is on disk and marked; a second run downloads nothing."""
    name, user = house.account(portal, signed_in=signed_in)
    rows, question = rows_and_question(house, portal, user, 3)
    run, [answer] = await fetch(house, name, question)
    assert run.failure is None
    rows = offered(house, portal, user, question)
    check_kept(house, rows)
    found = said(answer)
    assert [(each.trace, f"{each.amount:.2f}", each.paid_on.isoformat()) for each in found.listed] == [
        (row["trace"], row["amount"], row["paid_on"]) for row in rows
    ]
    assert (found.organization, found.payee_tin, found.refused) == (ORGANIZATION.name, ORGANIZATION.tin, ())
    assert sorted(payment.trace for each in found.kept for payment in each.payments) == sorted(
        row["trace"] for row in rows
    )
    assert {(row["downloads"], row["marked"]) for row in rows} == {(1, True)}
    listed = house.inventory.rows(
        "SELECT trace, amount, paid_on, mark FROM era_listed ORDER BY paid_on DESC, trace DESC"
    )
    assert [(row["trace"], row["amount"]) for row in listed] == [(row["trace"], row["amount"]) for row in rows]
    again, [second] = await fetch(house, name, question)
    assert again.failure is None
    assert (said(second).kept, len(said(second).listed)) == ((), len(rows))
    assert house.world.account(portal, user)["era_downloads"] == len(rows)
    assert house.world.account(portal, user)["password_submissions"] == (not signed_in)


async def none_is_an_answer(house: House, portal: str) -> None:
    """A day without a payment."""
    name, user = house.account(portal, signed_in=True)
    ago = next(n for n in range(30) if not offered(house, portal, user, era_question(house, portal, 1, ago=n)))
    run, [answer] = await fetch(house, name, era_question(house, portal, 1, ago=ago))
    assert run.failure is None
    found = said(answer)
    assert (found.listed, found.kept, bool(found.portal_words)) == ((), (), True)
    assert house.world.account(portal, user)["era_searches"] == 1


async def all_pages(house: House, portal: str, least: int) -> None:
    """Every page is listed; of what is on them, what was asked for by its trace is fetched."""
    name, user = house.account(portal, signed_in=True)
    rows, question = rows_and_question(house, portal, user, least)
    traces = (rows[0]["trace"], rows[-1]["trace"])
    run, [answer] = await fetch(house, name, only(question, *traces))
    assert run.failure is None
    assert [each.trace for each in said(answer).listed] == [row["trace"] for row in rows]
    check_kept(house, [rows[0], rows[-1]])
    assert house.world.account(portal, user)["era_downloads"] == 2


async def only_who_was_asked_for(house: House, portal: str, npi: str) -> None:
    """Another organization, then one payee of the first: only theirs are listed and fetched."""
    name, user = house.account(portal, signed_in=True)
    other = era_question(house, portal, 7, organization=OTHER_ORGANIZATION, ago=7)
    rows, one = rows_and_question(house, portal, user, 1, npi=npi)
    run, [first, second] = await fetch(house, name, other, one)
    assert run.failure is None
    theirs = offered(house, portal, user, other)
    assert len(theirs) >= 1
    check_kept(house, [*theirs, *rows])
    assert (said(first).organization, said(first).payee_tin) == (OTHER_ORGANIZATION.name, OTHER_ORGANIZATION.tin)
    assert {each.payee_npi for each in said(second).listed} == {npi}


async def only_what_comes_by_the_portal(house: House, portal: str, npi: str) -> None:
    """What comes by the clearinghouse for one payee is listed, and the portal sees no download and no mark of it.

    The rest comes by both ways, and waits until somebody has told that nothing came by the other.
    """
    name, user = house.account(portal, signed_in=True)
    question = era_question(house, portal, 28)
    lines = f"{PAYER_IDS[portal]},{npi},clearinghouse,", ",,both,"
    (house.settings.config / "era_routes.csv").write_text("\n".join(["payer,payee,route,enrolled_on", *lines]))
    for _ in range(2):
        run, [answer] = await fetch(house, name, question)
        assert run.failure is None
        rows = offered(house, portal, user, question)
        theirs, ours = ([row for row in rows if (row["npi"] == npi) is them] for them in (True, False))
        assert {(row["downloads"], row["marked"]) for row in theirs} == {(0, False)}
        assert {(row["downloads"], row["marked"]) for row in ours} == {(1, True)}
    check_kept(house, ours)
    assert [each.trace for each in said(answer).listed] == [row["trace"] for row in rows]
    assert [each.trace for each in said(answer).left_alone] == [row["trace"] for row in theirs]
    assert passed_on(house) == []
    (nothing := house.home / "clearinghouse").mkdir()
    assert house.pk("era", "seen", str(nothing)).returncode == 0
    assert sorted(passed_on(house)) == sorted(row["trace"] for row in ours)
    missing = json.loads(house.pk("era", "missing", "--json").stdout)
    assert {row["trace"] for row in missing}.isdisjoint(row["trace"] for row in theirs)


async def not_listed_for_this_account(house: House, portal: str) -> None:
    """An organization that the account does not have is said to be missing; nothing is searched."""
    name, user = house.account(portal, organizations=[ORGANIZATION.name], signed_in=True)
    stranger = Organization(name=OTHER_ORGANIZATION.name, tin=OTHER_ORGANIZATION.tin)
    run, results = await fetch(house, name, era_question(house, portal, organization=stranger))
    assert run.failure is None
    assert [getattr(each, "error", "") for each in results] == ["InputError"]
    assert house.world.account(portal, user)["era_searches"] == 0


# what a search meets -> the question's own failure
SEARCH_FAULTS = {
    "payer_down": "PayerUnavailable",
    "outage_text": "PayerUnavailable",
    "other_organization": "AnswerUnreadable",
    "stale_result": "AnswerUnreadable",
    "empty_result": "AnswerUnreadable",
}


async def searches_meet(house: House, portal: str) -> None:
    """A list that is not the answer to the search is not walked; the next question is answered."""
    name, user = house.account(portal, signed_in=True)
    rows, question = rows_and_question(house, portal, user, 1)
    found: dict[str, object] = {}
    house.world.post("/clock", advance_seconds=0)
    for kind in SEARCH_FAULTS:
        order(house, portal, user, kind, "era_lookup")
        run, [result] = await fetch(house, name, question)
        assert run.failure is None, (kind, run.failure)
        found[kind] = getattr(result, "error", result)
    assert found == SEARCH_FAULTS
    assert house.world.account(portal, user)["era_downloads"] == 0
    assert (await fetch(house, name, question))[0].failure is None
    check_kept(house, rows)


FILE_FAULTS = {
    "empty_file": "an empty file came",
    "login_page_file": "a web page came in the place of the file",
}


async def files_come_wrong_at_first(house: House, portal: str, kind: str) -> None:
    """What is no file is not kept, and the payment is tried once more in the same run."""
    name, user = house.account(portal, signed_in=True)
    rows, question = rows_and_question(house, portal, user, 2)
    order(house, portal, user, kind)
    run, [answer] = await fetch(house, name, question)
    assert run.failure is None
    assert said(answer).refused == ()
    check_kept(house, rows)
    assert all(row["marked"] for row in offered(house, portal, user, question))
    assert not house.inventory.rows("SELECT * FROM incidents")


async def files_come_wrong_always(house: House, portal: str, kind: str, words: str) -> None:
    """It is said, nothing is kept or marked as had, and a later run finds them."""
    name, user = house.account(portal, signed_in=True)
    rows, question = rows_and_question(house, portal, user, 2)
    order(house, portal, user, kind, times=None)
    run, [answer] = await fetch(house, name, question)
    assert run.failure is None
    assert {each.why for each in said(answer).refused} == {words}
    assert sum(len(each.payments) for each in said(answer).refused) == len(rows)
    assert (kept(house), said(answer).kept) == ([], ())
    house.world.clear_faults()
    await fetch(house, name, question)
    check_kept(house, rows)


async def a_truncated_file_is_fetched_again(house: House, portal: str) -> None:
    """It is kept as it came, for it may be all there is; being torn it is not passed on, and set aside."""
    name, user = house.account(portal, signed_in=True)
    rows, question = rows_and_question(house, portal, user, 1)
    rows, question = rows[:1], only(question, rows[0]["trace"])
    order(house, portal, user, "truncated_file")
    await fetch(house, name, question)
    [torn] = kept(house)
    assert b"IEA" not in torn["bytes"]
    assert passed_on(house) == []
    run, [answer] = await fetch(house, name, question)
    assert run.failure is None
    check_kept(house, rows)
    assert [row["bytes"].count(b"IEA*") for row in kept(house)] == [0, 1]
    assert len(said(answer).kept) == 1
    assert passed_on(house) == [rows[0]["trace"]]


def passed_on(house: House) -> list[str]:
    """The traces of the payments in the drop folder's files."""
    files = sorted((house.settings.era_folder / "drop").glob("*.835"))
    return [
        line.split("*")[2] for file in files for line in file.read_text().split("~") if line.strip().startswith("TRN*1")
    ]


async def late_and_revised(house: House, portal: str) -> None:
    """A payment without a file is listed and fetched when it has one; a revised file comes beside the first."""
    name, user = house.account(portal, signed_in=True)
    rows, question = rows_and_question(house, portal, user, 2)
    late, revised = rows[0]["trace"], rows[1]["trace"]
    house.world.post("/payments", portal=portal, user=user, trace=late, late=True)
    run, [answer] = await fetch(house, name, question)
    assert run.failure is None
    assert {each.trace: each.offered for each in said(answer).listed}[late] is False
    check_kept(house, rows[1:])
    house.world.post("/payments", portal=portal, user=user, trace=late, late=False)
    house.world.post("/payments", portal=portal, user=user, trace=revised, revised=True)
    run, [answer] = await fetch(house, name, question)
    assert run.failure is None
    now_there = offered(house, portal, user, question)
    assert len(now_there) == len(rows) + 1
    check_kept(house, now_there)
    both = [text_of(row["bytes"], revised) for row in kept(house) if row["trace"] == revised]
    assert sorted(b"REVISED" in text for text in both) == [False, True]


async def the_session_ends_in_the_middle(
    house: House, portal: str, monkeypatch: pytest.MonkeyPatch, least: int = 3
) -> None:
    """The worker signs in once more and fetches the rest; what was on disk is not downloaded again."""
    name, user = house.account(portal)
    rows, question = rows_and_question(house, portal, user, least)
    keeps = InventoryDesk.kept

    async def kept_then_ended(self: InventoryDesk, *given: Any) -> None:
        await keeps(self, *given)
        if house.world.account(portal, user)["sign_ins"] == 1:
            order(house, portal, user, "end_session")

    monkeypatch.setattr(InventoryDesk, "kept", kept_then_ended)
    run, results = await fetch(house, name, question)
    assert run.failure is None, run.failure
    [answer] = results
    check_kept(house, rows)
    seen = house.world.account(portal, user)
    assert seen["sign_ins"] == seen["password_submissions"] == 2
    assert seen["era_downloads"] == len(rows)
    assert len(said(answer).listed) == len(rows)


RUN_FAULTS = (
    *(Fault(kind, at, error)
      for at in ("eras", "era_lookup", "era_file")
      for kind, error in (("server_error", "PortalUnavailable"), ("captcha", "CaptchaShown"),
                          ("access_blocked", "AccessBlocked"), ("unknown_page", "ScreenNotRecognised"))),
    Fault("maintenance", "era_lookup", "PortalUnavailable"),
    Fault("changed_ids", "eras", "ScreenNotRecognised"),
    Fault("changed_labels", "eras", "PortalChanged"),
)  # fmt: skip


async def the_run_meets(house: House, portal: str, fault: Fault) -> None:
    """The run ends without an answer, and says what was in the way or which part of the page it misses."""
    name, user = house.account(portal, signed_in=True)
    _, question = rows_and_question(house, portal, user, 1)
    order(house, portal, user, fault.kind, fault.at)
    run, results = await fetch(house, name, question)
    failure = run.failure or results[0]
    assert isinstance(failure, Failure), results
    assert issubclass(error_classes()[failure.error], error_classes()[fault.error]), failure
    assert failure.screen or failure.locator, failure
    assert kept(house) == []


async def permission_is_missing(house: House, portal: str) -> None:
    """An account without the role searches nothing."""
    name, user = house.account(portal, roles=["eligibility"], signed_in=True)
    run, results = await fetch(house, name, era_question(house, portal))
    assert (run.failure and run.failure.error, results) == ("PermissionMissing", [])
    assert house.world.account(portal, user)["era_searches"] == 0
