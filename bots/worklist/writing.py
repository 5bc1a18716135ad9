"""Writing the answers file and its companion of benefit lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from bots.disk import write_durably
from bots.worklist.benefits import summary
from bots.worklist.contract import ANSWER_COLUMNS, BENEFIT_COLUMNS
from bots.worklist.reading import Row, Worklist
from bots.worklist.results import Result, RowOutcome
from flows.eligibility import EligibilityAnswer
from flows.errors import InputError

_Value = str | bool | date | Decimal | None
# What makes a spreadsheet take a text for a formula, the full-width forms included.
_FORMULA_STARTS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def companion(out: Path) -> Path:
    """Return where the benefit lines of the answers file `out` go."""
    return out.with_name(f"{out.stem}.benefits.csv")


def check_output(worklist: Worklist, out: Path) -> None:
    """Raise InputError if answers can't be written to `out`: no folder, no file name, or the questions' own file."""
    if not out.parent.is_dir():
        raise InputError(f"{out}: the folder {out.parent} does not exist; create it or choose another")
    if out.is_dir():
        raise InputError(f"{out}: is a folder; name the file to write")
    if worklist.path.resolve() in (out.resolve(), companion(out).resolve()):
        raise InputError(f"{out}: would overwrite the file with the questions; choose another name")


def write_eligibility(worklist: Worklist, results: Mapping[str, Result], out: Path, *, excel: bool = False) -> None:
    """Write one line per row, in its order, to `out`, and the benefit lines beside it; `results` are by key.

    Both files are replaced whole, the companion first. `excel` puts the mark in front by which Excel knows UTF-8.
    """
    check_output(worklist, out)
    encoding = "utf-8-sig" if excel else "utf-8"
    pairs = [(row, results.get(row.key)) for row in worklist.rows]
    benefits = _csv(BENEFIT_COLUMNS, (line for row, result in pairs for line in _benefit_lines(row, result)))
    answers = _csv(("reference", *worklist.passed, *ANSWER_COLUMNS), (_line(row, result) for row, result in pairs))
    write_durably(companion(out), benefits.encode(encoding))
    write_durably(out, answers.encode(encoding))


def _csv(headings: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(headings)
    writer.writerows(lines)
    return text.getvalue()


def _line(row: Row, result: Result | None) -> list[str]:
    values = {**_outcome(row, result), **(_answer(row, result.answer) if result and result.answer else {})}
    return [row.reference, *row.passed.values(), *(_cell(values.get(column)) for column in ANSWER_COLUMNS)]


def _outcome(row: Row, result: Result | None) -> dict[str, _Value]:
    values: dict[str, _Value] = {"outcome": RowOutcome.NOT_ASKED, "account": row.account}
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


def _answer(row: Row, answer: EligibilityAnswer) -> dict[str, _Value]:
    shown: dict[str, _Value] = {
        column: getattr(answer, column) for column in ANSWER_COLUMNS if column in EligibilityAnswer.model_fields
    }
    del shown["asked_at"]  # the result's own has an offset for certain
    asked_for = row.inquiry.service_type if row.inquiry else ""
    money: dict[str, _Value] = {**summary(answer.benefits, asked_for)}
    money["coinsurance_percent"] = _percent(money["coinsurance_percent"])
    return {**shown, "network": answer.network or "not_shown", **money}


def _benefit_lines(row: Row, result: Result | None) -> Iterator[list[str]]:
    for benefit in result.answer.benefits if result and result.answer else ():
        values = {**benefit.model_dump(), "percent": _percent(benefit.percent)}
        yield [row.reference, *(_cell(values.get(column)) for column in BENEFIT_COLUMNS[1:])]


def _percent(value: object) -> str | None:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else None


def _cell(value: _Value) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.isoformat(timespec="seconds")
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value:.2f}"
    return f"'{value}" if value.lstrip(" ").startswith(_FORMULA_STARTS) else str(value)
