"""What an 835 transaction says of itself: who pays whom, how much, by which trace. No claim, no patient.

Read from the segments before the first claim; claims and NPIs are counted and checked, not kept.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache

from bots.era.envelope import Separators
from flows.parties import check_npi

_MONEY = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_CANONICAL = b"\x1f\x1e\x1d"
_CHUNK = 4 * 1024 * 1024
_NEAR_THE_END = 200
_REVERSAL = b"22"
_TELLING = ("N1", "REF", "BPR", "TRN")
ZERO = Decimal()
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Payment:
    """The payment of one transaction; what it does not say is empty, or None for amount and date.

    `payer_id` is what the payer calls itself (N104 or REF 2U), `company_id` is TRN03.
    """

    payer: str = ""
    payer_id: str = ""
    company_id: str = ""
    payee: str = ""
    payee_npi: str = ""
    payee_tin: str = ""
    trace: str = ""
    handling: str = ""
    method: str = ""
    amount: Decimal | None = None
    paid_on: date | None = None
    claims: int = 0
    provider_adjustments: int = 0
    content: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A payment and what was seen in its claims: NPIs with a wrong check digit, claims whose patient share is off."""

    payment: Payment
    bad_npis: int
    patient_shares: int


def money(text: str) -> Decimal | None:
    """An X12 amount; None for what is none. Never a float."""
    return Decimal(text) if _MONEY.fullmatch(text) else None


def in_cents(amount: Decimal) -> str:
    """An amount as it is kept and told: with two decimals."""
    return f"{amount:.2f}" if amount == amount.quantize(_CENT) else str(amount)


def day(text: str) -> date | None:
    """CCYYMMDD or YYMMDD; None for what is no date."""
    text = f"20{text}" if len(text) == 6 else text
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:])) if len(text) == 8 and text.isdigit() else None
    except ValueError:
        return None


def read_payment(transaction: bytes, separators: Separators) -> Checked:
    """Read a transaction from ST to SE."""
    patterns = _patterns(separators.element, separators.segment)
    found = patterns.body.search(transaction)
    body = found.start() if found else len(transaction)
    facts, element = _Facts(), separators.element.decode("latin-1")
    for segment in transaction[:body].decode("latin-1").split(separators.segment.decode("latin-1")):
        facts.take(segment.split(element))
    claims, shares = _patient_shares(transaction, separators, patterns)
    payment = facts.payment(claims, len(patterns.plb.findall(transaction)), _content(transaction, separators, patterns))
    return Checked(payment, _bad_npis(transaction, patterns), shares)


class _Facts:
    """The payment as it is told by one segment after the other."""

    def __init__(self) -> None:
        self._told: dict[str, str] = {}
        self._party = ""

    def take(self, segment: list[str]) -> None:
        name = segment[0].strip()
        if name not in _TELLING:
            return
        segment = [part.strip() for part in segment]
        if name == "N1":
            _, self._party, title, qualifier, code, *_ = [*segment, "", "", "", ""]
            self._tell(f"{self._party} name", title)
            self._tell(f"{self._party} {qualifier}", code)
        elif name == "REF":
            _, qualifier, code, *_ = [*segment, "", ""]
            self._tell(f"{self._party} REF {qualifier}", code)
        else:
            for number, value in enumerate(segment):
                self._tell(f"{name}{number}", value)

    def _tell(self, what: str, value: str) -> None:
        self._told.setdefault(what, value)

    def payment(self, claims: int, provider_adjustments: int, content: str) -> Payment:
        def told(*names: str) -> str:
            return next((self._told[name] for name in names if self._told.get(name)), "")

        return Payment(
            payer=told("PR name"),
            payer_id=told("PR XV", "PR REF 2U", "PR PI"),
            company_id=told("TRN3", "BPR10"),
            payee=told("PE name"),
            payee_npi=told("PE XX"),
            payee_tin=told("PE FI", "PE REF TJ").replace("-", ""),
            trace=told("TRN2"),
            handling=told("BPR1"),
            method=told("BPR4"),
            amount=money(told("BPR2")),
            paid_on=day(told("BPR16")),
            claims=claims,
            provider_adjustments=provider_adjustments,
            content=content,
        )


@dataclass(frozen=True, slots=True)
class _Patterns:
    body: re.Pattern[bytes]
    code: re.Pattern[bytes]
    npi: re.Pattern[bytes]
    shares: re.Pattern[bytes]
    plb: re.Pattern[bytes]
    trailer: re.Pattern[bytes]


@cache
def _patterns(element: bytes, segment: bytes) -> _Patterns:
    e, s = re.escape(element), re.escape(segment)

    def starting(names: bytes, rest: bytes = b"") -> re.Pattern[bytes]:
        return re.compile(rb"%s\s*%s%s%s" % (s, names, e, rest))

    return _Patterns(
        body=starting(rb"(?:LX|CLP|PLB|SE)"),
        code=re.compile(rb"%sXX%s([^%s%s]*)" % (e, e, e, s)),
        npi=starting(rb"N(?:1|M1)", rb"[^%s]*?%sXX%s([^%s%s]*)" % (s, e, e, e, s)),
        shares=starting(rb"(CLP|CAS%sPR)" % e, rb"([^%s]*)" % s),
        plb=starting(rb"PLB"),
        trailer=starting(rb"SE"),
    )


def _bad_npis(transaction: bytes, patterns: _Patterns) -> int:
    """How many different NPIs have a wrong check digit. Where `XX` stands in other segments it is no NPI."""
    if all(_is_npi(code) for code in set(patterns.code.findall(transaction))):
        return 0
    return sum(not _is_npi(npi) for npi in set(patterns.npi.findall(transaction)))


@lru_cache(maxsize=10_000)
def _is_npi(npi: bytes) -> bool:
    try:
        check_npi(npi.decode("latin-1").strip())
    except ValueError:
        return False
    return True


def _patient_shares(transaction: bytes, separators: Separators, patterns: _Patterns) -> tuple[int, int]:
    """How many claims there are, and for how many the PR adjustments don't add up to the patient's share."""
    claims = off = 0
    share: Decimal | None = None
    for found in patterns.shares.finditer(transaction):  # one at a time: a payment may have 50 MB
        name, told = found.groups()
        fields = told.split(separators.element)
        if name == b"CLP":
            off += bool(share)
            claims += 1
            reversal = len(fields) > 1 and fields[1].strip() == _REVERSAL
            share = None if reversal else _amount(fields[4]) if len(fields) > 4 else ZERO
        elif share is not None:
            for field in fields[1::3]:
                amount = _amount(field)
                share = None if share is None or amount is None else share - amount
    return claims, off + bool(share)


@lru_cache(maxsize=50_000)  # a few amounts are most of a patient's shares
def _amount(field: bytes) -> Decimal | None:
    text = field.decode("latin-1").strip()
    return money(text) if text else ZERO


def _content(transaction: bytes, separators: Separators, patterns: _Patterns) -> str:
    """SHA-256 of the segments between ST and SE, whatever separators and line breaks they came with."""
    digest = hashlib.sha256()
    begin = transaction.find(separators.segment) + 1
    for part in _canonical(transaction, begin, _trailer(transaction, patterns), separators):
        digest.update(part)
    return digest.hexdigest()


def _trailer(transaction: bytes, patterns: _Patterns) -> int:
    """Where the last SE segment begins; the transaction's end when it has none."""
    for near in (max(0, len(transaction) - _NEAR_THE_END), 0):
        if found := list(patterns.trailer.finditer(transaction, near)):
            return found[-1].start() + 1
    return len(transaction)


def _canonical(transaction: bytes, begin: int, end: int, separators: Separators) -> Iterator[bytes]:
    table = bytes.maketrans(separators.element + separators.component + separators.segment, _CANONICAL)
    breaks = bytes(set(b"\r\n") - set(separators.segment))
    after_segment = separators.segment + b" " in transaction or separators.segment + b"\t" in transaction
    if after_segment or b"\n " in transaction or b"\n\t" in transaction:
        indented = re.compile(re.escape(separators.segment) + rb"\s+")
        transaction, begin = indented.sub(lambda _: separators.segment, transaction[begin - 1 : end]), 1
        end = len(transaction)
    for position in range(begin, end, _CHUNK):
        yield transaction[position : min(position + _CHUNK, end)].translate(table, breaks)
