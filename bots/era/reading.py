"""The one door to oxedi: what it finds in an interchange, in our words, by group and transaction.

oxedi checks envelope, counts, control numbers, order, types and balances, with exact decimals and no tolerance.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

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
_PROBED = 200_000
_MOST_FINDINGS = 4_000
_OWN = ("BPR02", "BPR16", "TRN02")
_OF_THE_ENVELOPE = ("ISA", "GS", "ST")


def read(interchange: bytes) -> Mapping[Place, tuple[Finding, ...]]:
    """What is wrong in the `interchange`, and where. One kind of finding stands once, with its first place."""
    import oxedi

    met: dict[Place, Counter[str]] = defaultdict(Counter)
    first: dict[tuple[Place, str], str] = {}
    try:
        if len(interchange) > _PROBED and _garbled(interchange[:_PROBED]):
            return {(0, 0): (finding("garbled"),)}
        for batch in oxedi.stream(interchange, by="transaction"):
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


def _garbled(beginning: bytes) -> bool:
    """Whether all of it would be findings, for which the memory of a machine does not suffice."""
    import oxedi

    return sum(len(batch.diagnostics) for batch in oxedi.stream(beginning, by="transaction")) > _MOST_FINDINGS


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
