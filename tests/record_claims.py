"""Record a portal's pages of claims."""

from __future__ import annotations

import importlib
from collections import Counter
from datetime import date
from itertools import pairwise
from typing import Any

from flows.claim_status import ClaimStatusAnswer, ClaimStatusInquiry
from flows.errors import PortalkeeperError
from flows.parties import Member, Person
from tests.record_pages import DAY, ORGANIZATION, PROVIDER, Book, Seat, application, question, reading

CLAIMS = 3  # of the Medicaid member whose claims are recorded


async def record_claims(book: Book, seat: Seat) -> None:
    """Claims, one page each, the list of several, and what is shown in the place of claims."""
    for status in ("pending", "paid", "partly_paid", "denied"):
        claim = _claims(book, status)[0]
        await _keep_claim(book, seat, f"{status.replace('_', '-')}", claim)
    mine = _claims(book)
    several = next([one, other] for one, other in pairwise(mine) if one["member_id"] == other["member_id"])
    await _keep_claims(book, seat, "several", several)
    await _keep_claims(book, seat, "none", several, year=2020)
    await _keep_claims(book, seat, "unknown-member", several, member_id="W990000001")
    for case, kind in (("payer-down", "payer_down"), ("outage", "outage_text")):
        book.practice.post("/faults", portal=book.portal.name, user=seat.account.username, kind=kind)
        await _keep_claims(book, seat, case, several)


def _claims(book: Book, *statuses: str) -> list[dict[str, Any]]:
    about = (book.payer.payer_ids[0], PROVIDER.npi)
    claims = [each for each in book.practice.get("/claims") if (each["payer"], each["npi"]) == about]
    return [each for each in claims if not statuses or each["expects"]["status"] in statuses]


async def _keep_claim(book: Book, seat: Seat, case: str, claim: dict[str, Any]) -> None:
    """The page of one claim, as it stands when it has been read."""
    module = importlib.import_module(f"payers.portals.{book.portal.name}.claim_status")
    read_claim, inquiry = module.read_claim, _claim_question(book, [claim])

    async def kept(screen: object, number: str, *given: object) -> object:
        found = await read_claim(screen, number, *given)
        said = {"flow": "claim_status", "outcome": "good", "payer": book.payer.name, "number": number}
        said |= {
            "inquiry": inquiry.model_dump(mode="json"),
            "reads": found.model_dump(mode="json", exclude_defaults=True),
        }
        await book.keep(application(seat.page), "claim", case, said)
        return found

    module.read_claim = kept
    try:
        [found] = (await module.ask(seat, inquiry)).claims
    finally:
        module.read_claim = read_claim
    if (found.status, str(found.billed)) != (claim["expects"]["status"], claim["expects"]["billed"]):
        raise SystemExit(f"{case}: read {found}, but the sandbox expects {claim['expects']}")


async def _keep_claims(book: Book, seat: Seat, case: str, claims: list[dict[str, Any]], **changes: Any) -> None:
    """The page that lists claims, or says why there are none."""
    inquiry, module = _claim_question(book, claims, **changes), f"payers.portals.{book.portal.name}.claim_status"
    try:
        found: ClaimStatusAnswer | PortalkeeperError = await importlib.import_module(module).ask(seat, inquiry)
    except PortalkeeperError as error:
        found = error
    expected = len(claims) if case == "several" else 0
    if isinstance(found, ClaimStatusAnswer) and len(found.claims) != expected:
        raise SystemExit(f"{case}: read {len(found.claims)} claims, but the sandbox expects {expected}")
    outcome = "good" if case == "several" else "refused"
    reads = reading(found)
    if isinstance(found, ClaimStatusAnswer) and found.claims:
        del reads["claims"]  # each has a page of its own
        reads["numbers"] = [each.payer_claim_number for each in found.claims]
    said = {"flow": "claim_status", "outcome": outcome, "payer": book.payer.name}
    said |= {"inquiry": inquiry.model_dump(mode="json"), "reads": reads}
    await book.keep(application(seat.page), "claims", case, said)


def _claim_question(
    book: Book, claims: list[dict[str, Any]], year: int | None = None, member_id: str = ""
) -> ClaimStatusInquiry:
    about = ("payer", "member_id", "patient")
    members = book.practice.get("/members")
    member = next(each for each in members if all(each[name] == claims[0][name] for name in about))
    days = [date.fromisoformat(each["expects"][end]) for each in claims for end in ("service_from", "service_to")]
    if year:
        days = [day.replace(year=year) for day in days]
    asked = question(member | {"member_id": member_id or member["member_id"]})
    return ClaimStatusInquiry(
        organization=ORGANIZATION,
        provider=PROVIDER,
        member=asked.member,
        service_from=min(days),
        service_to=max(days),
    )


async def record_medicaid_claims(book: Book, seat: Seat) -> None:
    """A member with claims, one without, and an outage in the place of the answer."""
    assert book.portal.claim_status
    mine = [each for each in book.practice.get("/members") if each["payer_name"] == book.payer.title]
    filed = book.practice.get("/medicaid-claims")
    numbers = Counter(each["member_id"] for each in filed)
    paid = {each["member_id"] for each in filed if each["trace"]}
    covered = [each for each in mine if each["expects"]["coverage"] == "active"]
    some = next(each for each in covered if numbers[each["member_id"]] == CLAIMS and each["member_id"] in paid)
    none = next(each for each in covered if not numbers[each["member_id"]])
    for case, member in (("found", some), ("none", none), ("outage", some)):
        if case == "outage":
            fault = {"portal": book.portal.name, "kind": "outage_text", "at": "claim_lookup"}
            book.practice.post("/faults", **fault)
        inquiry = medicaid_question(member)
        try:
            found: ClaimStatusAnswer | PortalkeeperError = await book.portal.claim_status(seat, inquiry)
        except PortalkeeperError as error:
            found = error
        count = len(found.claims) if isinstance(found, ClaimStatusAnswer) else None
        if count != {"found": CLAIMS, "none": 0}.get(case):
            raise SystemExit(f"{case}: read {reading(found)}")
        said = {
            "flow": "claim_status",
            "outcome": "good" if case == "found" else "refused",
            "payer": book.payer.name,
            "inquiry": inquiry.model_dump(mode="json"),
            "reads": reading(found),
        }
        await book.keep(application(seat.page), "claims", case, said)


def medicaid_question(member: dict[str, Any]) -> ClaimStatusInquiry:
    """The question about one synthetic member's claims of the year."""
    return ClaimStatusInquiry(
        organization=ORGANIZATION,
        provider=PROVIDER,
        member=Member(member_id=member["member_id"], patient=Person.model_validate(member["patient"])),
        service_from=date(2026, 1, 1),
        service_to=DAY,
    )
