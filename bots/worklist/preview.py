"""What a worklist would ask, counted before anything is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from bots.worklist.reading import Worklist


@dataclass(frozen=True, slots=True)
class Preview:
    """Counts of rows, and lines of the file; no patient data.

    `questions` counts different questions. `payers` and `organizations` count the rows that can be asked, by name;
    `taken` says which payer each word of the payer column was taken for, and by what. `problems` are line and
    sentence, `duplicates` the lines of each group of rows that ask the same.
    """

    rows: int
    questions: int
    payers: Mapping[str, int]
    organizations: Mapping[str, int]
    taken: Mapping[str, str]
    problems: tuple[tuple[int, str], ...]
    duplicates: tuple[tuple[int, ...], ...]


def preview(worklist: Worklist) -> Preview:
    """Count `worklist`."""
    askable = [(row.payer, row.inquiry) for row in worklist.rows if row.payer and row.inquiry]
    return Preview(
        rows=len(worklist.rows),
        questions=len(worklist.questions()),
        payers=dict(Counter(payer.name for payer, _ in askable)),  # asdict() breaks a Counter
        organizations=dict(Counter(inquiry.organization.name for _, inquiry in askable)),
        taken={text: f"{payer.name} ({way})" for text, (payer, way) in worklist.taken.items()},
        problems=tuple((row.line, row.problem) for row in worklist.rows if row.problem),
        duplicates=tuple(tuple(row.line for row in group) for group in worklist.duplicates()),
    )
