"""The remittance advice of a payment: a balanced X12 835 (005010X221A1) about invented patients."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from sandbox.chance import draw_for
from sandbox.members import Member
from sandbox.payments import CHECK, NON, Payment

_PROCEDURES = (("99213", 145), ("99214", 210), ("36415", 18), ("80053", 62), ("71046", 96), ("93000", 54))
_CENT = Decimal("0.01")
_NOTHING = Decimal("0.00")
_WITHHELD = Decimal("12.50")


@dataclass(frozen=True)
class _Line:
    procedure: str
    billed: Decimal
    contractual: Decimal
    patient: Decimal

    @property
    def paid(self) -> Decimal:
        return self.billed - self.contractual - self.patient


@dataclass(frozen=True)
class _Claim:
    number: str
    member: Member
    lines: tuple[_Line, ...]

    def sum(self, name: str) -> Decimal:
        return sum((getattr(each, name) for each in self.lines), _NOTHING)


@dataclass(frozen=True)
class EraFile:
    """One file: its bytes as they are sent, and what it pays."""

    body: bytes
    amount: Decimal


def era_file(payment: Payment, members: Sequence[Member]) -> EraFile:
    """The file of a payment; the same payment and revision give the same bytes."""
    draw = draw_for(payment.seed, "era", payment.trace)
    mine = [each for each in members if each.payer.id == payment.payer.id]
    claims = [_claim(draw, payment, number, mine) for number in range(1, 2 + draw.randrange(4))]
    paid = sum((each.sum("paid") for each in claims), _NOTHING)
    withheld = _WITHHELD if payment.method != NON and draw.randrange(5) == 0 and paid > _WITHHELD else _NOTHING
    inner = [
        *_header(payment, paid - withheld),
        "LX*1",
        *(each for claim in claims for each in _segments(payment, claim)),
    ]
    if withheld:
        inner.append(f"PLB*{payment.payee.npi}*{payment.paid_on.year}1231*WO:{payment.trace}*{withheld}")
    return EraFile(_wrapped(payment, inner), paid - withheld)


def _claim(draw: random.Random, payment: Payment, number: int, members: Sequence[Member]) -> _Claim:
    lines = tuple(_line(draw, payment) for _ in range(1 + draw.randrange(3)))
    return _Claim(f"PT{payment.trace[-5:]}{number}", draw.choice(members), lines)


def _line(draw: random.Random, payment: Payment) -> _Line:
    procedure, price = draw.choice(_PROCEDURES)
    billed = Decimal(price + draw.randrange(40)).quantize(_CENT)
    if payment.method == NON:
        return _Line(procedure, billed, billed, _NOTHING)
    contractual = (billed * Decimal("0.28")).quantize(_CENT)
    patient = ((billed - contractual) * Decimal("0.2")).quantize(_CENT)
    return _Line(procedure, billed, contractual, patient)


def _header(payment: Payment, amount: Decimal) -> list[str]:
    paid_on = f"{payment.paid_on:%Y%m%d}"
    if payment.method == NON:
        how = f"BPR*H*0*C*NON************{paid_on}"
    elif payment.method == CHECK:
        how = f"BPR*I*{amount}*C*CHK************{paid_on}"
    else:
        how = f"BPR*I*{amount}*C*ACH*CCP*01*000000000*DA*0001*1999999999**01*000000000*DA*0002*{paid_on}"
    return [
        how,
        f"TRN*1*{payment.trace}*1999999999",
        f"DTM*405*{paid_on}",
        f"N1*PR*{payment.payer.name.upper()}",
        "N3*1 SAMPLE STREET",
        "N4*SPRINGFIELD*IL*627010001",
        f"REF*2U*{payment.payer.id.upper()[:20]}",
        "PER*BL*PROVIDER SERVICES*TE*5555550100",
        f"N1*PE*{payment.organization.name.upper()}*XX*{payment.payee.npi}",
        "N3*2 EXAMPLE AVENUE",
        "N4*SPRINGFIELD*IL*627010001",
        f"REF*TJ*{payment.payee.tin}",
    ]


def _segments(payment: Payment, claim: _Claim) -> list[str]:
    patient, served = claim.member.patient, payment.paid_on - timedelta(days=20)
    status = "4" if payment.method == NON else "1"
    payer_number = f"{payment.trace[:4]}{claim.number[2:]}"
    owed = claim.sum("patient") or ""
    head = [
        f"CLP*{claim.number}*{status}*{claim.sum('billed')}*{claim.sum('paid')}*{owed}*12*{payer_number}*11*1",
        f"NM1*QC*1*{patient.last_name.upper()}*{patient.first_name.upper()}****MI*{claim.member.member_id}",
        *(["REF*F8*REVISED"] if payment.revision else []),
        f"DTM*232*{served:%Y%m%d}",
    ]
    for line in claim.lines:
        head += [f"SVC*HC:{line.procedure}*{line.billed}*{line.paid}**1", f"DTM*472*{served:%Y%m%d}"]
        head += [f"CAS*CO*{97 if payment.method == NON else 45}*{line.contractual}"]
        head += [f"CAS*PR*2*{line.patient}"] if line.patient else []
    return head


def _wrapped(payment: Payment, inner: list[str]) -> bytes:
    """The envelope, with the interchange's numbers; every second payer puts each segment on a line."""
    stamp, number = f"{payment.posted:%y%m%d*%H%M}", f"{int(payment.posted.timestamp()) // 60 % 10**9:09d}"
    sender, receiver = payment.payer.id.upper()[:15], payment.payee.npi
    segments = [
        f"ISA*00*{'':10}*00*{'':10}*ZZ*{sender:<15}*ZZ*{receiver:<15}*{stamp}*^*00501*{number}*0*P*:",
        f"GS*HP*{sender}*{receiver}*20{stamp}*{int(number)}*X*005010X221A1",
        "ST*835*0001",
        *inner,
        f"SE*{len(inner) + 2}*0001",
        f"GE*1*{int(number)}",
        f"IEA*1*{number}",
    ]
    end = "~\n" if payment.payer.id in ("87726", "texas-medicaid") else "~"
    return "".join(f"{each}{end}" for each in segments).encode()
