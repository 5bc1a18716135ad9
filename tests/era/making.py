"""Our own 835s: synthetic, seeded, balanced to the cent, and as odd as asked for."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

CENT = Decimal("0.01")
FIRST_DAY = date(2026, 11, 2)
LAST = ("SAMPLETON", "TESTER", "PATTERN", "EXEMPLAR", "SPECIMEN")
FIRST = ("AVA", "BO", "CY", "DEE", "ELI")


def npi(number: int) -> str:
    """A synthetic NPI (they begin with 2000…) with its check digit."""
    digits = f"2{number:08}"
    total = 24
    for position, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 if position % 2 else 2)
        total += doubled - 9 if doubled > 9 else doubled
    return digits + str(-total % 10)


@dataclass(frozen=True)
class Pay:
    """One payment. `adjusted` is a provider adjustment (PLB); positive lowers what is paid."""

    trace: str = "900000001"
    payer: str = "EXAMPLE HEALTH PLAN"
    payer_id: str = "60054"
    company: str = "1999999901"
    payee: str = "EXAMPLE VALLEY MEDICAL GROUP"
    npi: str = npi(101)
    tin: str = "000004471"
    paid_on: date = FIRST_DAY
    method: str = "ACH"
    claims: int = 3
    lines: int = 2
    adjusted: Decimal = Decimal(0)
    seed: int = 1

    def next(self, days: int = 1) -> Pay:
        """Another payment of the same payer, some days later."""
        trace = str(int(self.trace) + 1)
        return replace(self, trace=trace, paid_on=self.paid_on + timedelta(days=days), seed=self.seed + 1)


def cents(drawn: random.Random, least: int, most: int) -> Decimal:
    return drawn.randint(least, most) * CENT


def claim(pay: Pay, number: int, drawn: random.Random) -> tuple[list[str], Decimal]:
    """The segments of a claim, and what is paid for it."""
    lines: list[str] = []
    charge = paid = share = Decimal(0)
    service = f"{pay.paid_on - timedelta(days=20):%Y%m%d}"
    for line in range(pay.lines):
        charged = cents(drawn, 5_000, 90_000)
        discount, patient = charged / 4, Decimal(drawn.randint(0, 40))
        discount = discount.quantize(CENT)
        line_paid = charged - discount - patient
        lines += [f"SVC*HC:9921{line % 5 + 1}*{charged}*{line_paid}**1", f"DTM*472*{service}", f"CAS*CO*45*{discount}"]
        lines += [f"CAS*PR*3*{patient}"] if patient else []
        lines += [f"AMT*B6*{line_paid + patient}"]
        charge, paid, share = charge + charged, paid + line_paid, share + patient
    head = [
        f"LX*{number}",
        f"CLP*PCN{pay.seed:04}{number:05}*1*{charge}*{paid}*{share or ''}*12*ICN{pay.trace}{number:05}*11*1",
        f"NM1*QC*1*{drawn.choice(LAST)}*{drawn.choice(FIRST)}****MI*MEM{drawn.randint(0, 99_999):05}",
        f"NM1*82*1*EXEMPLAR*DANA****XX*{npi(200 + number % 7)}",
    ]
    return head + lines, paid


def transaction(pay: Pay, control: str = "0001") -> list[str]:
    """The segments from ST to SE."""
    drawn = random.Random(pay.seed)
    claims: list[str] = []
    total = -pay.adjusted
    for number in range(1, pay.claims + 1):
        segments, paid = claim(pay, number, drawn)
        claims += segments
        total += paid
    day = f"{pay.paid_on:%Y%m%d}"
    bank = ["CCP", "01", "999999992", "DA", "0001", pay.company, "", "01", "999999992", "DA", "0002"]
    money = [
        "BPR",
        "I" if total else "H",
        f"{total}",
        "C",
        pay.method,
        *(bank if pay.method == "ACH" else [""] * 11),
        day,
    ]
    segments = [
        f"ST*835*{control}",
        "*".join(money),
        f"TRN*1*{pay.trace}*{pay.company}",
        f"DTM*405*{day}",
        f"N1*PR*{pay.payer}*XV*{pay.payer_id}",
        "N3*1 EXAMPLE WAY",
        "N4*SAMPLEVILLE*NY*10001",
        "PER*BL*EDI DESK*TE*5555550100",
        f"N1*PE*{pay.payee}*XX*{pay.npi}",
        f"REF*TJ*{pay.tin}",
        *claims,
    ]
    segments += [f"PLB*{pay.npi}*20261231*WO:REF{pay.seed}*{pay.adjusted}"] if pay.adjusted else []
    return [*segments, f"SE*{len(segments) + 1}*{control}"]


@dataclass(frozen=True)
class Envelope:
    """How transactions are wrapped."""

    control: int = 1
    version: str = "005010X221A1"
    usage: str = "P"
    element: str = "*"
    component: str = ":"
    terminator: str = "~"
    line_break: str = ""
    widths: bool = True

    def head(self) -> str:
        """The ISA segment without its terminator."""
        fields = ["ISA", "00", " " * 10, "00", " " * 10, "ZZ", "EXAMPLEPLAN".ljust(15), "ZZ", "EXAMPLEVALLEY".ljust(15)]
        fields += ["261102", "0800", "^", "00501", f"{self.control:09}", "0", self.usage, self.component]
        return self.element.join(fields if self.widths else [field.strip() for field in fields])

    def wrap(self, groups: list[list[list[str]]]) -> bytes:
        """One interchange of groups of transactions of segments."""
        segments = []
        for number, group in enumerate(groups, 1):
            segments.append(f"GS*HP*EXAMPLEPLAN*EXAMPLEVALLEY*20261102*0800*{number}*X*{self.version}")
            segments += [segment for one in group for segment in one]
            segments.append(f"GE*{len(group)}*{number}")
        segments.append(f"IEA*{len(groups)}*{self.control:09}")
        own = [
            segment.replace(":", "\0").replace("*", self.element).replace("\0", self.component) for segment in segments
        ]
        end = self.terminator + self.line_break
        return (end.join([self.head(), *own]) + end).encode("latin-1")


@dataclass(frozen=True)
class Remittance:
    """A file of one interchange with one group."""

    pays: tuple[Pay, ...] = field(default_factory=lambda: (Pay(),))
    envelope: Envelope = Envelope()

    @property
    def bytes(self) -> bytes:
        """The file."""
        return self.envelope.wrap([[transaction(pay, f"{number:04}") for number, pay in enumerate(self.pays, 1)]])


def remittance(*pays: Pay, **envelope: object) -> bytes:
    """A file with these payments, or with one."""
    return Remittance(pays or (Pay(),), replace(Envelope(), **envelope)).bytes  # type: ignore[arg-type]


def amount(pay: Pay) -> Decimal:
    """What the payment comes to."""
    return Decimal(transaction(pay)[1].split("*")[2])
