"""Some payments of a file as a file of their own: their bytes as they came, in the envelope they came in."""

from __future__ import annotations

from collections.abc import Collection

from bots.era.envelope import Interchange, Stray, interchanges

Place = tuple[int, int, int]
"""Interchange, group and transaction, each counted from 1."""


def subset(data: bytes, wanted: Collection[Place]) -> bytes:
    """The interchanges of `data` with only the `wanted` transactions; the counts of what is left out are mended."""
    parts: list[bytes] = []
    for number, found in enumerate(interchanges(data), 1):
        if not isinstance(found, Stray):
            parts += _interchange(found, number, wanted)
    return b"".join(parts)


def _interchange(found: Interchange, number: int, wanted: Collection[Place]) -> list[bytes]:
    parts = []
    for group in found.groups:
        kept = [one for one in group.transactions if (number, one.group, one.number) in wanted]
        if kept:
            parts.append(found.data[group.start : group.end])
            parts += [found.data[one.start : one.end] for one in kept]
            parts.append(_closing(found, b"GE", len(kept), group.fields[6]))
    if not parts:
        return []
    groups = sum(part.startswith(b"GE" + found.separators.element) for part in parts)
    return [found.data[found.start : found.head], *parts, _closing(found, b"IEA", groups, found.fields[13])]


def _closing(found: Interchange, name: bytes, count: int, control_number: bytes) -> bytes:
    return found.separators.element.join([name, b"%d" % count, control_number]) + found.separators.segment
