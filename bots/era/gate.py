"""The gate: what arrived is judged, each transaction by itself, in the order of docs/eras.md. Never raises.

What the file is · ISA · whole · counts and control numbers · an 835 of the right version · balance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bots.era.envelope import Group, Interchange, Stray, Transaction, interchanges
from bots.era.payment import Checked, Payment, read_payment
from bots.era.reading import read
from bots.era.unpacking import Member, unpack
from bots.era.verdicts import Finding, Verdict, finding, worst

VERSION = "005010X221A1"
_KIND = b"835"
_EARLIER = "005010X221"
_NO_REMITTANCE = ("D", "P", "X")  # payment only, prenotification, both sent elsewhere


@dataclass(frozen=True, slots=True)
class Judged:
    """One transaction, or what stands where none could be found: its place, what it pays, and what is wrong with it.

    `member` is the number in a zip file (0: no zip file). `interchange` counts within the member, `group` and
    `transaction` within what holds them, all from 1; 0 where there is none.
    """

    member: int
    findings: tuple[Finding, ...] = ()
    payment: Payment | None = None
    interchange: int = 0
    group: int = 0
    transaction: int = 0
    control_number: str = ""

    @property
    def verdict(self) -> Verdict:
        """The worst of what was found."""
        return worst(self.findings)

    @property
    def passes(self) -> bool:
        """Whether billing gets it, as far as the file itself tells."""
        return self.payment is not None and all(found.reason.passes for found in self.findings)

    @property
    def words(self) -> tuple[str, ...]:
        """The reasons by their words."""
        return tuple(found.reason.word for found in self.findings)


def judge(data: bytes) -> Iterator[Judged]:
    """A verdict for each transaction in what arrived; one for the whole where there is none to be found."""
    for member in unpack(data):
        yield from judge_member(member)


def judge_member(member: Member) -> Iterator[Judged]:
    """A verdict for each transaction of one file."""
    if member.problem:
        yield Judged(member.number, (member.problem,))
        return
    seen: dict[tuple[bytes, ...], int] = {}
    contents: set[str] = set()
    for number, found in enumerate(interchanges(member.data), 1):
        if isinstance(found, Stray) or found.garbled:
            word = _stray(found, member.data) if isinstance(found, Stray) else "garbled"
            yield Judged(member.number, (finding(word),), interchange=number)
            continue
        control = tuple(found.fields[index] for index in (5, 6, 7, 8, 13))
        for judged in _judge_interchange(member.number, number, found):
            compared = _compared(judged, contents, seen.get(control, number))
            if compared.verdict is not Verdict.QUARANTINED:
                seen.setdefault(control, number)
            yield compared


def _stray(found: Stray, data: bytes) -> str:
    if not found.begun:
        return "no_isa"
    return "truncated" if len(data) < 106 else "bad_separators"


def _compared(judged: Judged, contents: set[str], earlier: int) -> Judged:
    """With what only its neighbours tell: that it stands in the file before, or its interchange's number does."""
    if judged.payment is None:
        return judged
    more: tuple[Finding, ...] = ()
    if judged.payment.content in contents:
        more = (finding("repeated"),)
    elif earlier != judged.interchange:
        more = (finding("control_number_reused", f"with interchange {earlier}"),)
    content = judged.payment.content
    judged = replace(judged, findings=judged.findings + more)
    if judged.passes:  # a damaged one is not what a sound copy repeats
        contents.add(content)
    return judged


def _judge_interchange(member: int, number: int, found: Interchange) -> Iterator[Judged]:
    transactions = found.transactions
    control_number = found.fields[13].decode("latin-1")
    told = read(found) if _holds_835(found) else {}
    everywhere = tuple(one for findings in told.values() for one in findings)
    broken = tuple(one for one in everywhere if one.reason.word == "broken_envelope")
    if not transactions:
        yield Judged(member, _ordered(_stops(everywhere)) or (finding("no_transaction"),), interchange=number)
    for transaction in transactions:
        group, place = found.groups[transaction.group - 1], (transaction.group, transaction.number)
        envelope = (*told.get((0, 0), ()), *told.get((transaction.group, 0), ()), *broken)
        checked = read_payment(found.data[transaction.start : transaction.end], found.separators)
        findings = (*envelope, *_version(group, transaction))
        if transaction.fields[1:2] == [_KIND]:
            findings = (*findings, *told.get(place, ()), *_own(found, checked))
        yield Judged(
            member, _ordered(findings), checked.payment, number, transaction.group, transaction.number, control_number
        )


def _holds_835(found: Interchange) -> bool:
    """Whether an 835 is, or should be, in it: of another document all would be wrong."""
    kinds = [one.fields[1:2] for one in found.transactions]
    return not kinds or [_KIND] in kinds


def _stops(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    return tuple(found for found in findings if found.reason.verdict is Verdict.QUARANTINED)


def _ordered(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Each reason once, the worst first. What can't be relied on is not examined further."""
    once: dict[str, Finding] = {}
    for found in _stops(findings) or findings:
        once.setdefault(found.reason.word, found)
    return tuple(sorted(once.values(), key=lambda found: -found.reason.verdict.rank))


def _version(group: Group, transaction: Transaction) -> Iterator[Finding]:
    version = group.fields[8].decode("latin-1") if len(group.fields) > 8 else ""
    if not transaction.closed:
        yield finding("truncated", "of the transaction")
    if transaction.fields[1:2] != [_KIND]:
        yield finding("not_835")
    elif version == _EARLIER:
        yield finding("earlier_version")
    elif version != VERSION:
        yield finding("wrong_version")


def _own(found: Interchange, checked: Checked) -> Iterator[Finding]:
    """What oxedi does not look at."""
    payment = checked.payment
    if found.fields[15:16] == [b"T"]:
        yield finding("test_file")
    if payment.amount is None:
        yield finding("no_payment")
    elif payment.amount < 0:
        yield finding("negative_payment", str(payment.amount))
    if not payment.trace:
        yield finding("no_trace")
    if payment.paid_on is None:
        yield finding("bad_date", "BPR16")
    if payment.handling in _NO_REMITTANCE:
        yield finding("no_remittance", payment.handling)
    if checked.bad_npis:
        yield finding("bad_npi", f"{checked.bad_npis} of them")
    if checked.patient_shares:
        yield finding("patient_share", f"{checked.patient_shares} of {payment.claims} claims")
