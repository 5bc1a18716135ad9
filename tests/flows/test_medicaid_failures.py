"""Everything that can go wrong at the portals of Medicaid, in a real browser against the sandbox."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import failing
import pytest
from asking import ask, order, policies
from claiming import ask_claims
from failing import Fault
from house import House, question
from medicaid import medicaid_question, with_claims

from bots.desk import Failure
from bots.runner import run as runs
from flows.claim_status import ClaimStatusAnswer
from flows.eligibility import Coverage, EligibilityAnswer

__all__ = ["policies"]

pytestmark = pytest.mark.usefixtures("impatience")

# modules by name: their packages hold functions of the same names
WAITS = {
    "payers.portals.epaces.sign_in": "SCREEN_SECONDS",
    "payers.portals.epaces.failures": "SCREEN_SECONDS",
    "payers.portals.epaces.asking": "ANSWER_SECONDS",
    "payers.portals.medi_cal.sign_in": "SCREEN_SECONDS",
    "payers.portals.medi_cal.failures": "FORM_SECONDS",
    "payers.portals.medi_cal.asking": "ANSWER_SECONDS",
}


@pytest.fixture
def impatience(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short time-outs, and no second try of a run."""
    for module, name in WAITS.items():
        monkeypatch.setattr(importlib.import_module(module), name, 5)
    monkeypatch.setattr(runs, "TRIES", 1)
    house.settings = house.settings.model_copy(update={"step_timeout_seconds": 5})


@dataclass(frozen=True)
class Site:
    """A portal, and where it differs from the other: what it meets at sign-in, and how it looks otherwise.

    `drift` is what a page with other ids or labels leads to: the notice of a run that found its way, or the failure's
    screen or locator. `locators` are those of claims that can't be read.
    """

    portal: str
    sign_in: tuple[Fault, ...]
    drift: tuple[tuple[str, str, str | None], ...]
    changed: tuple[tuple[tuple[str, ...], str, str], ...]
    locators: dict[str, str]

    def __str__(self) -> str:
        return self.portal


SITES = (
    Site(
        portal="epaces",
        sign_in=(Fault("terms", "login", "ActionRequired", 0),),  # other words beside the box than the listed ones
        drift=(
            ("changed_ids", "login", "SignIn: Username, Password, chkbxAgree, btnAgreeLogin"),
            ("changed_labels", "login", None),
            ("changed_ids", "eligibility", "EligibilityForm: textBoxClientID, buttonSubmit"),
            ("changed_labels", "eligibility", None),
        ),
        changed=(
            (("changed_ids", "changed_labels"), "login", "SignIn"),
            (("changed_ids", "changed_labels"), "eligibility", "EligibilityForm"),
        ),
        locators={
            "other_organization": "Provider",
            "stale_result": "Requested",
            "empty_result": "Claim Status Category",
        },
    ),
    Site(
        portal="medi_cal",
        sign_in=(Fault("changed_labels", "login", "ScreenNotRecognised", 0),),
        drift=(
            ("changed_ids", "eligibility", "Inquiry: subscriber-id, birth-date, service-date"),
            ("dropped_characters", "claims", None),
        ),
        changed=(
            (("changed_labels",), "eligibility", "get_by_role"),  # the button's words; the ids are still there
            (("changed_ids", "changed_labels"), "eligibility", "Inquiry"),
        ),
        locators={"other_organization": "provider", "empty_result": "columns"},
    ),
)


@pytest.fixture(params=[site.portal for site in SITES])
def portal(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def each(*names: str) -> Iterator[tuple[object, ...]]:
    """The entries of tables of the sites, with the portal in front."""
    for site in SITES:
        for name in names:
            for entry in getattr(site, name):
                yield (site.portal, *(entry if isinstance(entry, tuple) else (entry,)))


SIGN_IN = (
    *(fault for fault in failing.SIGN_IN_FAULTS if fault.at != "code_post" and not fault.kind.startswith("changed")),
    Fault("unknown_page", "login", "ScreenNotRecognised", 0),
)


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("portal", "fault"), [*((site.portal, fault) for site in SITES for fault in SIGN_IN), *each("sign_in")], ids=str
)
async def test_a_sign_in_that_fails(house: House, portal: str, fault: Fault) -> None:
    await failing.sign_in_meets(house, portal, fault)


REFUSALS = tuple(refusal for refusal in failing.REFUSALS if not refusal.codes)


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
async def test_a_sign_in_that_is_refused(
    house: House, portal: str, refusal: failing.Refusal, policies: Callable[..., None]
) -> None:
    await failing.sign_in_is_refused(house, portal, refusal, policies)


async def test_a_user_the_portal_does_not_know(house: House, portal: str) -> None:
    await failing.unknown_user(house, portal, "InvalidCredentials", 1)


async def test_somebody_else_is_signed_in(house: House, portal: str, policies: Callable[..., None]) -> None:
    await failing.signed_in_elsewhere(house, portal, policies)


async def test_questions_that_meet_faults(house: House, portal: str) -> None:
    await failing.questions_meet(house, portal)


RUN_FAULTS = tuple(fault for fault in failing.RUN_FAULTS if not fault.kind.startswith("changed"))


@pytest.mark.sampled(2)
@pytest.mark.parametrize("fault", RUN_FAULTS, ids=str)
async def test_a_run_that_meets_a_fault(house: House, portal: str, fault: Fault) -> None:
    await failing.the_run_meets(house, portal, fault)


async def test_the_account_lacks_the_role(house: House, portal: str) -> None:
    await failing.permission_is_missing(house, portal)


@pytest.mark.parametrize("coverage", ["active", "inactive"])
async def test_an_empty_result_is_no_answer(house: House, portal: str, coverage: str) -> None:
    name, user = house.account(portal, signed_in=True)
    order(house, portal, user, "empty_result")
    one, two = house.world.members(portal, coverage)[:2]
    _, [empty, answered] = await ask(house, name, question(one), question(two))
    assert isinstance(empty, Failure) and (empty.error, empty.screen) == ("AnswerUnreadable", "Result")
    assert isinstance(answered, EligibilityAnswer) and answered.coverage is Coverage(coverage)


SAME = (
    ("other_heading", "login", None),
    ("extra_banner", "login", None),
    ("hidden_banner", "login", None),
    ("other_heading", "eligibility", None),
    ("extra_banner", "eligibility", None),
)


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("portal", "kind", "at", "drift"), [*((site.portal, *same) for site in SITES for same in SAME), *each("drift")]
)
async def test_a_page_that_looks_otherwise_is_used_and_drift_is_told(
    house: House, portal: str, kind: str, at: str, drift: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, user = house.account(portal)
    order(house, portal, user, kind, at)
    if at == "claims":
        [one, *_] = with_claims(house, portal, lambda count: 0 < count < 10)
        run, [answer] = await ask_claims(house, name, medicaid_question(one))
    else:
        run, [answer] = await ask(house, name, question(house.world.members(portal, "active")[0]))
    assert run.failure is None
    assert not isinstance(answer, Failure) and answer.match == "exact"
    told = house.inventory.rows("SELECT words FROM notices WHERE kind = 'drift'")
    assert [row["words"] for row in told] == ([drift] if drift else [])
    assert house.world.get("/faults") == []


@pytest.mark.parametrize(("portal", "kinds", "at", "where"), tuple(each("changed")))
async def test_a_page_that_can_not_be_used_is_a_change(
    house: House, portal: str, kinds: tuple[str, ...], at: str, where: str
) -> None:
    name, user = house.account(portal)
    for kind in kinds:
        order(house, portal, user, kind, at)
    run, results = await ask(house, name, question(house.world.members(portal, "active")[0]))
    assert run.failure and run.failure.error in ("ScreenNotRecognised", "PortalChanged"), run.failure
    assert where in (run.failure.screen or run.failure.locator or ""), run.failure
    seen = house.world.account(portal, user)
    assert (results, seen["lookups"], seen["password_submissions"]) == ([], 0, 0 if at == "login" else 1)


CLAIM_FAULTS = {
    "payer_down": "PayerUnavailable",
    "outage_text": "PayerUnavailable",
    "other_member": "AnswerUnreadable",
    "other_organization": "AnswerUnreadable",
    "stale_result": "AnswerUnreadable",
    "empty_result": "AnswerUnreadable",
}


@pytest.mark.parametrize("site", SITES, ids=str)
async def test_claim_questions_that_meet_faults(house: House, site: Site) -> None:
    """Every second inquiry meets a fault; those between are answered, and rightly."""
    portal = site.portal
    name, user = house.account(portal, signed_in=True)
    [one, two, *_] = with_claims(house, portal, lambda count: 0 < count < 10)

    def disturb_next(index: int) -> None:
        if index % 2 == 0:
            order(house, portal, user, list(CLAIM_FAULTS)[index // 2], "claim_lookup")

    asked = [medicaid_question(member) for member in [one, two] * len(CLAIM_FAULTS)]
    run, results = await ask_claims(house, name, *asked, after=disturb_next)
    assert run.failure is None
    assert dict(zip(CLAIM_FAULTS, map(_said, results[1::2]), strict=True)) == CLAIM_FAULTS
    where = {
        kind: result.locator
        for kind, result in zip(CLAIM_FAULTS, results[1::2], strict=True)
        if isinstance(result, Failure)
    }
    assert {kind: where[kind] for kind in site.locators} == site.locators
    assert [_said(result) for result in results[::2]] == ["exact"] * len(CLAIM_FAULTS)
    assert house.world.account(portal, user)["claim_lookups"] == len(asked)


def _said(result: ClaimStatusAnswer | Failure) -> str:
    return result.error if isinstance(result, Failure) else str(result.match)


ENDS = (
    ("server_error", "claim_lookup", "PortalUnavailable"),
    ("captcha", "claim_lookup", "CaptchaShown"),
    ("access_blocked", "claims", "AccessBlocked"),
    ("unknown_page", "claims", "ScreenNotRecognised"),
    ("end_session", None, "SessionEnded"),
)


@pytest.mark.sampled(2)
@pytest.mark.parametrize(("kind", "at", "error"), ENDS)
async def test_claim_questions_that_end_the_run(
    house: House, portal: str, kind: str, at: str | None, error: str
) -> None:
    """The second question meets it; the first keeps its answer."""
    name, user = house.account(portal, signed_in=True)
    [one, two, *_] = with_claims(house, portal, lambda count: 0 < count < 10)

    def disturb(index: int) -> None:
        order(house, portal, user, kind, at)

    run, results = await ask_claims(house, name, medicaid_question(one), medicaid_question(two), after=disturb)
    assert (run.failure and run.failure.error, list(map(_said, results))) == (error, ["exact"])
    assert house.world.account(portal, user)["password_submissions"] == 0
