"""The synthetic claims of every payer's members, and what a right answer says of each."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from sandbox.chance import draw_for
from sandbox.members import Member
from sandbox.organizations import ORGANIZATIONS, Organization, Provider

RECEIVED, PENDING, NEEDS_INFORMATION = "received", "pending", "needs_information"
DENIED, PAID, PARTLY_PAID, REJECTED = "denied", "paid", "partly_paid", "rejected"
# X12 507 and 508 codes that stand for each
CODES = {
    RECEIVED: ("A1", "19"),
    PENDING: ("P1", "3"),
    NEEDS_INFORMATION: ("R4", "294"),
    DENIED: ("F2", "585"),
    PAID: ("F1", "65"),
    PARTLY_PAID: ("F1", "65"),
    REJECTED: ("A7", "21"),
}
_ADJUDICATED = (DENIED, PAID, PARTLY_PAID)
_HOW_MANY = (3, 1, 2, 0)
_PROCEDURES = (("99213", 145), ("99214", 210), ("36415", 18), ("80053", 62), ("71046", 96), ("93000", 54))
_MODIFIERS = ((), ("25",), ("GT", "25"), ())
_FIRST_DAY = date(2025, 2, 3)
_NUMBERS = {"60054": "E", "61101": "H", "62308": "C", "florida-blue": "Q", "87726": "0"}
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Line:
    """One service line; what was not adjudicated has no amounts but the billed one."""

    number: int
    day: date
    procedure: str
    modifiers: tuple[str, ...]
    units: int
    billed: Decimal
    allowed: Decimal | None = None
    paid: Decimal | None = None
    adjustments: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def public(self) -> dict[str, Any]:
        """The line as the control interface shows it."""
        return _plain(asdict(self))


@dataclass(frozen=True)
class Claim:
    """A claim as one payer has it, billed by one provider of one organization."""

    member: Member
    organization: Organization
    provider: Provider
    number: str
    control_number: str
    status: str
    first_day: date
    last_day: date
    received: date
    status_day: date
    lines: tuple[Line, ...]
    finalized: date | None = None
    payment_number: str = ""
    payment_method: str = ""

    @property
    def category(self) -> str:
        """X12 507."""
        return CODES[self.status][0]

    @property
    def code(self) -> str:
        """X12 508."""
        return CODES[self.status][1]

    @property
    def billed(self) -> Decimal:
        """Of all lines."""
        return _sum(line.billed for line in self.lines)

    @property
    def allowed(self) -> Decimal | None:
        """Of all lines, once adjudicated."""
        return _sum(line.allowed for line in self.lines) if self.finalized else None

    @property
    def paid(self) -> Decimal | None:
        """Of all lines, once adjudicated."""
        return _sum(line.paid for line in self.lines) if self.finalized else None

    @property
    def patient_responsibility(self) -> Decimal | None:
        """What the patient owes, once adjudicated."""
        return None if self.allowed is None or self.paid is None else self.allowed - self.paid

    def distinct(self, codes: str) -> list[str]:
        """The adjustment or remark codes of all lines, each once."""
        return list(dict.fromkeys(code for line in self.lines for code in getattr(line, codes)))

    def public(self) -> dict[str, Any]:
        """The claim as the control interface shows it, with what a right answer says."""
        return {
            "portal": self.member.payer.portal,
            "payer": self.member.payer.id,
            "member_id": self.member.member_id,
            "patient": self.member.patient.public(),
            "organization": self.organization.id,
            "npi": self.provider.npi,
            "tin": self.provider.tin,
            "expects": _plain(
                {
                    "status": self.status,
                    "category_code": self.category,
                    "status_code": self.code,
                    "payer_claim_number": self.number,
                    "patient_control_number": self.control_number,
                    "service_from": self.first_day,
                    "service_to": self.last_day,
                    "received_on": self.received,
                    "status_date": self.status_day,
                    "finalized_on": self.finalized,
                    "billed": self.billed,
                    "allowed": self.allowed,
                    "paid": self.paid,
                    "patient_responsibility": self.patient_responsibility,
                    "payment_number": self.payment_number or None,
                    "payment_method": self.payment_method or None,
                    "adjustment_codes": self.distinct("adjustments"),
                    "remark_codes": self.distinct("remarks"),
                    "lines": [line.public() for line in self.lines],
                }
            ),
        }


def _sum(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((each for each in amounts if each is not None), Decimal())


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    """Dates and money as texts."""
    return {
        name: value.isoformat() if isinstance(value, date) else str(value) if isinstance(value, Decimal) else value
        for name, value in fields.items()
    }


def draw_claims(seed: int, members: Iterable[Member]) -> list[Claim]:
    """The claims of all members whom a commercial payer covers; the same seed gives the same claims."""
    everybody = list(members)
    return [claim for payer in _NUMBERS for claim in _of_payer(payer, seed, everybody)]


def _of_payer(payer: str, seed: int, members: list[Member]) -> Iterator[Claim]:
    draw, numbers = draw_for(seed, "claims", payer), count()
    covered = [each for each in members if each.payer.id == payer and each.plan]
    for index, member in enumerate(covered):
        how_many = 1 if member.subscriber else _HOW_MANY[index % len(_HOW_MANY)]
        begins = _FIRST_DAY + timedelta(days=draw.randrange(120))
        for place in range(how_many):
            # of three claims the last was billed by another organization, of some two by a colleague
            organization = ORGANIZATIONS[1 if place == 2 else 0]
            provider = organization.providers[1 if place == 1 and index % 8 == 2 else 0]
            first = begins + timedelta(days=20 * place)
            yield _claim(draw, member, next(numbers), first, organization, provider)


def _claim(
    draw: random.Random, member: Member, number: int, first: date, organization: Organization, provider: Provider
) -> Claim:
    status = tuple(CODES)[number % len(CODES)]
    last = first + timedelta(days=number % 3)
    size = 2 + number % 3
    lines = tuple(_line(draw, place, first, status, last=place == size) for place in range(1, size + 1))
    done = last + timedelta(days=draw.randrange(12, 30))
    paid = status in (PAID, PARTLY_PAID)
    by_eft = paid and number % 2 == 0
    return Claim(
        member=member,
        organization=organization,
        provider=provider,
        number=f"{_NUMBERS[member.payer.id]}{draw.randrange(10**6):06d}{number:05d}",
        control_number=f"00{draw.randrange(10**5):05d}-{number}",
        status=status,
        first_day=first,
        last_day=last,
        received=last + timedelta(days=3),
        status_day=done if status in _ADJUDICATED else last + timedelta(days=5),
        finalized=done if status in _ADJUDICATED else None,
        payment_number=f"{'EFT' if by_eft else '0'}{draw.randrange(10**8):08d}" if paid else "",
        payment_method=("EFT" if by_eft else "Check") if paid else "",
        lines=lines,
    )


def _line(draw: random.Random, number: int, day: date, status: str, *, last: bool) -> Line:
    procedure, price = draw.choice(_PROCEDURES)
    billed = Decimal(price + draw.randrange(40)).quantize(_CENT)
    line = Line(number, day, procedure, draw.choice(_MODIFIERS), 1 + draw.randrange(2), billed)
    if status not in _ADJUDICATED:
        return line
    if status == DENIED or (status == PARTLY_PAID and last):
        nothing = Decimal("0.00")
        return _adjudicated(line, nothing, nothing, ("CO-97",), ("N130", "M15"))
    allowed = (billed * Decimal("0.72")).quantize(_CENT)
    return _adjudicated(line, allowed, (allowed * Decimal("0.80")).quantize(_CENT), ("CO-45", "PR-2"), ())


def _adjudicated(
    line: Line, allowed: Decimal, paid: Decimal, adjustments: tuple[str, ...], remarks: tuple[str, ...]
) -> Line:
    return Line(**{**vars(line), "allowed": allowed, "paid": paid, "adjustments": adjustments, "remarks": remarks})
