"""Reading a file of questions. What is wrong with the whole file stops it; what is wrong with a row stays with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from pathlib import Path

from bots.desk import PatientInquiry
from bots.worklist.columns import ColumnMap, folded
from bots.worklist.contract import Contract
from bots.worklist.inquiries import inquiry_of
from bots.worklist.questions import PayerNotMapped, QuestionReader, RowProblem
from bots.worklist.table import Table, read_table
from flows.errors import InputError
from flows.parties import Organization, Payer

DAY_COLUMNS = ("service_date", "appointment_at", "submitted_on")  # by which rows are chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the file: a question, or the `problem` that keeps it from being one (then `key` is empty).

    `reference` and `passed`, the columns outside the contract, are exactly as in the file. `key` is a keyed hash of
    payer and inquiry: the same question has the same key in every file. `account` is the account asked for, if any.
    `days` are those of `DAY_COLUMNS` that can be read, by column. `not_mapped` is the word of the payer column when no
    payer is known by it: as typed, so that it may be anything.
    """

    line: int
    reference: str = field(repr=False)
    payer: Payer | None
    inquiry: PatientInquiry | None
    account: str | None
    problem: str | None
    key: str
    passed: dict[str, str] = field(repr=False)
    days: Mapping[str, date] = field(default_factory=dict, repr=False)
    not_mapped: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Worklist:
    """A file of questions by `contract` as read, in its order. `passed` are the headings outside the contract.

    `taken` says for each word of the payer column which payer it was taken for, and by what.
    """

    path: Path
    contract: Contract
    passed: tuple[str, ...]
    rows: tuple[Row, ...] = field(repr=False)
    taken: Mapping[str, tuple[Payer, str]]

    def questions(self) -> dict[str, Row]:
        """The first row of each different question, by key, in the order of the file."""
        found: dict[str, Row] = {}
        for row in self.rows:
            if row.key:
                found.setdefault(row.key, row)
        return found

    def duplicates(self) -> tuple[tuple[Row, ...], ...]:
        """Rows that ask the same question, group by group. It is asked once, and each row gets the answer."""
        groups: dict[str, list[Row]] = {}
        for row in self.rows:
            if row.key:
                groups.setdefault(row.key, []).append(row)
        return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def read_worklist(
    path: Path,
    *,
    maps: ColumnMap,
    payers: Mapping[str, Payer],
    aliases: Mapping[str, str],
    organizations: Sequence[Organization],
    today: date,
    keyed_hash: Callable[[bytes], str],
) -> Worklist:
    """Read the questions at `path`, by the contract of `maps`, or raise InputError with file, line and what to do."""
    if not organizations:
        raise InputError("no organization is registered; add the one that asks before reading a batch")
    table = read_table(path, known=lambda heading: maps.column(heading) is not None)
    layout = _Layout.of(path, table, maps, several_organizations=len(organizations) > 1)
    layout.check_references(path, table)
    reader = QuestionReader(payers, aliases, organizations, maps.date_formats, today)
    flow = maps.contract.flow
    rows = tuple(_row(line, cells, layout, flow, reader, keyed_hash) for line, cells in table.rows)
    return Worklist(path, maps.contract, tuple(heading for heading, _ in layout.passed), rows, reader.taken)


def question_key(payer: Payer, inquiry: PatientInquiry, keyed_hash: Callable[[bytes], str]) -> str:
    """Return the key of a question: a keyed hash of its canonical JSON."""
    content = {"payer": payer.name, "inquiry": inquiry.model_dump(mode="json")}
    return keyed_hash(json.dumps(content, sort_keys=True, separators=(",", ":")).encode())


@dataclass(frozen=True, slots=True)
class _Layout:
    columns: Mapping[str, int]
    passed: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, path: Path, table: Table, maps: ColumnMap, *, several_organizations: bool) -> _Layout:
        where = f"{path}, line {table.line}"
        seen: dict[tuple[bool, str], int] = {}
        doubled = []
        for index, heading in enumerate(table.headings):
            column = maps.column(heading)
            first = seen.setdefault((column is not None, column or folded(heading)), index)
            if first != index:
                doubled.append((first, index))
        columns = {name: index for (ours, name), index in seen.items() if ours}
        passed = tuple((table.headings[index], index) for (ours, _), index in seen.items() if not ours)
        required = [column for column in maps.contract.required if column != "organization" or several_organizations]
        if missing := [column for column in required if column not in columns]:
            raise InputError(_missing(where, missing, [heading for heading, _ in passed], maps))
        if doubled:
            raise InputError(_doubled(where, table.headings, doubled[0]))
        _check_passed(where, passed, maps.contract)
        if not table.rows:
            raise InputError(f"{where}: the file has headings only; expected one row per question below them")
        return cls(columns, passed)

    def cells(self, cells: Sequence[str]) -> dict[str, str]:
        # Spreadsheets leave no-break blanks in names; a form would take them for letters.
        return {column: cells[index].replace("\xa0", " ").strip() for column, index in self.columns.items()}

    def check_references(self, path: Path, table: Table) -> None:
        lines: dict[str, int] = {}
        for line, cells in table.rows:
            reference = cells[self.columns["reference"]].strip()
            if not reference:
                raise InputError(f"{path}, line {line}: reference is empty; every row needs one of its own")
            if (first := lines.setdefault(reference, line)) != line:
                raise InputError(f"{path}, lines {first} and {line}: have the same reference; give each row its own")


def _row(
    line: int,
    texts: Sequence[str],
    layout: _Layout,
    flow: str,
    reader: QuestionReader,
    keyed_hash: Callable[[bytes], str],
) -> Row:
    cells = layout.cells(texts)
    payer = inquiry = problem = None
    not_mapped = ""
    try:
        _check_printable(cells)
        payer = reader.payer(cells)
        inquiry = inquiry_of(flow, reader, cells)
    except RowProblem as error:
        problem = str(error)
        not_mapped = cells["payer"] if isinstance(error, PayerNotMapped) else ""
    return Row(
        line=line,
        reference=texts[layout.columns["reference"]],
        payer=payer,
        inquiry=inquiry,
        account=cells.get("account") or None,
        problem=problem,
        key=question_key(payer, inquiry, keyed_hash) if payer and inquiry else "",
        passed={heading: texts[index] for heading, index in layout.passed},
        days={column: day for column in DAY_COLUMNS if (day := reader.day_in(cells, column))},
        not_mapped=not_mapped,
    )


def _check_printable(cells: Mapping[str, str]) -> None:
    for column, text in cells.items():
        if not text.isprintable():  # typed into a form, a line break would submit it
            raise RowProblem(f"{column} holds a line break or an invisible character; type it again")


def _printable(heading: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in heading.strip())


def _missing(where: str, missing: Sequence[str], headings: Sequence[str], maps: ColumnMap) -> str:
    # Only headings that resemble a column are quoted: a file without headings has a patient in its first line.
    names = {folded(heading).replace(" ", "_"): heading for heading in headings}
    hints = [
        f'"{_printable(names[near[0]])}" looks like {column}'
        for column in missing
        if (near := get_close_matches(column, names, n=1))
    ]
    plural = "columns" if len(missing) > 1 else "column"
    closest = f" ({'; '.join(hints)})" if hints else ""
    todo = f"rename the headings or map them in {maps.source}"
    return f"{where}: required {plural} {', '.join(missing)} missing{closest}; {todo}"


def _doubled(where: str, headings: Sequence[str], pair: tuple[int, int]) -> str:
    one, other = (_printable(headings[index]) for index in pair)
    fields = f"fields {pair[0] + 1} and {pair[1] + 1}"
    return f'{where}: duplicate headings "{one}" and "{other}" ({fields}) mean the same column; keep one of them'


def _check_passed(where: str, passed: Sequence[tuple[str, int]], contract: Contract) -> None:
    if nameless := [index + 1 for heading, index in passed if not heading.strip()]:
        raise InputError(f"{where}: field {nameless[0]} has no heading; give it one or delete the column")
    answers = set(contract.answers) - contract.questions
    if taken := [_printable(heading) for heading, _ in passed if folded(heading) in answers]:
        raise InputError(f"{where}: {', '.join(taken)} would be doubled in the answers file; rename or delete them")
