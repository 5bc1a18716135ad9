"""Claims that the Medicaid payers have on file, and what a right answer (277) says of each."""

import random
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from sandbox.chance import draw_for
from sandbox.members import Member

PAYERS = ("new-york-medicaid", "medi-cal")
# X12 507 category, X12 508 status, and words: the code lists' own, shortened.
_STATES = (
    ("F1", "65", "Finalized/Payment - Claim/line has been paid."),
    ("F1", "65", "Finalized/Payment - Claim/line has been paid."),
    ("F2", "88", "Finalized/Denial - Entity not eligible for benefits for submitted dates of service."),
    ("P1", "20", "Pending/In Process - Accepted for processing."),
    ("A7", "21", "Acknowledgement/Rejected for Invalid Information - Missing or invalid information."),
    ("R3", "297", "Additional Information Request/Claim - Medical notes/report."),
)
_PAID = "F1"
_FIRST_DAY = date(2026, 1, 5)
_MANY = 14


@dataclass(frozen=True)
class Claim:
    """One claim on file; money in dollars and cents."""

    payer: str
    member_id: str
    number: str
    service_from: date
    service_to: date
    billed: str
    paid: str
    category_code: str
    status_code: str
    words: str
    status_date: date
    trace: str
    remittance_date: date | None

    def public(self) -> dict[str, Any]:
        """The claim as the control interface shows it."""
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(self).items()}


def draw_claims(seed: int, members: Iterable[Member]) -> list[Claim]:
    """The claims of every covered Medicaid member: none to three of each, of the first one more than fit a page."""
    covered = [each for each in members if each.payer.id in PAYERS and each.plan]
    first = {payer: next((each for each in covered if each.payer.id == payer), None) for payer in PAYERS}
    found: list[Claim] = []
    for number, member in enumerate(covered):
        draw = draw_for(seed, "claims", member.payer.id, member.member_id)
        count = _MANY if member is first[member.payer.id] else number % 4
        found += [_claim(draw, member, _STATES[(number + each) % len(_STATES)]) for each in range(count)]
    return found


def claims_in(
    claims: Iterable[Claim], payer: str, member_id: str, span: tuple[date, date], number: str = ""
) -> list[Claim]:
    """A member's claims whose service began in a span of days; with a number, that claim alone."""
    return [
        each
        for each in claims
        if (each.payer, each.member_id) == (payer, member_id.upper())
        and span[0] <= each.service_from <= span[1]
        and number in ("", each.number)
    ]


def _claim(draw: random.Random, member: Member, state: tuple[str, str, str]) -> Claim:
    category, code, words = state
    day = _FIRST_DAY + timedelta(days=draw.randrange(280))
    settled = day + timedelta(days=draw.randrange(7, 30))
    cents = draw.randrange(4000, 90000)
    paid = cents - draw.randrange(100, 3000) if category == _PAID else 0
    return Claim(
        payer=member.payer.id,
        member_id=member.member_id,
        number=f"26{draw.randrange(10**14):014d}",
        service_from=day,
        service_to=day + timedelta(days=draw.randrange(2)),
        billed=_money(cents),
        paid=_money(paid),
        category_code=category,
        status_code=code,
        words=words,
        status_date=settled,
        trace=f"RT{draw.randrange(10**8):08d}" if paid else "",
        remittance_date=settled + timedelta(days=14) if paid else None,
    )


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
