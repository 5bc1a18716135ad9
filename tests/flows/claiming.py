"""Claim status at any portal: what must be read of claims, and what must be seen of faults on both sides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from asking import Result, ask, order
from failing import ROW_FAULTS as MEMBER_FAULTS
from failing import Fault, between_faults
from house import NPI, House, claim_question, question

from bots.desk import Failure, Question
from flows.claim_status import Claim, ClaimStatusAnswer, Status
from flows.eligibility import Match
from flows.errors import PortalChanged, error_classes

COLLEAGUE = "2000001026"
EVERY_STATUS = ("received", "pending", "needs_information", "denied", "paid", "partly_paid", "rejected")
# what a portal's pages do not show; everything else that the world knows must be read
NOT_SHOWN = {
    "availity": ("allowed", "patient_responsibility"),
    "uhc": ("status_date", "category_code", "status_code"),
}


async def ask_claims(house: House, name: str, *questions: Question, **more: Any) -> tuple[Any, list[Result]]:
    return await ask(house, name, *questions, flow="claim_status", **more)


def span(claims: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The days that hold all of these claims."""
    days = [claim["expects"][end] for claim in claims for end in ("service_from", "service_to")]
    return {"service_from": min(days), "service_to": max(days)}


def of_one_member(claims: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """All claims of the first patient who has so many."""
    by_patient: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for claim in claims:
        by_patient.setdefault((claim["member_id"], claim["patient"]["first_name"]), []).append(claim)
    return next(found for found in by_patient.values() if len(found) == count)


def check_claim(found: Claim, claim: Mapping[str, Any]) -> None:
    """What was read of a claim is what the world says of it."""
    said, expected = found.model_dump(mode="json"), dict(claim["expects"])
    lines = expected.pop("lines")
    expected |= dict.fromkeys(NOT_SHOWN[claim["portal"]])
    assert {name: said[name] for name in expected} == expected, (said, expected)
    read = [
        (line["line"], line["service_date"], line["procedure"], line["modifiers"], line["units"], line["billed"],
         line["allowed"], line["paid"], line["adjustment_codes"], line["remark_codes"])
        for line in said["lines"]
    ]  # fmt: skip
    assert read == [
        (line["number"], line["day"], line["procedure"], line["modifiers"], str(line["units"]), line["billed"],
         line["allowed"], line["paid"], line["adjustments"], line["remarks"])
        for line in lines
    ]  # fmt: skip
    assert found.portal_words


async def claims_of_every_status(house: House, portal: str) -> None:
    """Each status is read for what it is, with amounts, codes, payment and lines."""
    name, user = house.account(portal, signed_in=True)
    claims = [house.world.claims(portal, status)[1] for status in EVERY_STATUS]
    run, results = await ask_claims(house, name, *(claim_question(house.world, claim) for claim in claims))
    assert run.failure is None
    for claim, result in zip(claims, results, strict=True):
        assert isinstance(result, ClaimStatusAnswer), result
        assert (result.match, result.returned_member_id) == (Match.EXACT, claim["member_id"])
        assert (result.organization, result.provider_npi) == ("Example Valley Medical Group", NPI)
        assert result.portal_transaction_id
        [found] = result.claims
        check_claim(found, claim)
    seen = house.world.account(portal, user)
    assert (seen["lookups"], seen["password_submissions"]) == (len(claims), 0)


async def several_claims(house: House, portal: str) -> None:
    """All claims of the span; by its number only the one, which leaves nothing behind for the next search."""
    name, user = house.account(portal, signed_in=True)
    mine = {claim["expects"]["payer_claim_number"]: claim for claim in of_one_member(house.world.claims(portal), 2)}
    (one, first), (other, _) = mine.items()
    days = span(mine.values())
    questions = (
        claim_question(house.world, first, **days, payer_claim_number=other),
        claim_question(house.world, first, **days),
        claim_question(house.world, first),
    )
    run, results = await ask_claims(house, name, *questions)
    assert run.failure is None
    found = [[claim.payer_claim_number for claim in result.claims] for result in results]
    assert (found[0], sorted(found[1]), found[2]) == ([other], sorted([one, other]), [one])
    for claim in results[1].claims:
        check_claim(claim, mine[claim.payer_claim_number])
    assert house.world.account(portal, user)["lookups"] == 3


async def only_ones_own(house: House, portal: str) -> None:
    """A colleague's claims for the same patient, under the same tax id, are not taken for the provider's."""
    name, user = house.account(portal, signed_in=True)
    colleagues = [
        claim for claim in house.world.get("/claims") if claim["portal"] == portal and claim["npi"] == COLLEAGUE
    ]
    theirs = colleagues[0]
    ours = next(claim for claim in house.world.claims(portal) if claim["member_id"] == theirs["member_id"])
    asked = claim_question(house.world, ours, **span([ours, theirs]))
    run, [result] = await ask_claims(house, name, asked)
    assert run.failure is None
    assert isinstance(result, ClaimStatusAnswer), result
    [found] = result.claims
    check_claim(found, ours)
    assert house.world.account(portal, user)["lookups"] == 1


async def a_stale_result_for_the_same_patient(house: House, portal: str) -> None:
    """Claims of other days than asked for are no answer, whosever they are."""
    name, user = house.account(portal, signed_in=True)
    mine = of_one_member(house.world.claims(portal), 2)
    questions = [claim_question(house.world, claim) for claim in mine]
    run, [before, stale] = await ask_claims(
        house, name, *questions, after=lambda index: order(house, portal, user, "stale_result") if not index else None
    )
    assert run.failure is None
    assert isinstance(before, ClaimStatusAnswer), before
    assert isinstance(stale, Failure), stale
    assert stale.error == "AnswerUnreadable"
    assert house.world.account(portal, user)["lookups"] == 2


async def no_claims(house: House, portal: str, codes: dict[str, str | None]) -> None:
    """None in the span is an answer, and so is a patient whom the payer does not know."""
    name, user = house.account(portal, signed_in=True)
    claim = house.world.claims(portal)[0]
    asked = claim_question(house.world, claim)
    long_ago = {"service_from": "2020-01-02", "service_to": "2020-01-03"}
    member = asked.inquiry.member.model_copy(update={"member_id": "W990000001"})
    questions = [asked, claim_question(house.world, claim, **long_ago), asked,
                 asked.model_copy(update={"inquiry": asked.inquiry.model_copy(update={"member": member})}), asked]  # fmt: skip
    run, results = await ask_claims(house, name, *questions)
    assert run.failure is None
    assert all(isinstance(result, ClaimStatusAnswer) for result in results), results
    assert [len(result.claims) for result in results] == [1, 0, 1, 0, 1]
    for result in results[1::2]:
        assert (result.status, result.match) == (Status.NOT_ON_FILE, Match.NOT_SHOWN)
        assert (result.organization, result.provider_npi) == ("Example Valley Medical Group", NPI)
        assert result.portal_words
    assert [result.status_code for result in results[1::2]] == [codes["none"], codes["unknown"]]
    assert house.world.account(portal, user)["lookups"] == 5


async def a_dependent(house: House, portal: str) -> None:
    """Patients who share a member id have each their own claims."""
    name, _ = house.account(portal, signed_in=True)
    claims = house.world.claims(portal)
    by_id: dict[str, list[dict[str, Any]]] = {}
    for claim in claims:
        by_id.setdefault(claim["member_id"], []).append(claim)
    family = next(found for found in by_id.values() if len({claim["patient"]["first_name"] for claim in found}) > 1)
    own, other = family[0], next(each for each in family if each["patient"] != family[0]["patient"])
    questions = [claim_question(house.world, claim, **span(family)) for claim in (own, other)]
    run, results = await ask_claims(house, name, *questions)
    assert run.failure is None
    for claim, result in zip((own, other), results, strict=True):
        assert isinstance(result, ClaimStatusAnswer), result
        assert result.match is Match.EXACT
        expected = {each["expects"]["payer_claim_number"] for each in family if each["patient"] == claim["patient"]}
        assert {found.payer_claim_number for found in result.claims} == expected


# what one question meets -> the failure that is only its own; the next question is answered
ROW_FAULTS = MEMBER_FAULTS | {"empty_result": "AnswerUnreadable"}


async def questions_meet(house: House, portal: str) -> None:
    """Every second question about a claim meets a fault; those between are answered, and rightly."""
    claims = house.world.claims(portal)[1 : 2 + 2 * len(ROW_FAULTS)]
    questions = [claim_question(house.world, claim) for claim in claims]
    results = await between_faults(house, portal, "claim_status", questions, ROW_FAULTS)
    for claim, result in zip(claims, results, strict=True):
        if isinstance(result, ClaimStatusAnswer):
            check_claim(result.claims[0], claim)
        else:
            assert result.screen or result.locator or result.phrase, result


# what ends the run: the portal as a whole is in the way, or looks different
RUN_FAULTS = (
    Fault("maintenance", "lookup", "PortalUnavailable"),
    Fault("captcha", "lookup", "CaptchaShown"),
    Fault("unknown_page", "lookup", "ScreenNotRecognised"),
    Fault("server_error", "claims", "PortalUnavailable"),
    Fault("access_blocked", "claims", "AccessBlocked"),
    Fault("changed_ids", "claims", "ScreenNotRecognised"),
)


async def the_run_meets(house: House, portal: str, fault: Fault) -> None:
    """The run ends without an answer, and says what was in the way or which part of the page it misses."""
    name, user = house.account(portal, signed_in=True)
    order(house, portal, user, fault.kind, fault.at)
    claim = house.world.claims(portal)[0]
    run, results = await ask_claims(house, name, claim_question(house.world, claim))
    assert run.failure is not None
    assert run.failure.error == fault.error, run.failure
    assert run.failure.screen or run.failure.locator, run.failure
    if issubclass(error_classes()[fault.error], PortalChanged):
        assert run.failure.screen, run.failure
    assert results == []
    seen = house.world.account(portal, user)
    assert (seen["lookups"], seen["password_submissions"]) == (0, 0)


async def labels_changed(house: House, portal: str, screen: str, locator: str) -> None:
    """A search whose words are others is not filled: it says what is missing, and nothing is sent."""
    name, user = house.account(portal, signed_in=True)
    order(house, portal, user, "changed_labels", "claims")
    claim = house.world.claims(portal)[0]
    run, results = await ask_claims(house, name, claim_question(house.world, claim))
    failure = run.failure or results[0]
    assert isinstance(failure, Failure)
    assert issubclass(error_classes()[failure.error], PortalChanged), failure
    assert (failure.screen, failure.locator) == (screen, locator)
    assert house.world.account(portal, user)["lookups"] == 0


async def permission_is_missing(house: House, portal: str) -> None:
    """An account without the role asks nothing."""
    name, user = house.account(portal, roles=["eligibility"], signed_in=True)
    run, results = await ask_claims(house, name, claim_question(house.world, house.world.claims(portal)[0]))
    assert (run.failure and run.failure.error, results) == ("PermissionMissing", [])
    assert house.world.account(portal, user)["lookups"] == 0


async def session_ends_between_questions(house: House, portal: str) -> None:
    """Reading is repeatable: the worker signs in once more and completes the answers."""
    name, user = house.account(portal)
    claims = house.world.claims(portal)[:3]

    def end_after_first(index: int) -> None:
        if index == 0 and house.world.account(portal, user)["sign_ins"] == 1:
            order(house, portal, user, "end_session")

    questions = [claim_question(house.world, claim) for claim in claims]
    run, results = await ask_claims(house, name, *questions, after=end_after_first)
    assert run.failure is None
    for claim, result in zip(claims, results, strict=True):
        assert isinstance(result, ClaimStatusAnswer), result
        check_claim(result.claims[0], claim)
    seen = house.world.account(portal, user)
    assert (seen["sign_ins"], seen["password_submissions"], seen["lookups"]) == (2, 2, 3)


async def the_flows_take_turns(house: House, portal: str) -> None:
    """Claim status and eligibility in one session, each from where the other left the page."""
    name, user = house.account(portal, signed_in=True)
    claim = house.world.claims(portal)[0]
    for flow in ("claim_status", "eligibility", "claim_status"):
        asked = claim_question(house.world, claim)
        if flow == "eligibility":
            member = next(
                each for each in house.world.members(portal)
                if (each["member_id"], each["patient"]) == (claim["member_id"], claim["patient"])
            )  # fmt: skip
            asked = question(member)
        run, [result] = await ask(house, name, asked, flow=flow)
        assert (run.failure, isinstance(result, Failure)) == (None, False)
    assert house.world.account(portal, user)["lookups"] == 3
