"""A CSV file as headings and rows, or one clear InputError with file and line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from flows.errors import InputError

_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class Table:
    """The cells exactly as the file has them. `line` is that of the headings; each row comes with its first line."""

    line: int
    headings: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def read_table(path: Path, known: Callable[[str], bool], *, comments: bool = False) -> Table:
    """Read `path`, UTF-8 with or without BOM, split by comma, semicolon or tab, whichever gives most `known` headings.

    `known` is asked with folded headings. Blank lines, also those with empty fields only, are skipped; with `comments`
    also lines that begin with #. A row must have as many fields as there are headings.
    """
    text = _text(path)
    if comments:  # emptied, not removed: line numbers stay; a spreadsheet puts a comment with commas in quotes
        text = re.sub(r'^"?#[^\r\n]*', "", text, flags=re.MULTILINE)
    records = _records(path, text, _delimiter(text, known))
    line, headings = next(records, (0, ()))
    if not headings:
        raise InputError(f"{path}: the file is empty; expected a line of headings and one row per question")
    rows = []
    for number, cells in records:
        if len(cells) != len(headings):
            raise InputError(
                f"{path}, line {number}: {len(cells)} fields, but {len(headings)} headings in line {line}; "
                "look for a missing field, or a comma or quotation mark that is not quoted"
            )
        rows.append((number, cells))
    return Table(line, headings, tuple(rows))


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    try:
        if b"\0" in content:
            raise UnicodeDecodeError("utf-8", content, content.index(b"\0"), len(content), "NUL byte")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f'{path}, line {line}: is not UTF-8 text; save the file as "CSV UTF-8"') from None


def _delimiter(text: str, known: Callable[[str], bool]) -> str:
    def recognised(delimiter: str) -> int:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if any(cell.strip() for cell in cells):
                return sum(known(cell.strip().casefold()) for cell in cells)
        return 0

    try:
        return max(_DELIMITERS, key=recognised)
    except csv.Error:
        return ","


def _records(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(
                f"{path}, line {line}: cannot be split into fields ({error}); look at its quotes"
            ) from None
        if any(cell.strip() for cell in cells):
            yield line, tuple(cells)
