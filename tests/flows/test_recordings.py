"""What was recorded is read as the JSON beside it says: without network, without a session."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page

from bots import settings
from bots.browser import Host, find_browser
from bots.recording.reading import load, read
from bots.recording.scrubber import scrub
from bots.recording.vocabulary import vocabulary_of
from payers.kit import shown
from payers.portals.epaces.failures import mark
from payers.portals.medi_cal.failures import leave
from payers.registry import portals

PAGES = Path(__file__).parents[2] / "recordings" / "pages"
EVERY_RECORDING = sorted(PAGES.glob("*/*.html"))
PASSED = "--passed"  # screens that only lead on: form, choice, code box
RECORDINGS = [path for path in EVERY_RECORDING if not path.stem.endswith(PASSED)]


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest_asyncio.fixture(scope="module")
async def host() -> AsyncIterator[Host]:
    host = await Host.start(find_browser(None), sandbox=settings.load().browser_sandbox)
    yield host
    await host.stop()


@pytest_asyncio.fixture
async def page(host: Host) -> AsyncIterator[Page]:
    async with host.context(None) as (context, _):
        await context.set_offline(True)
        context.set_default_timeout(2000)
        yield await context.new_page()


@pytest.mark.parametrize("path", RECORDINGS, ids=named)
async def test_a_recording_is_read_as_recorded(page: Page, path: Path) -> None:
    said = json.loads(path.with_suffix(".json").read_text())
    await load(page, path.parent.name, path.read_text(), path.stem.partition("--")[0])
    assert await read(page, path.parent.name, said) == said["reads"]


def kinds(read: Any) -> Any:
    """Which fields a reading has, and of which kinds; a status, a match and an error by themselves."""
    match read:
        case dict():
            told = {"error", "phrase", "match", "coverage", "status", "reject_code", "category_code", "mark"}
            return {name: value if name in told else kinds(value) for name, value in read.items()}
        case list():
            return [kinds(each) for each in read]
    return type(read).__name__


GOOD = [path for path in RECORDINGS if json.loads(path.with_suffix(".json").read_text())["outcome"] == "good"]


@pytest.mark.parametrize("path", GOOD, ids=named)
async def test_a_scrubbed_page_gives_the_same_reading_of_nobody(page: Page, path: Path) -> None:
    portal, screen = path.parent.name, path.stem.partition("--")[0]
    said = json.loads(path.with_suffix(".json").read_text())
    asked = {name: said[name] for name in ("inquiry", "number") if name in said}
    scrubbed = scrub(path.read_text(), vocabulary_of(portal), asked=asked)
    await load(page, portal, scrubbed.html, screen)
    found = await read(page, portal, said | scrubbed.asked)
    assert kinds(found) == kinds(said["reads"])
    who = said.get("inquiry", {}).get("member", {})
    private = [who["member_id"], who["patient"]["last_name"], who["patient"]["birth_date"]] if who else []
    assert [each for each in private if each.casefold() in f"{scrubbed}{found}".casefold()] == []


# a page that says something else: portal, case, what is replaced by what, and what must become of the reading
OTHERWISE = (
    ("availity", "active", ">Remaining<", ">Met<", {"error": "AnswerUnreadable", "locator": "columns"}),
    ("availity", "active", ">Active Coverage<", ">Pending<", {"error": "AnswerUnreadable", "locator": "status"}),
    ("availity", "active", ">$1,000.00<", ">see plan<", {"error": "AnswerUnreadable"}),
    ("availity", "active", ">2000001018<", ">2000001026<", {"error": "AnswerUnreadable", "locator": "Provider NPI"}),
    ("availity", "active", ">Member ID<", ">Subscriber No.<", {"error": "AnswerUnreadable", "locator": "Member ID"}),
    ("availity", "not-found", ">Subscriber/Insured Not Found", ">No luck today", {"error": "AnswerUnreadable"}),
    ("uhc", "active", ">Met<", ">Remaining<", {"error": "AnswerUnreadable", "locator": "columns"}),
    ("uhc", "active", ">Active<", ">Pending<", {"error": "AnswerUnreadable", "locator": "Coverage Status"}),
    ("uhc", "active", ">$306.23<", ">some<", {"error": "AnswerUnreadable", "locator": "Deductible met"}),
    ("uhc", "active", ">2000001018<", ">2000001026<", {"error": "AnswerUnreadable", "locator": "NPI"}),
    ("uhc", "active", ">000004471<", ">000007312<", {"error": "AnswerUnreadable", "locator": "Tax ID"}),
    ("uhc", "active", ">Ignatius Draftington<", ">Ignatia Draftington<", {"match": "differs"}),
    ("uhc", "active", ">Ignatius Draftington<", ">Ignatius Other<", {"match": "differs"}),
    ("uhc", "active", ">01/20/1977<", ">01/21/1977<", {"match": "differs"}),
    ("uhc", "active", ">11/23/2026<", ">11/22/2026<", {"match": "differs"}),
    ("uhc", "active", ">12/01/2020<", ">soon<", {"error": "AnswerUnreadable", "locator": "Effective Date"}),
    ("uhc", "not-found", ">Member not found.", ">No luck today.", {"error": "AnswerUnreadable", "locator": "words"}),
    (
        "tmhp",
        "active",
        ">Eligible<",
        ">Partly Eligible<",
        {"error": "AnswerUnreadable", "locator": "Eligibility Status"},
    ),
    ("tmhp", "active", ">2000001018<", ">2000001026<", {"error": "AnswerUnreadable", "locator": "NPI"}),
    ("tmhp", "active", ">000004471<", ">000007312<", {"error": "AnswerUnreadable", "locator": "Tax ID"}),
    ("tmhp", "active", "<td>11/23/2026<", "<td>11/22/2026<", {"match": "differs"}),
    ("tmhp", "active", ">Client Name<", ">Person<", {"error": "AnswerUnreadable", "locator": "Client Name"}),
    ("tmhp", "active", ">EXAMPLAR, ", ">OTHER, ", {"match": "differs"}),
    ("tmhp", "active", "<td>02/01/1958<", "<td>02/02/1958<", {"match": "differs"}),
    ("tmhp", "active", ">05/01/2020<", ">soon<", {"error": "AnswerUnreadable", "locator": "Begin Date"}),
    (
        "tmhp",
        "not-found",
        ">Subscriber/Insured Not Found",
        ">No luck",
        {"error": "AnswerUnreadable", "locator": "words"},
    ),
    ("uhc", "not-found", 'value="2000001018" selected', 'value="1" selected', {"error": "AnswerUnreadable"}),
    ("epaces", "active", ">MEDICAID ELIGIBLE<", ">NOT MEDICAID ELIGIBLE<", {"coverage": "inactive"}),
    ("epaces", "active", ">MEDICAID ELIGIBLE<", ">EMERGENCY SERVICES ONLY<", {"error": "AnswerUnreadable"}),
    ("epaces", "inactive", ">NOT MEDICAID ELIGIBLE<", "><", {"error": "AnswerUnreadable", "locator": "Coverage"}),
    ("epaces", "active", ">Plan Date<", ">Plan End<", {"error": "AnswerUnreadable", "locator": "columns"}),
    ("epaces", "active", ">2000001018<", ">2000001026<", {"error": "AnswerUnreadable", "locator": "Provider NPI"}),
    ("epaces", "active", ">11/23/2026<", ">10/23/2026<", {"error": "AnswerUnreadable", "locator": "Date of Service"}),
    ("epaces", "active", ">Client Name:<", ">Recipient:<", {"error": "AnswerUnreadable", "locator": "Client Name"}),
    ("epaces", "not-found", "Subscriber/Insured Not Found", "No luck today", {"error": "AnswerUnreadable"}),
    ("medi_cal", "active", "MEDI-CAL ELIGIBLE W/ NO SOC", "NOT ELIGIBLE W/ NO SOC", {"coverage": "inactive"}),
    ("medi_cal", "active", "PRMY AID", "NO RECORDED ELIGIBILITY. PRMY AID", {"error": "AnswerUnreadable"}),
    ("medi_cal", "active", "W/ NO SOC", "W/ SOC", {"error": "AnswerUnreadable", "locator": "status-area"}),
    ("medi_cal", "inactive", "IS NOT ELIGIBLE", "MAY BE ELIGIBLE", {"coverage": "inactive"}),
    (
        "medi_cal",
        "inactive",
        "IS NOT ELIGIBLE FOR MEDI-CAL. NO RECORDED",
        "IS ELIGIBLE.",
        {"error": "AnswerUnreadable"},
    ),
    ("medi_cal", "active", "CNTY CODE: 19", "The system is unavailable", {"error": "PayerUnavailable"}),
    ("medi_cal", "active", "CNTY CODE: 19", "Your session has expired", {"error": "SessionEnded"}),
    ("medi_cal", "active", "NPI: 2000001018", "NPI: 2000001026", {"error": "AnswerUnreadable", "locator": "provider"}),
    (
        "medi_cal",
        "active",
        'value="11/23/2026"',
        'value="11/2/2026"',
        {"error": "AnswerUnreadable", "locator": "Service Date"},
    ),
    ("medi_cal", "not-found", "Subscriber/Insured Not Found", "No luck today", {"error": "AnswerUnreadable"}),
)


async def read_otherwise(page: Page, portal: str, name: str, old: str, new: str) -> dict[str, Any]:
    """What is read of a recording on which something else stands."""
    path = PAGES / portal / f"{name}.html"
    recorded = path.read_text()
    assert old in recorded
    await load(page, portal, recorded.replace(old, new), name.partition("--")[0])
    return await read(page, portal, json.loads(path.with_suffix(".json").read_text()))


@pytest.mark.parametrize(("portal", "case", "old", "new", "becomes"), OTHERWISE)
async def test_what_says_otherwise_is_not_taken_for_the_answer(
    page: Page, portal: str, case: str, old: str, new: str, becomes: dict[str, str]
) -> None:
    found = await read_otherwise(page, portal, f"result--{case}", old, new)
    assert {name: found.get(name) for name in becomes} == becomes


# the same for pages of claims: portal, page, what is replaced by what, and what must become of the reading
CLAIMS_OTHERWISE = (
    ("availity", "claim--paid", ">Paid<", ">Settled<", {"error": "AnswerUnreadable", "locator": "columns"}),
    ("availity", "claim--paid", ">F1<", ">F0<", {"category_code": "F0", "status": "paid"}),
    ("availity", "claim--partly-paid", ">F1<", ">F0<", {"error": "AnswerUnreadable", "locator": "status"}),
    ("availity", "claim--pending", ">P1<", ">R4<", {"status": "needs_information", "portal_words": "IN PROCESS"}),
    ("availity", "claim--pending", ">P1<", ">E1<", {"error": "PayerUnavailable"}),
    ("availity", "claim--paid", ">E66018900004<", ">E66018900005<", {"locator": "Claim Number"}),
    ("availity", "claim--paid", ">SPECIMANN, FIORELLA<", ">SPECIMANN, OTHER<", {"locator": "Patient Name"}),
    ("availity", "claim--paid", ">Claim Status<", ">Disposition<", {"locator": "Claim Status"}),
    ("availity", "claim--paid", ">Type<", ">Kind<", {"error": "AnswerUnreadable", "locator": "columns"}),
    ("availity", "claims--several", "1–2 of 2", "1–2 of 12", {"error": "AnswerUnreadable", "locator": "shown_of"}),
    ("availity", "claims--several", ">Billed Amount<", ">Amount<", {"error": "AnswerUnreadable", "locator": "columns"}),
    ("availity", "claims--several", ">60054<", ">61101<", {"error": "AnswerUnreadable", "locator": "Payer ID"}),
    ("availity", "claims--several", ">2000001018<", ">2000001026<", {"locator": "Provider NPI"}),
    ("availity", "claims--none", ">Acknowledgement/Not Found", ">No luck", {"locator": "alert"}),
    ("availity", "claims--none", ">A4<", ">E1<", {"error": "PayerUnavailable"}),
    ("availity", "claims--none", ">A4<", ">A3<", {"category_code": "A3", "status": "rejected"}),
    ("uhc", "claims--several", ">063177200000<", ">031841300001<", {"error": "AnswerUnreadable", "locator": "rows"}),
    ("uhc", "claim--paid", ">Paid<", ">Settled<", {"error": "AnswerUnreadable"}),
    ("uhc", "claim--paid", "overview-adjudication-status", "overview-other", {"locator": "status"}),
    ("uhc", "claim--paid", ">Avery Phantomas<", ">Avery Other<", {"locator": "pi-patient-name-content"}),
    ("uhc", "claim--paid", ">$157.82<", ">see remit<", {"error": "AnswerUnreadable"}),
    ("uhc", "claims--several", ">2 claims found<", ">7 claims found<", {"locator": "count"}),
    ("uhc", "claims--several", ">000004471<", ">000007312<", {"locator": "Tax ID"}),
    ("uhc", "claims--several", ">Dates of Service<", ">Dates<", {"locator": "Dates of Service"}),
    ("uhc", "claims--none", "Member found, but no claim", "No luck", {"error": "AnswerUnreadable", "locator": "words"}),
)


@pytest.mark.parametrize(("portal", "name", "old", "new", "becomes"), CLAIMS_OTHERWISE)
async def test_what_claims_say_otherwise_is_not_taken_for_the_answer(
    page: Page, portal: str, name: str, old: str, new: str, becomes: dict[str, str]
) -> None:
    found = await read_otherwise(page, portal, name, old, new)
    assert {name: found.get(name) for name in becomes} == becomes


@pytest.mark.parametrize("name", ["result--active", "claims--several"])
async def test_a_payer_without_a_public_id_is_told_by_its_title(page: Page, name: str) -> None:
    path = PAGES / "availity" / f"{name}.html"
    said = json.loads(path.with_suffix(".json").read_text()) | {"payer": "florida-blue"}
    recorded, screen = path.read_text(), name.partition("--")[0]
    titled = re.sub('(>|value=")Aetna(<|")', r"\1Florida Blue\2", recorded)
    for text, becomes in (
        (titled, None),
        (recorded, "Payer"),
        (titled.replace("Florida Blue", "Florida Blue Medicare"), "Payer"),
    ):
        await load(page, "availity", text, screen)
        assert (await read(page, "availity", said)).get("locator") == becomes


@pytest.mark.parametrize(("recording", "screen"), [("claims--none", "claims"), ("payments--none", "payments")])
async def test_no_other_application_is_taken_for_the_claim_search(page: Page, recording: str, screen: str) -> None:
    """Also when its fields are named alike."""
    recorded = (PAGES / "availity" / f"{recording}.html").read_text()
    await load(page, "availity", recorded.replace('id="remit-', 'id="'), screen)
    claim_screens = importlib.import_module("payers.portals.availity.claim_screens")
    assert await shown(claim_screens.ClaimSearch(page)) is (screen == "claims")


LOOKS = ("inner_text", "text_content", "all_inner_texts", "evaluate", "evaluate_all", "count", "input_value")


class Part:
    """A locator that calls `look` before each look at the page."""

    def __init__(self, locator: Locator, look: Callable[[], Awaitable[None]]) -> None:
        self._locator, self._look = locator, look

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._locator, name)
        if name not in LOOKS:
            return found

        async def looked(*args: Any) -> Any:
            await self._look()
            return await found(*args)

        return looked


REDRAWN = [
    *(
        (portal, "screens.Result", "result--active", "result--inactive")
        for portal in ("availity", "uhc", "tmhp", "epaces", "medi_cal")
    ),
    *((portal, "screens.ClaimResult", "claims--found", "claims--none") for portal in ("epaces", "medi_cal")),
    *((portal, "claim_screens.ClaimResults", "claims--several", "claims--none") for portal in ("availity", "uhc")),
    *((portal, "claim_screens.ClaimDetail", "claim--paid", "claim--denied") for portal in ("availity", "uhc")),
    *(
        (portal, "era_screens.Payments", "payments--several", "payments--none")
        for portal in ("availity", "uhc", "tmhp")
    ),
]


@pytest.mark.parametrize(("portal", "screen", "first", "second"), REDRAWN)
async def test_a_page_that_is_drawn_anew_while_it_is_read(
    page: Page, portal: str, screen: str, first: str, second: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At any moment, with another answer: it is read as one or the other, or not at all."""
    module, _, name = screen.partition(".")
    screens = importlib.import_module(f"payers.portals.{portal}.{module}")
    usual = getattr(screens, name)
    one, other = ((PAGES / portal / f"{each}.html").read_text() for each in (first, second))
    said, also = (json.loads((PAGES / portal / f"{each}.json").read_text()) for each in (first, second))
    kind = first.partition("--")[0]
    looks, at = 1, 0

    async def look() -> None:
        nonlocal looks
        looks += 1
        if looks == at:
            await load(page, portal, other, kind)

    def looked_at(page: Page) -> Any:
        screen = usual(page)
        for name, part in vars(screen).items():
            if isinstance(part, Locator) and name != "landmark":
                setattr(screen, name, Part(part, look))
        return screen

    monkeypatch.setattr(screens, name, looked_at)
    while at <= looks:
        at, looks = at + 1, 0
        await load(page, portal, one, kind)
        answer = await read(page, portal, said)
        whole = answer in (said["reads"], also["reads"]) or answer.get("match") == "differs"
        assert whole or "error" in answer, (at, answer)
    assert at > 2


async def test_claims_that_are_still_being_drawn_are_no_result(page: Page) -> None:
    for portal, done, busy in (
        ("availity", 'aria-busy="false"', 'aria-busy="true"'),
        ("uhc", ">In Process<", '><span class="abyss-skeleton"></span><'),
    ):
        recorded = (PAGES / portal / "claims--several.html").read_text()
        screens = importlib.import_module(f"payers.portals.{portal}.claim_screens")
        await load(page, portal, recorded, "claims")
        assert await shown(screens.ClaimResults(page))
        assert done in recorded
        await load(page, portal, recorded.replace(done, busy), "claims")
        assert not await shown(screens.ClaimResults(page))


# the same of lists of payments
PAYMENTS_OTHERWISE = (
    ("availity", "several", ">Received Date<", ">Posted<", {"error": "AnswerUnreadable", "locator": "columns"}),
    ("availity", "several", ">Downloaded<", ">Archived<", {"error": "AnswerUnreadable", "locator": "Status"}),
    ("availity", "several", ">EFT<", ">Wire<", {"total": 5}),
    ("availity", "several", "1–5 of 5", "1–4 of 5", {"error": "AnswerUnreadable", "locator": "shown_of"}),
    ("availity", "several", "1–5 of 5", "1–5 of 15", {"total": 15}),
    ("availity", "several", ">000004471<", ">000007312<", {"locator": "Tax ID"}),
    ("availity", "several", ">60054<", ">61101<", {"locator": "Payer ID"}),
    ("availity", "several", ">All<", ">2000001018<", {"locator": "NPI"}),
    ("availity", "several", 'aria-label="Remits"', 'aria-label="Payments"', {"locator": "heads"}),
    ("availity", "none", ">We did not find remittance", ">No luck with remittance", {"locator": "alert"}),
    ("availity", "payer-down", ">Unable to respond", ">No luck", {"error": "AnswerUnreadable"}),
    ("uhc", "several", ">Posted<", ">Received<", {"error": "AnswerUnreadable", "locator": "columns"}),
    ("uhc", "several", ">Pending<", ">Later<", {"error": "AnswerUnreadable", "locator": "Status"}),
    ("uhc", "several", " documents found<", " papers<", {"error": "AnswerUnreadable", "locator": "count"}),
    ("uhc", "several", ">All providers<", ">2000001018<", {"locator": "NPI"}),
    ("uhc", "none", ">No documents found<", ">No luck<", {"error": "AnswerUnreadable", "locator": "none"}),
    (
        "uhc",
        "too-long-ago",
        ">Remittances are available",
        ">No luck",
        {"error": "AnswerUnreadable", "locator": "words"},
    ),
    ("tmhp", "several", ">Payment Number<", ">Number<", {"error": "AnswerUnreadable", "locator": "columns"}),
    ("tmhp", "several", ">Not yet available<", ">Later<", {"error": "AnswerUnreadable", "locator": "Status"}),
    ("tmhp", "several", " remittances<", " files<", {"error": "AnswerUnreadable", "locator": "count"}),
    ("tmhp", "several", "<td>ACH<", "<td>$<", {"total": 3}),
    ("tmhp", "several", "<td>2000001018<", "<td>2000001019<", {"error": "AnswerUnreadable", "locator": "payee_npi"}),
    ("tmhp", "old-files", ">000004471<", ">000007312<", {"error": "AnswerUnreadable", "screen": "OldFiles"}),
    ("tmhp", "none", ">No remittances were found", ">No luck", {"error": "AnswerUnreadable", "locator": "none"}),
)


@pytest.mark.parametrize(("portal", "case", "old", "new", "becomes"), PAYMENTS_OTHERWISE)
async def test_what_payments_say_otherwise_is_not_taken_for_the_list(
    page: Page, portal: str, case: str, old: str, new: str, becomes: dict[str, str]
) -> None:
    path = PAGES / portal / f"payments--{case}.html"
    recorded = path.read_text()
    assert old in recorded
    await load(page, portal, recorded.replace(old, new), "payments")
    found = await read(page, portal, json.loads(path.with_suffix(".json").read_text()))
    assert {name: found.get(name) for name in becomes} == becomes, found


# the same of Medicaid's claims
MEDICAID_OTHERWISE = (
    ("epaces", "found", ">F1<", ">Z9<", {"error": "AnswerUnreadable", "locator": "status"}),
    ("epaces", "found", ">F1<", ">F2<", {"claims.0.status": "denied"}),
    ("epaces", "found", ">F1<", ">F4<", {"claims.0.status": "paid"}),
    ("epaces", "found", ">Total Charge:<", ">Charge:<", {"error": "AnswerUnreadable", "locator": "Total Charge"}),
    ("epaces", "found", ">01/01/2026 - ", ">01/02/2026 - ", {"error": "AnswerUnreadable", "locator": "Service Dates"}),
    ("epaces", "none", ">A4 35 ", ">F1 65 ", {"error": "AnswerUnreadable", "locator": "summary"}),
    ("medi_cal", "found", ">F1<", ">Z9<", {"error": "AnswerUnreadable", "locator": "status"}),
    ("medi_cal", "found", ">3 claims found", ">4 claims found", {"error": "AnswerUnreadable", "locator": "claims"}),
    ("medi_cal", "found", ">Billed<", ">Allowed<", {"error": "AnswerUnreadable", "locator": "columns"}),
    ("medi_cal", "found", ">3 claims found", ">The transaction could not be processed", {"error": "PayerUnavailable"}),
    ("medi_cal", "none", ">A4 35 ", ">F1 65 ", {"error": "AnswerUnreadable", "locator": "status-area"}),
)


@pytest.mark.parametrize(("portal", "case", "old", "new", "becomes"), MEDICAID_OTHERWISE)
async def test_claims_that_say_otherwise_are_read_otherwise(
    page: Page, portal: str, case: str, old: str, new: str, becomes: dict[str, str]
) -> None:
    path = PAGES / portal / f"claims--{case}.html"
    recorded = path.read_text()
    assert old in recorded
    await page.set_content(recorded.replace(old, new))
    found = await read(page, portal, json.loads(path.with_suffix(".json").read_text()))
    flat = found | {
        f"claims.{n}.{key}": value for n, each in enumerate(found.get("claims", ())) for key, value in each.items()
    }
    assert {name: flat.get(name) for name in becomes} == becomes


async def test_a_page_that_is_still_being_drawn_is_no_result(page: Page) -> None:
    recorded = (PAGES / "uhc" / "result--active.html").read_text()
    screens = importlib.import_module("payers.portals.uhc.screens")
    await page.set_content(recorded)
    assert await shown(screens.Result(page))
    await page.set_content(recorded.replace(">Active<", '><span class="abyss-skeleton"></span><'))
    assert not await shown(screens.Result(page))


# what a view or page that was left said is not read as the next answer: portal, recording, screen, how it is left
LEFT = (
    ("epaces", "alert--password-refused", "SignInMessage", mark),
    ("epaces", "change--new-refused", "ChangeAnswer", mark),
    ("epaces", "result--active", "Result", mark),
    ("epaces", "claims--found", "ClaimResult", mark),
    ("medi_cal", "alert--password-refused", "Alert", leave),
    ("medi_cal", "change--new-refused", "ChangeAnswer", leave),
    ("medi_cal", "result--active", "Result", leave),
    ("medi_cal", "claims--found", "ClaimResult", leave),
)


@pytest.mark.parametrize(("portal", "recording", "screen", "go"), LEFT)
async def test_what_was_left_is_no_answer(page: Page, portal: str, recording: str, screen: str, go: Any) -> None:
    await page.set_content((PAGES / portal / f"{recording}.html").read_text())
    seen = getattr(importlib.import_module(f"payers.portals.{portal}.screens"), screen)(page)
    assert await shown(seen)
    await go(page)
    assert not await shown(seen)


async def test_every_offered_flow_has_a_good_and_a_refused_recording() -> None:
    for portal in portals().values():
        kept = [json.loads(path.read_text()) for path in (PAGES / portal.name).glob("*.json")]
        there = {(said["flow"], said["outcome"]) for said in kept}
        assert there >= {(flow, outcome) for flow in portal.offers() for outcome in ("good", "refused")}, portal.name


async def test_recordings_come_in_pairs_and_hold_nothing_that_acts_or_leads_elsewhere() -> None:
    assert {path.with_suffix(".json") for path in EVERY_RECORDING} == set(PAGES.glob("*/*.json"))
    for path in EVERY_RECORDING:
        text = path.read_text()
        assert re.findall(r"<(?:script|style|link|iframe)|https?://|\s(?:on\w+|style|href|src)=", text) == [], path
        assert 'type="password" value' not in text


@pytest.mark.parametrize("portal", sorted({each.parent.name for each in EVERY_RECORDING if each not in RECORDINGS}))
async def test_a_screen_that_only_leads_on_is_found_on_its_recording(page: Page, portal: str) -> None:
    """By its landmark, and with the same locators."""
    seen = []
    for path in sorted((PAGES / portal).glob(f"*{PASSED}.html")):
        said = json.loads(path.with_suffix(".json").read_text())
        await load(page, portal, path.read_text(), path.stem.partition("--")[0], said.get("frame", ""))
        assert await read(page, portal, said) == said["reads"], path
        assert "landmark" in said["reads"]["found"], path
        seen.append(said["screen"])
    assert len(seen) == len(set(seen)) > 4
