"""The one door to oxedi: what it finds in an interchange, in our words, by group and transaction.

oxedi checks envelope, counts, control numbers, order, types and balances, with exact decimals and no tolerance.
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from bots.era.envelope import Interchange, Separators
from bots.era.verdicts import Finding, finding

if TYPE_CHECKING:
    from oxedi import Diagnostic

Place = tuple[int, int]
"""Group and transaction within its group, each from 1; 0 for all of them."""

_PATH = re.compile(r"group#(\d+)(?:/transaction#(\d+))?")
_ELEMENT = re.compile(r"element ([A-Z][A-Z0-9]{1,2})(\d\d)")
_LOOP = re.compile(r'loop "(\w+)"')
_MISSING = re.compile(r'required occurrence "\w+" \("(\w+)"')
_SUMS = re.compile(r" is (-?[\d.]+), but .* adds up to (-?[\d.]+)")
_ENVELOPE_LOOPS = ("interchange", "group", "transaction")
_AMOUNTS = ("CLP", "CAS", "SVC", "PLB")
_BALANCES = {
    "service_balance": "unbalanced_line",
    "claim_balance": "unbalanced_claim",
    "transaction_balance": "unbalanced_payment",
}
_PLAIN = {
    "UnterminatedLoop": "truncated",
    "ControlCountMismatch": "wrong_count",
    "ControlNumberMismatch": "wrong_control_number",
    "ControlElementMissing": "wrong_control_number",
    "CodeNotInList": "unknown_code",
    "UnknownSegment": "structure",
    "OutOfOrder": "structure",
    "CompositeShape": "structure",
    "ValueDropped": "structure",
    "RequiredLoopMissing": "structure",
}
_SMALL = 200_000
"""Bytes that may be findings alone: one takes a kilobyte, and is of two or three bytes at worst."""

_MOST_AT_FIRST = 4_000
_MOST_FINDINGS = 250_000
_STRIDE, _SAMPLE = 512_000, 32_000
_OF_THE_CUT = 20  # findings in a sample that come of its being one
_OWN = ("BPR02", "BPR16", "TRN02")
_OF_THE_ENVELOPE = ("ISA", "GS", "ST")


def read(interchange: Interchange) -> Mapping[Place, tuple[Finding, ...]]:
    """What is wrong in the `interchange`, and where. One kind of finding stands once, with its first place."""
    import oxedi

    met: dict[Place, Counter[str]] = defaultdict(Counter)
    first: dict[tuple[Place, str], str] = {}
    try:
        if any(_garbled(interchange, begin, end) for begin, end in _large_parts(interchange)):
            return {(0, 0): (finding("garbled"),)}
        for batch in oxedi.stream(interchange.bytes, by="transaction"):
            _gather(batch.diagnostics, met, first)
    except oxedi.ParseError:
        return {(0, 0): (finding("broken_envelope"),)}
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # how its core fails; not an Exception
            raise
        return {(0, 0): (finding("broken_envelope"),)}
    return {
        place: tuple(finding(word, _told(first[place, word], count)) for word, count in words.items())
        for place, words in met.items()
    }


def _large_parts(interchange: Interchange) -> Iterator[tuple[int, int]]:
    """Where what oxedi keeps in memory at once begins and ends: a transaction; and all of it, if much is in none."""
    spans = [(one.start, one.end) for one in interchange.transactions]
    around = interchange.end - interchange.start - sum(end - begin for begin, end in spans)
    yield from (span for span in spans if span[1] - span[0] > _SMALL)
    if around > _SMALL:
        yield interchange.start, interchange.end


def _garbled(interchange: Interchange, begin: int, end: int) -> bool:
    """Whether so much of this part would be findings that the memory of a machine does not suffice.

    All of it would have to be read to know. What is read is its beginning, and a sample of each stride behind that.
    """
    envelope = _envelope(interchange, begin)
    beginning = interchange.data[begin : min(begin + _SMALL, end)]
    if _count(envelope + beginning) > _MOST_AT_FIRST:
        return True
    head, left = envelope + _to_the_first_claim(beginning, interchange.separators), _MOST_FINDINGS * _SAMPLE // _STRIDE
    for sample in _samples(interchange.data, begin + _SMALL, end, interchange.separators.segment):
        left -= max(0, _count(head + sample) - _OF_THE_CUT)
        if left < 0:
            return True
    return False


def _envelope(interchange: Interchange, begin: int) -> bytes:
    """What stands around the transaction that begins there."""
    for group in interchange.groups:
        if any(one.start == begin for one in group.transactions):
            return interchange.data[interchange.start : interchange.head] + interchange.data[group.start : group.end]
    return b""


def _to_the_first_claim(beginning: bytes, separators: Separators) -> bytes:
    """The transaction's head, with a claim in which a sample may go on."""
    claim = beginning.find(b"CLP" + separators.element)
    head = beginning[: beginning.rfind(separators.segment, 0, claim) + 1] if claim > 0 else b""
    lines = (b"LX", b"1"), (b"CLP", b"1", b"1", b"0", b"0", b"", b"12", b"1", b"11", b"1")
    return head + b"".join(separators.element.join(line) + separators.segment for line in lines)


def _samples(data: bytes, begin: int, end: int, terminator: bytes) -> Iterator[bytes]:
    """Whole segments from a place in each stride; the places are the same each time that the file is judged."""
    drawn = random.Random(end - begin)  # noqa: S311 - no secret
    for stride in range(begin, end, _STRIDE):
        start = data.find(terminator, min(stride + drawn.randrange(_STRIDE - _SAMPLE), end)) + 1
        yield data[start : data.rfind(terminator, start, min(start + _SAMPLE, end)) + 1]


def _count(beginning: bytes) -> int:
    import oxedi

    return sum(len(batch.diagnostics) for batch in oxedi.stream(beginning, by="transaction"))


def _gather(
    diagnostics: Iterable[Diagnostic], met: dict[Place, Counter[str]], first: dict[tuple[Place, str], str]
) -> None:
    for diagnostic in diagnostics:
        if word := _word(diagnostic):
            found = _PATH.search(diagnostic.path)
            place = (int(found[1]), int(found[2] or 0)) if found else (0, 0)
            met[place][word] += 1
            first.setdefault((place, word), _where(diagnostic))


def _word(diagnostic: Diagnostic) -> str:
    """Our word for it; empty for what is said elsewhere (`bots.era.gate`) or is no trouble."""
    kind, rule = diagnostic.kind, diagnostic.rule
    element = _ELEMENT.match(rule.removeprefix("required "))
    segment = element[1] if element else ""
    if kind == "ByteOrderMark" or (kind == "CodeNotInList" and segment in _OF_THE_ENVELOPE):
        return ""
    missing = _MISSING.search(rule)
    if (element and element[0].endswith(_OWN)) or (missing and missing[1] in ("BPR", "TRN")):
        return ""
    if kind == "BalanceMismatch":
        return next((word for name, word in _BALANCES.items() if f'"{name}"' in rule), "unbalanced_payment")
    if kind == "ImplicitLoop":
        loop = _LOOP.match(rule)
        return "broken_envelope" if loop and loop[1] in _ENVELOPE_LOOPS else "structure"
    if kind == "TypeMismatch" and "not a valid DT" in rule:
        return "bad_date" if segment in ("BPR", "DTM") and "/2000" not in diagnostic.path else "departs"
    if segment in _AMOUNTS and (kind == "RequiredElementMissing" or "not a valid R" in rule):
        return "unreadable_amount"
    return _PLAIN.get(kind, "departs")


def _where(diagnostic: Diagnostic) -> str:
    """The place and the sums, out of the rule's sentence; never the value itself, which may be a name or a number."""
    if sums := _SUMS.search(diagnostic.rule):
        return f"{sums[1]} is told, {sums[2]} follows (segment {_segment(diagnostic)})"
    if element := _ELEMENT.search(diagnostic.rule):
        return f"{element[1]}{element[2]} (segment {_segment(diagnostic)})"
    if missing := _MISSING.search(diagnostic.rule):
        return f"{missing[1]} is missing (before segment {_segment(diagnostic)})"
    if diagnostic.kind == "UnterminatedLoop" and (loop := _LOOP.search(diagnostic.rule)):
        return f"of the {loop[1]}" if loop[1] in _ENVELOPE_LOOPS else ""
    return f"segment {_segment(diagnostic)}" if diagnostic.segment is not None else ""


def _segment(diagnostic: Diagnostic) -> int:
    """Counted from 1, as an editor does."""
    return (diagnostic.segment or 0) + 1


def _told(where: str, count: int) -> str:
    return where if count == 1 else f"{where}, {count} times in all"
