"""A door to a portal's claim status, inside the session of a run that signs in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from asking import ask
from house import NPI, ORGANIZATION, House

from bots.desk import Failure
from bots.runner.runner import RunResult
from bots.session import LiveSession
from bots.worker import ROW_FAILURES
from flows.claim_status import ClaimStatusAnswer, ClaimStatusInquiry
from flows.parties import Member, Organization, Person, Provider
from payers.registry import listed_payers, portals

YEAR = (date(2026, 1, 1), date(2026, 11, 23))
Claims = ClaimStatusAnswer | Failure


def claim_question(
    member: dict[str, Any],
    days: tuple[date, date] = YEAR,
    number: str = "",
    organization: Organization = ORGANIZATION,
    npi: str = NPI,
) -> ClaimStatusInquiry:
    """The question about one synthetic member's claims."""
    return ClaimStatusInquiry(
        organization=organization,
        provider=Provider(npi=npi),
        member=Member(member_id=member["member_id"], patient=Person.model_validate(member["patient"])),
        service_from=days[0],
        service_to=days[1],
        payer_claim_number=number,
    )


def on_file(house: House, member: dict[str, Any]) -> list[dict[str, Any]]:
    """The claims that the sandbox's payer has of a member."""
    return [each for each in house.world.get("/medicaid-claims") if each["member_id"] == member["member_id"]]


def with_claims(house: House, portal: str, count: Callable[[int], bool]) -> list[dict[str, Any]]:
    """The covered members of whom so many claims are on file."""
    return [each for each in house.world.members(portal, "active") if count(len(on_file(house, each)))]


async def ask_claims(
    house: House,
    name: str,
    portal: str,
    monkeypatch: pytest.MonkeyPatch,
    *inquiries: ClaimStatusInquiry,
    before: Callable[[int], None] = lambda index: None,
) -> tuple[RunResult, list[Claims]]:
    """One run that signs in and then asks; `before` is called before each inquiry."""
    site, results = portals()[portal], []
    payer = next(listed.payer for listed in listed_payers().values() if listed.portal.name == portal)

    async def sign_in_and_ask(session: LiveSession) -> None:
        await site.login(session)
        await session._attempts.settle_taken()
        session.ask_for(payer)
        for index, inquiry in enumerate(inquiries):
            before(index)
            try:
                assert site.claim_status
                results.append(await site.claim_status(session, inquiry))
            except ROW_FAILURES as error:
                results.append(Failure.of(error))

    with monkeypatch.context() as patch:
        patch.setitem(portals(), portal, replace(site, login=sign_in_and_ask))
        run, _ = await ask(house, name, flow="login")
    return run, results
