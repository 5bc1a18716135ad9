"""Whether a payer's answers look right together, though each page looks right by itself. Two signs that they don't:

An odd share: a page that has lost its data says *not found* or *inactive* of everybody. Once a batch has `rows` answers
of a payer, no outcome may have both more than `times` its usual share and more than `points` percentage points above
it. The usual is that payer's and flow's last 30 days. While these hold fewer than `history` answers no share is judged:
against a handful of answers every first batch looks odd, and a hold that is mostly wrong is released unread.

One page twice: the answers about two patients bear the same mark of what a portal writes for one inquiry or one claim
only, its transaction id or the payer's claim numbers. Nothing else will do. Members of one plan have the same copays,
in January the same deductibles left, families share more than that, and *not found* reads the same for everybody; where
the page names the member, the worker has compared it already. Patients are told apart by their birth dates, so that one
who is listed under two spellings raises no alarm. This needs no history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from bots.desk import PatientAnswer, PatientInquiry
from flows.claim_status import ClaimStatusAnswer

Counts = Mapping[str, int]
"""Answers by the word of their outcome."""

SAME_PAGE = "same page"
SEVERAL = "several"


@dataclass(frozen=True)
class Limits:
    """From how many rows on, and how far from the usual, a share is odd; and what history makes a usual."""

    rows: int
    times: int
    points: int
    history: int


@dataclass(frozen=True)
class Oddity:
    """What is odd: the outcome whose share it is, or `SAME_PAGE`; and that in words for people, without member data."""

    word: str
    words: str


def outcome_word(answer: PatientAnswer) -> str:
    """The word by which an answer is counted: the coverage, or the status of its claims, `SEVERAL` if they differ."""
    if not isinstance(answer, ClaimStatusAnswer):
        return str(answer.coverage)
    statuses = {str(claim.status) for claim in answer.claims} or {str(answer.status)}
    return statuses.pop() if len(statuses) == 1 else SEVERAL


def odd_share(seen: Counts, usual: Counts, limits: Limits, vouched: Collection[str] = ()) -> Oddity | None:
    """The outcome with the oddest share among those `seen`, if any is odd; `vouched` ones never are."""
    rows, history = sum(seen.values()), sum(usual.values())
    if rows < limits.rows or history < limits.history:
        return None
    shares = {word: (100 * count / rows, 100 * usual.get(word, 0) / history) for word, count in seen.items()}
    odd = [
        word
        for word, (share, before) in shares.items()
        if share > max(limits.times * before, before + limits.points) and word not in vouched
    ]
    if not odd:
        return None
    word = max(odd, key=lambda each: shares[each][0] - shares[each][1])
    said = word.replace("_", " ")
    return Oddity(word, f"{seen[word]} of {rows} answers say {said}, usual are {shares[word][1]:.0f} in 100")


class Tally:
    """The answers of one batch to one payer, as they come."""

    def __init__(self, usual: Counts, vouched: Collection[str], limits: Limits) -> None:
        self._usual = usual
        self._vouched = vouched
        self._limits = limits
        self._seen: Counter[str] = Counter()
        self._patients: dict[str, date] = {}

    def add(self, portal: str, inquiry: PatientInquiry, answer: PatientAnswer) -> Oddity | None:
        """Count an answer of `portal`; what is odd now."""
        self._seen[outcome_word(answer)] += 1
        born = inquiry.member.patient.birth_date
        repeated = [mark for mark in _marks(portal, answer) if self._patients.setdefault(mark, born) != born]
        if repeated and SAME_PAGE not in self._vouched:
            return Oddity(SAME_PAGE, "the portal gave one and the same page for different patients")
        return odd_share(self._seen, self._usual, self._limits, self._vouched)


def _marks(portal: str, answer: PatientAnswer) -> list[str]:
    """What no two patients' pages have in common."""
    marks = [f"transaction {answer.portal_transaction_id}"] if answer.portal_transaction_id else []
    if isinstance(answer, ClaimStatusAnswer):
        numbers = sorted(claim.payer_claim_number for claim in answer.claims if claim.payer_claim_number)
        marks += [f"claims {' '.join(numbers)}"] if numbers else []
    return [f"{portal} {mark}" for mark in marks]
