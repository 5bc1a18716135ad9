"""The synthetic members of every payer, and what a right answer says of each."""

import random
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from sandbox.chance import draw_for
from sandbox.names import LAST, first_name
from sandbox.plans import Plan, draw_plan

ACTIVE, INACTIVE, NOT_FOUND = "active", "inactive", "not_found"
REJECTED, PAYER_DOWN = "rejected", "payer_down"
_SHAPES = (
    [(ACTIVE, None)] * 36
    + [(INACTIVE, None)] * 9
    + [(NOT_FOUND, "75"), (NOT_FOUND, "67")] * 3
    + [(REJECTED, "72"), (REJECTED, "73"), (REJECTED, "71")] * 2
    + [(PAYER_DOWN, "42")] * 2
)
_DEPENDENTS = 14
_ID_SHAPES: dict[str, tuple[str, int] | tuple[str, int, str]] = {
    "60054": ("W", 9),
    "61101": ("H", 8),
    "62308": ("U", 9),
    "florida-blue": ("ZZB", 9),
    "87726": ("9", 8),
    "texas-medicaid": ("5", 8),
    "new-york-medicaid": ("XY", 5, "T"),
    "medi-cal": ("9", 7, "A"),
}
# What a portal's form and wording can tell apart, where that is less than AAA has codes for.
_TOLD = {
    "uhc": {"67": "75"},
    "epaces": {"67": "75", "71": "72", "73": "72"},
    "medi_cal": {"67": "75", "73": "72"},
}


@dataclass(frozen=True)
class Payer:
    """A health plan and the portal it is asked on."""

    id: str
    name: str
    portal: str
    by_name: bool = False
    families: bool = True  # otherwise everybody has a number of their own, and nobody is somebody's dependent


PAYERS = (
    Payer("60054", "Aetna", "availity"),
    Payer("61101", "Humana", "availity", by_name=True),
    Payer("62308", "Cigna", "availity", by_name=True),
    Payer("florida-blue", "Florida Blue", "availity"),
    Payer("87726", "UnitedHealthcare", "uhc"),
    Payer("texas-medicaid", "Texas Medicaid", "tmhp", families=False),
    Payer("new-york-medicaid", "New York Medicaid", "epaces", families=False),
    Payer("medi-cal", "Medi-Cal", "medi_cal", families=False),
)


@dataclass(frozen=True)
class Person:
    """Name, birth date and sex, all invented."""

    last_name: str
    first_name: str
    birth_date: date
    sex: str

    def public(self) -> dict[str, str]:
        """As the control interface shows a person."""
        return asdict(self) | {"birth_date": self.birth_date.isoformat()}


@dataclass(frozen=True)
class Member:
    """A patient as one payer knows (or doesn't know) them."""

    payer: Payer
    member_id: str
    patient: Person
    relationship: str
    subscriber: Person | None
    coverage: str
    reject_code: str | None
    plan: Plan | None
    begins: date | None
    ends: date | None
    other_insurance: str | None

    def covered_on(self, day: date) -> bool:
        """Whether coverage is in force on `day`."""
        begun = self.begins is not None and self.begins <= day
        return begun and (self.ends is None or day <= self.ends)

    def public(self) -> dict[str, Any]:
        """The member as the control interface shows it, with what a right answer says."""
        return {
            "portal": self.payer.portal,
            "payer": self.payer.id,
            "payer_name": self.payer.name,
            "member_id": self.member_id,
            "patient": self.patient.public(),
            "subscriber": self.subscriber.public() if self.subscriber else None,
            "relationship": self.relationship,
            "expects": self._expects(),
        }

    def _expects(self) -> dict[str, Any]:
        said: dict[str, Any] = {"coverage": self.coverage, "reject_code": self.reject_code}
        if self.plan is None:
            return said
        plan = asdict(self.plan)
        benefits = plan.pop("in_network")
        return said | {
            "plan_name": plan["name"],
            "plan_number": plan["number"],
            "insurance_type": plan["insurance_type"],
            "group_number": plan["group_number"],
            "group_name": plan["group_name"],
            "coverage_begin": self.begins and self.begins.isoformat(),
            "coverage_end": self.ends and self.ends.isoformat(),
            "other_insurance": self.other_insurance,
            **benefits,
            "out_of_network": plan["out_of_network"],
        }


def draw_members(seed: int) -> list[Member]:
    """All members of all payers; the same seed gives the same people."""
    return [member for payer in PAYERS for member in _of_payer(payer, seed)]


def _of_payer(payer: Payer, seed: int) -> list[Member]:
    draw = draw_for(seed, "members", payer.id)
    subscribers = [_subscriber(payer, draw, number, coverage, code) for number, (coverage, code) in enumerate(_SHAPES)]
    return subscribers + [_dependent(each, draw) for each in subscribers[: _DEPENDENTS if payer.families else 0]]


def _subscriber(payer: Payer, draw: random.Random, number: int, coverage: str, code: str | None) -> Member:
    known = coverage in (ACTIVE, INACTIVE)
    begins = date(2019 + draw.randrange(6), 1 + draw.randrange(12), 1)
    letter, digits, *last = _ID_SHAPES[payer.id]
    serial = f"{draw.randrange(10 ** (digits - 2)):0{digits - 2}d}"
    return Member(
        payer=payer,
        member_id="".join((letter, f"{number:02d}", serial, *last)),
        patient=_person(draw, draw.choice(LAST), oldest=1944, youngest=2003),
        relationship="self",
        subscriber=None,
        coverage=coverage,
        reject_code=_TOLD.get(payer.portal, {}).get(code or "", code),
        plan=draw_plan(draw, payer.id) if known else None,
        begins=begins if known else None,
        ends=_ended(draw) if coverage == INACTIVE else None,
        other_insurance="Medicare Part B" if known and draw.random() < 0.12 else None,
    )


def _dependent(of: Member, draw: random.Random) -> Member:
    relationship = draw.choice(("spouse", "child", "child"))
    years = (1950, 2003) if relationship == "spouse" else (2008, 2023)
    return Member(
        payer=of.payer,
        member_id=of.member_id,
        patient=_person(draw, of.patient.last_name, *years),
        relationship=relationship,
        subscriber=of.patient,
        coverage=of.coverage,
        reject_code=None,
        plan=of.plan,
        begins=of.begins,
        ends=of.ends,
        other_insurance=None,
    )


def _person(draw: random.Random, last_name: str, oldest: int, youngest: int) -> Person:
    sex = draw.choice("FM")
    born = date(draw.randint(oldest, youngest), 1, 1) + timedelta(days=draw.randrange(365))
    return Person(last_name, first_name(draw, sex), born, sex)


def _ended(draw: random.Random) -> date:
    return date(2025, 1 + draw.randrange(6), 1) - timedelta(days=1)
