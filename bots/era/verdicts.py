"""The words of a verdict: what an 835 can be, why, and what a person does about it.

The words are stable: they stand in the inventory, in the manifest and in JSON. docs/eras.md explains each.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Good: use it. Flagged: kept, and somebody looks at it. Quarantined: what is in it can't be relied on."""

    GOOD = "good"
    FLAGGED = "flagged"
    QUARANTINED = "quarantined"

    @property
    def rank(self) -> int:
        """How bad it is; 0 is good."""
        return list(Verdict).index(self)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a verdict is what it is.

    `again` says that another download may cure it; `passes`, that the payment goes to billing all the same.
    """

    word: str
    verdict: Verdict
    what: str
    do: str
    again: bool = False
    passes: bool = True


_AGAIN = "It is fetched again; if it stays so, ask the payer's EDI desk for a new copy."
_LOOK = "Look at what was saved; if the remittance is not there, download it by hand."
_POST = "It goes to billing: compare with the deposit before posting, and tell the payer."
_PAYER = "Tell the payer's EDI desk."


_COMPARE = "Compare both (pk era show TRACE); if billing shall have it too: pk era release."
_TELL = "Tell it: pk era seen FOLDER, also an empty one. What did not come that way goes to billing then."
_ROUTE = "Add the line, then: pk era release. It does not go to billing until then."


def _stop(word: str, what: str, do: str = _AGAIN, *, again: bool = True) -> Reason:
    return Reason(word, Verdict.QUARANTINED, what, do, again=again, passes=False)


def _flag(word: str, what: str, do: str = _POST, *, passes: bool = True) -> Reason:
    return Reason(word, Verdict.FLAGGED, what, do, passes=passes)


def _note(word: str, what: str) -> Reason:
    return Reason(word, Verdict.GOOD, what, "Nothing; it is told for whoever looks closer.")


REASONS = {
    reason.word: reason
    for reason in (
        _stop("empty", "the file is empty"),
        _stop("web_page", "a web page was saved instead of the file"),
        _stop("pdf", "this is a PDF, not an 835", _LOOK, again=False),
        _stop("no_isa", "no interchange begins here (no ISA segment)", _LOOK, again=False),
        _stop("too_large", "the file is larger than any remittance", _LOOK, again=False),
        _stop("unreadable", "the file can't be read", "Correct owner and permissions, or the path.", again=False),
        _stop("zip_encrypted", "the zip file is encrypted", "Ask the sender for it without a password.", again=False),
        _stop("zip_unsafe", "the zip file holds names that lead out of it", _LOOK, again=False),
        _stop("zip_too_large", "the zip file opens into more than any remittance", _LOOK, again=False),
        _stop("zip_damaged", "the zip file is damaged"),
        _stop("zip_empty", "the zip file holds no file", _LOOK, again=False),
        _stop("bad_separators", "the ISA segment does not say what separates elements and segments"),
        _stop("truncated", "the end is missing"),
        _stop("wrong_count", "a count in the envelope is not what is there"),
        _stop("wrong_control_number", "a control number at the end is not that of the beginning"),
        _stop("broken_envelope", "segments of the envelope (GS, ST, SE, GE) are missing"),
        _stop("no_transaction", "the interchange holds no transaction"),
        _stop("not_835", "the transaction is not an 835", "It belongs elsewhere; nothing is posted.", again=False),
        _stop("wrong_version", "the version is not 005010X221A1", _PAYER, again=False),
        _stop("garbled", "so many segments are not those of an 835 that it can't be checked"),
        _stop("no_payment", "the payment's amount (BPR02) is missing or can't be read"),
        _flag("unbalanced_payment", "claims and provider adjustments do not add up to the payment"),
        _flag("unbalanced_claim", "a claim's charge and adjustments do not add up to what was paid for it"),
        _flag("unbalanced_line", "a line's charge and adjustments do not add up to what was paid for it"),
        _flag("negative_payment", "the payment is below zero, which an 835 never is"),
        _flag("unreadable_amount", "an amount is missing or can't be read, so that the balance can't be checked"),
        _flag("no_trace", "the trace number (TRN02) is missing, so that the payment can't be matched"),
        _flag("bad_date", "the payment's date is no date"),
        _flag("bad_npi", "an NPI has a wrong check digit", "It goes to billing: see whose claims they are."),
        _flag("structure", "segments are not those of an 835, or not where they belong"),
        _flag(
            "test_file",
            "the sender marked it as a test (ISA15 = T)",
            f"It does not go to billing. {_PAYER}",
            passes=False,
        ),
        _flag(
            "no_remittance", "it announces or tests a payment only (BPR01)", "It does not go to billing.", passes=False
        ),
        _flag(
            "repeated", "the same payment stands in the file before", "Nothing: it goes to billing once.", passes=False
        ),
        _flag("control_number_reused", "two interchanges of the file have one control number", _PAYER),
        _flag("not_as_listed", "the portal's list told of another trace number or amount", _PAYER),
        _flag("trace_reused", "the payer has used this trace number for another payment of this payee", _PAYER),
        _flag("revised", "another version of this payment was there before", _COMPARE, passes=False),
        _flag("no_route", "config/era_routes.csv has no line for this payer and payee", _ROUTE, passes=False),
        _flag(
            "not_told", "it comes by two routes, and nobody has told yet what came by the other", _TELL, passes=False
        ),
        _note("earlier_version", "the version is 005010X221, before its errata"),
        _note("patient_share", "a claim's patient responsibility (CLP05) is not the sum of its PR adjustments"),
        _note("unknown_code", "a code is not on the standard's list"),
        _note("departs", "it departs from the standard in a detail"),
    )
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A reason found, and where: positions and sums only, never what identifies a patient."""

    reason: Reason
    where: str = ""

    @property
    def words(self) -> str:
        """One sentence."""
        return self.reason.what + (f": {self.where}" if self.where else "")


def finding(word: str, where: str = "") -> Finding:
    """The finding of that word."""
    return Finding(REASONS[word], where)


def worst(findings: tuple[Finding, ...]) -> Verdict:
    """The verdict that follows from all findings."""
    return max((found.reason.verdict for found in findings), key=lambda verdict: verdict.rank, default=Verdict.GOOD)
