"""Where the interchanges, groups and transactions of a file begin and end; nothing is checked or changed here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

_TRIVIA = re.compile(rb"[\s\x00\x1a]*(?:\xef\xbb\xbf)?[\s\x00\x1a]*")
# Fixed width or not: sixteen elements, the last of one character, and the segment's terminator.
_ISA = re.compile(rb"ISA([^A-Za-z0-9 \r\n])(?:(?:(?!\1).){0,60}?\1){15}(.)(.)", re.DOTALL)
_LINE_BREAKS = b"\r\n"
_LEAST_BYTES = 100  # an 835 without any claim has over 250
_ROOM = 100


@dataclass(frozen=True, slots=True)
class Separators:
    """What stands between elements, between components, and after segments."""

    element: bytes
    component: bytes
    segment: bytes

    @property
    def sound(self) -> bool:
        """Whether they can separate anything."""
        each = {self.element, self.component, self.segment}
        return len(each) == 3 and not any(one.isalnum() or one in b" ." for one in each)


@dataclass(slots=True)
class Transaction:
    """From ST to the end of SE, or to where the next begins; `number` counts within its group, from 1."""

    group: int
    number: int
    start: int
    end: int
    fields: list[bytes]
    closed: bool = False


@dataclass(slots=True)
class Group:
    """The GS segment from `start` to `end` (both 0 when there is none), its elements, and what it holds."""

    start: int = 0
    end: int = 0
    fields: list[bytes] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)


@dataclass(slots=True)
class Interchange:
    """One interchange in `data`, from `start` to `end`; `head` is where its ISA segment ends.

    One that opens more groups and transactions than its bytes have room for is `garbled`, and is not read to its end.
    """

    data: bytes
    start: int
    head: int
    separators: Separators
    fields: list[bytes]
    end: int = 0
    groups: list[Group] = field(default_factory=list)
    garbled: bool = False

    @property
    def bytes(self) -> bytes:
        """All of it, without a copy when there is nothing else in the data."""
        return self.data[self.start : self.end]

    @property
    def transactions(self) -> list[Transaction]:
        """Of all groups, in order."""
        return [transaction for group in self.groups for transaction in group.transactions]


@dataclass(frozen=True, slots=True)
class Stray:
    """Bytes that belong to no interchange; `begun` when an ISA segment begins there that can't be read."""

    begun: bool


def interchanges(data: bytes) -> Iterator[Interchange | Stray]:
    """The interchanges of a file, in order. Lines broken inside segments are joined."""
    position, unwrapped = _skip(data, 0), set[bytes]()
    while position < len(data):
        found = _next(data, position)
        if found is None or found.start() > position:
            yield Stray(begun=data.startswith(b"ISA", position))
        if found is None:
            return
        position = found.start()
        if found[3] not in unwrapped and _wrapped(data, position, found[3]):
            data, position = data[position:].translate(None, _LINE_BREAKS), 0
            continue
        unwrapped.add(found[3])  # then neither is the rest
        interchange = _read(data, found)
        yield interchange
        position = _skip(data, interchange.end)


def _next(data: bytes, position: int) -> re.Match[bytes] | None:
    """The first ISA segment that says how to read what follows."""
    while found := _ISA.search(data, position):
        if _separators(found).sound:
            return found
        position = found.start() + 1
    return None


def _skip(data: bytes, position: int) -> int:
    found = _TRIVIA.match(data, position)
    return found.end() if found else position


def _separators(isa: re.Match[bytes]) -> Separators:
    return Separators(isa[1], isa[2], isa[3])


def _wrapped(data: bytes, position: int, terminator: bytes) -> bool:
    """Whether lines end elsewhere than after segments."""
    lines = data.count(b"\n", position) or data.count(b"\r", position)
    if not lines or terminator in _LINE_BREAKS:
        return False
    if lines == sum(data.count(terminator + end, position) for end in (b"\n", b"\r\n")):
        return False
    return re.compile(rb"[^\s" + re.escape(terminator) + rb"][ \t]*[\r\n]").search(data, position) is not None


@cache
def _control_segments(element: bytes, segment: bytes) -> re.Pattern[bytes]:
    e, s = re.escape(element), re.escape(segment)
    return re.compile(rb"%s\s*(ISA|GS|ST|SE|GE|IEA)%s([^%s]*)" % (s, e, s))


def _read(data: bytes, isa: re.Match[bytes]) -> Interchange:
    separators = _separators(isa)
    fields = isa[0][:-1].split(separators.element)
    found = Interchange(data, isa.start(), isa.end(), separators, [part.strip() for part in fields], len(data))
    open_one, room = None, _ROOM
    for control in _control_segments(separators.element, separators.segment).finditer(data, isa.end() - 1):
        name, begin, end = control[1], control.start(1), min(control.end() + 1, len(data))
        if open_one and name != b"SE":
            open_one.end = begin
        room -= name in (b"GS", b"ST")
        if room + (begin - found.start) // _LEAST_BYTES < 0:
            found.garbled = True
            break
        if name == b"ISA":
            found.end = begin
            break
        if name == b"GS":
            found.groups.append(Group(begin, end, _fields(control, separators)))
        elif name == b"ST":
            open_one = _open(found, begin, _fields(control, separators))
            continue
        elif name == b"SE" and open_one:
            open_one.end, open_one.closed = end, True
        elif name == b"IEA":
            found.end = end
            break
        open_one = None
    return found


def _fields(control: re.Match[bytes], separators: Separators) -> list[bytes]:
    return [control[1], *(part.strip() for part in control[2].split(separators.element))]


def _open(found: Interchange, begin: int, fields: list[bytes]) -> Transaction:
    if not found.groups:
        found.groups.append(Group())
    group = found.groups[-1]
    transaction = Transaction(len(found.groups), len(group.transactions) + 1, begin, found.end, fields)
    group.transactions.append(transaction)
    return transaction
