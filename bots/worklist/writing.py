"""Writing the answers file and its companion of lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from bots.disk import write_durably
from bots.worklist.benefits import answer_row, benefit_rows
from bots.worklist.cells import Value, cell
from bots.worklist.claims import EraOf, claim_rows, line_rows
from bots.worklist.contract import Contract
from bots.worklist.reading import Row, Worklist
from bots.worklist.results import Result, RowOutcome
from flows.claim_status import ClaimStatusAnswer, ClaimStatusInquiry
from flows.eligibility import EligibilityAnswer, EligibilityInquiry
from flows.errors import InputError


def companion(out: Path, contract: Contract) -> Path:
    """Return where the lines of the answers file `out` go."""
    return out.with_name(f"{out.stem}.{contract.companion}.csv")


def check_output(worklist: Worklist, out: Path) -> None:
    """Raise InputError if answers can't be written to `out`: no folder, no file name, or the questions' own file."""
    if not out.parent.is_dir():
        raise InputError(f"{out}: the folder {out.parent} does not exist; create it or choose another")
    if out.is_dir():
        raise InputError(f"{out}: is a folder; name the file to write")
    if worklist.path.resolve() in (out.resolve(), companion(out, worklist.contract).resolve()):
        raise InputError(f"{out}: would overwrite the file with the questions; choose another name")


def write_answers(
    worklist: Worklist,
    results: Mapping[str, Result],
    out: Path,
    *,
    excel: bool = False,
    era: EraOf = lambda payer, inquiry, claim: "",
) -> None:
    """Write the answers in the order of the rows to `out`, and their lines beside it; `results` are by key.

    A row gets one line, or one for each claim that was found. Both files are replaced whole, the companion first.
    `excel` puts the mark in front by which Excel knows UTF-8; `era` tells of the 835s of paid claims.
    """
    check_output(worklist, out)
    contract, encoding = worklist.contract, "utf-8-sig" if excel else "utf-8"
    pairs = [(row, results.get(row.key)) for row in worklist.rows]
    details = _csv(contract.details, (line for row, result in pairs for line in _detail_lines(row, result, contract)))
    headings = ("reference", *worklist.passed, *contract.answers)
    answers = _csv(headings, (line for row, result in pairs for line in _lines(row, result, contract, era)))
    write_durably(companion(out, contract), details.encode(encoding))
    write_durably(out, answers.encode(encoding))


def _csv(headings: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(headings)
    writer.writerows(lines)
    return text.getvalue()


def _lines(row: Row, result: Result | None, contract: Contract, era: EraOf) -> Iterator[list[str]]:
    outcome = _outcome(row, result)
    for shown in _answer_rows(row, result, era):
        # the result's own time has an offset for certain
        values = {**outcome, **shown, "asked_at": outcome.get("asked_at")}
        yield [row.reference, *row.passed.values(), *(cell(values.get(column)) for column in contract.answers)]


def _answer_rows(row: Row, result: Result | None, era: EraOf) -> list[dict[str, Value]]:
    match row.inquiry, result and result.answer:
        case EligibilityInquiry() as inquiry, EligibilityAnswer() as answer:
            return [answer_row(answer, inquiry.service_type)]
        case ClaimStatusInquiry() as inquiry, ClaimStatusAnswer() as answer:
            return claim_rows(answer, inquiry, row.payer.name if row.payer else "", era)
    return [{}]


def _detail_lines(row: Row, result: Result | None, contract: Contract) -> Iterator[list[str]]:
    details: list[dict[str, Value]] = []
    match row.inquiry, result and result.answer:
        case EligibilityInquiry(), EligibilityAnswer() as answer:
            details = benefit_rows(answer)
        case ClaimStatusInquiry() as inquiry, ClaimStatusAnswer() as answer:
            details = line_rows(answer, inquiry)
    for values in details:
        yield [row.reference, *(cell(values.get(column)) for column in contract.details[1:])]


def _outcome(row: Row, result: Result | None) -> dict[str, Value]:
    values: dict[str, Value] = {"outcome": RowOutcome.NOT_ASKED, "account": row.account}
    if row.inquiry:  # who was to ask; an answer puts who did ask in its place
        values |= {"organization": row.inquiry.organization.name, "provider_npi": row.inquiry.provider.npi}
    if result is None:
        reason = f"InputError: {row.problem}" if row.problem else "not asked yet; start the batch again"
        return {**values, "reason_not_answered": reason}
    failure = result.failure
    return {
        **values,
        "outcome": result.outcome,
        "asked_at": result.asked_at,
        "portal": result.portal,
        "account": result.account,
        "reason_not_answered": f"{failure.error}: {failure.message}" if failure else None,
        "try_again_after": result.try_again_after,
        "run_id": result.run_id,
        "module_version": result.module_version,
    }
