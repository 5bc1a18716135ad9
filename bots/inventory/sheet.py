"""The inventory as a sheet: a CSV or XLSX file with one row an account, read into texts and written from them.

Columns that only the worker writes have `(observed)` behind their name; in XLSX they are grey and locked. Texts that a
spreadsheet would take for a formula begin with an apostrophe in CSV and are plain texts in XLSX.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from bots.disk import write_durably
from flows.errors import InputError

OBSERVED = " (observed)"
MOST_BYTES = 30_000_000
MOST_ROWS = 50_000
FORMULA = ("=", "+", "-", "@", "\t", "\r")
Line = tuple[int, dict[str, str]]


@dataclass(frozen=True)
class Head:
    """A column of the sheet: its name, whether only the worker writes it, and what may be chosen for it."""

    name: str
    observed: bool = False
    choices: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What stands in the first row."""
        return self.name + (OBSERVED if self.observed else "")


def read_sheet(path: Path) -> list[Line]:
    """Each row by its line in the file, cells as texts under their columns' names. Empty rows are left out.

    Raises `InputError` for what is no such file, or has a heading twice or a row that is longer than the headings.
    """
    rows = _xlsx(path) if path.suffix.lower() == ".xlsx" else _csv(path)
    filled = [(line, cells) for line, cells in rows if any(cells)]
    if len(filled) < 2:
        raise InputError(f"{path} has no accounts: a line of headings, then one line an account")
    heads = [title.removesuffix(OBSERVED).strip() for title in filled[0][1]]
    while heads and not heads[-1]:
        heads.pop()
    if twice := sorted({head for head in heads if heads.count(head) > 1}):
        raise InputError(f"{path}: the column {twice[0]!r} is there twice")
    for line, cells in filled[1:]:
        if any(cells[len(heads) :]) or len(cells) < len(heads):
            raise InputError(f"{path}, line {line}: {len(cells)} cells, but {len(heads)} headings")
    return [(line, dict(zip(heads, cells, strict=False))) for line, cells in filled[1:]]


def _csv(path: Path) -> list[tuple[int, list[str]]]:
    try:
        text = _bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8 text; save it as CSV UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        return [(reader.line_num, [_plain(cell.strip()) for cell in row]) for row in reader]
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: {error}") from None


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path} is larger than {MOST_BYTES // 1_000_000} MB: this is no inventory")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}") from None


def _xlsx(path: Path) -> list[tuple[int, list[str]]]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(io.BytesIO(_bytes(path)), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = [
            (number, [_text(cell) for cell in row])
            for number, row in enumerate(sheet.iter_rows(max_row=MOST_ROWS + 1, values_only=True), 1)
        ]
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, IndexError, OSError) as error:
        raise InputError(f"{path} is no XLSX workbook ({type(error).__name__}); save it as XLSX or CSV UTF-8") from None
    widest = max((len(cells) for _, cells in rows), default=0)
    return [(number, cells + [""] * (widest - len(cells))) for number, cells in rows]


def _text(cell: Any) -> str:
    """A cell as text: dates as YYYY-MM-DD, whole numbers without a point."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == cell.time().min else cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def write_sheet(path: Path, heads: Sequence[Head], rows: Iterable[Sequence[str]]) -> None:
    """Write the file by its suffix, whole or not at all, readable by its owner only."""
    write = {".xlsx": _as_xlsx, ".csv": _as_csv}.get(path.suffix.lower())
    if write is None:
        raise InputError(f"{path}: give it a name that ends in .csv or .xlsx")
    write_durably(path, write(heads, rows))


def _as_csv(heads: Sequence[Head], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([head.title for head in heads])
    writer.writerows([f"'{cell}" if cell.startswith(FORMULA) else cell for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _as_xlsx(heads: Sequence[Head], rows: Iterable[Sequence[str]]) -> bytes:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font, PatternFill, Protection

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Accounts")
    grey, open_ = PatternFill("solid", start_color="E8EAED"), Protection(locked=False)

    def cell(text: str, head: Head, *, first: bool = False) -> Any:
        made = WriteOnlyCell(sheet, value=text or None)
        if text:
            made.data_type = "s"  # never a formula, and ids keep their zeros
        made.number_format = "@"
        if first:
            made.font = Font(bold=True)
        if head.observed:
            made.fill = grey
        elif not first:
            made.protection = open_
        return made

    _lay_out(sheet, heads)
    sheet.append([cell(head.title, head, first=True) for head in heads])
    count = 1
    for row in rows:
        sheet.append([cell(text, head) for head, text in zip(heads, row, strict=True)])
        count += 1
    _guide(sheet, heads, count)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _lay_out(sheet: Any, heads: Sequence[Head]) -> None:
    from openpyxl.utils import get_column_letter

    sheet.freeze_panes = "B2"
    for number, head in enumerate(heads, 1):
        sheet.column_dimensions[get_column_letter(number)].width = max(12, min(40, len(head.title) + 2))
    sheet.protection.sheet = True  # without a password: it keeps from mistakes
    for allowed in ("formatCells", "formatColumns", "formatRows", "sort", "autoFilter", "insertRows"):
        setattr(sheet.protection, allowed, False)


def _guide(sheet: Any, heads: Sequence[Head], count: int) -> None:
    """Filters, and lists to choose from where only some words are taken."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    sheet.auto_filter.ref = f"A1:{get_column_letter(len(heads))}{count}"
    for number, head in enumerate(heads, 1):
        if head.choices:
            choice = DataValidation(type="list", formula1=f'"{",".join(head.choices)}"', allow_blank=True)
            letter = get_column_letter(number)
            choice.add(f"{letter}2:{letter}{count + 200}")
            sheet.data_validations.append(choice)
