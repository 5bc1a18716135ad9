"""A claim status answer as cells, and which of several claims is the one that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bots.worklist.cells import Value, plain_number
from bots.worklist.contract import CLAIM_STATUS
from flows.claim_status import Claim, ClaimStatusAnswer, ClaimStatusInquiry

MATCHES = ("payer_claim_number", "control_number", "dates_and_amount", "")
"""How a claim can be known to be the one asked for, the surest first; empty: it is only among those found."""

EraOf = Callable[[str, ClaimStatusInquiry, Claim], str]
"""What is known of a claim's 835 (`received`, `missing`, `other_route`, or empty), by payer, question and claim."""


def ranked(inquiry: ClaimStatusInquiry, claims: Sequence[Claim]) -> list[tuple[Claim, str]]:
    """The claims with how each was matched (one of `MATCHES`), the surest first, else in the portal's order."""
    pairs = [(claim, _matched_by(inquiry, claim)) for claim in claims]
    return sorted(pairs, key=lambda pair: MATCHES.index(pair[1]))


def _matched_by(inquiry: ClaimStatusInquiry, claim: Claim) -> str:
    if inquiry.payer_claim_number and claim.payer_claim_number == inquiry.payer_claim_number:
        return "payer_claim_number"
    if inquiry.patient_control_number and claim.patient_control_number == inquiry.patient_control_number:
        return "control_number"
    if inquiry.billed_amount is None or claim.billed != inquiry.billed_amount or claim.service_from is None:
        return ""
    last = claim.service_to or claim.service_from
    within = inquiry.service_from <= claim.service_from and last <= inquiry.service_to
    return "dates_and_amount" if within else ""


def claim_rows(
    answer: ClaimStatusAnswer, inquiry: ClaimStatusInquiry, payer: str, era: EraOf
) -> list[dict[str, Value]]:
    """Return the columns of the answers file that the answer fills: a row for each claim, one where none was found."""
    shown = _shown(answer) | {"claims_found": len(answer.claims)}
    found = ranked(inquiry, answer.claims)
    rows = [
        shown | _shown(claim) | {"claim_rank": rank, "matched_by": matched_by, "era": era(payer, inquiry, claim)}
        for rank, (claim, matched_by) in enumerate(found, 1)
    ]
    return rows or [shown]


def line_rows(answer: ClaimStatusAnswer, inquiry: ClaimStatusInquiry) -> list[dict[str, Value]]:
    """Return the lines of the companion file, claim by claim in the order of the rows."""
    return [
        {**line.model_dump(), "units": plain_number(line.units), "payer_claim_number": claim.payer_claim_number}
        for claim, _ in ranked(inquiry, answer.claims)
        for line in claim.lines
    ]


def _shown(record: Claim | ClaimStatusAnswer) -> dict[str, Value]:
    fields = type(record).model_fields
    return {column: getattr(record, column) for column in CLAIM_STATUS.answers if column in fields}
