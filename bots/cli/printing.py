"""What commands print: tables for people, JSON for programs, one clear line for what went wrong."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.errors import PortalkeeperError

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    print(json.dumps(value, indent=2, default=str, ensure_ascii=False))


def print_done(words: str, *, json: bool, **facts: Any) -> None:
    """What a command has done: `words` for a person, `facts` for a program."""
    if json:
        print_json(facts)
    else:
        print(words)


def print_table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, empty: str) -> None:
    """Rows as aligned columns; `empty` when there are none. No colours, no boxes: it may be piped."""
    lines = [[_shown(row.get(column)) for column in columns] for row in rows]
    if not lines:
        print(empty)
        return
    heads = [column.replace("_", " ").upper() for column in columns]
    widths = [max(len(line[index]) for line in [heads, *lines]) for index in range(len(columns))]
    for line in [heads, *lines]:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def print_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, json: bool, empty: str) -> None:
    """Rows as JSON with all that is in them, or as a table of `columns`."""
    if json:
        print_json(rows)
    else:
        print_table(rows, columns, empty=empty)


def print_fields(fields: Mapping[str, Any]) -> None:
    """Label and value, one a line; what is empty is left out."""
    shown = {name: _shown(value) for name, value in fields.items() if _shown(value)}
    width = max((len(name) for name in shown), default=0)
    for name, value in shown.items():
        print(f"{name.replace('_', ' '):<{width}}  {value}")


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def tell(words: str) -> None:
    """A line for the person who waits, on standard error."""
    print(words, file=sys.stderr, flush=True)


def print_error(error: PortalkeeperError) -> None:
    """The error as one line on standard error, or as JSON on standard output when JSON was asked for."""
    name, message = type(error).__name__, " ".join(str(error).split())
    if "--json" in sys.argv:
        print_json({"error": name, "message": message, "phrase": error.phrase, "screen": error.screen})
    else:
        print(f"{name}: {message}", file=sys.stderr)


def print_defect(error: Exception) -> None:
    """A defect of ours as one line: its class and where it happened, never its text, which may quote anything."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name} line {place.lineno}"
    print(f"a defect in portalkeeper: {type(error).__name__} in {where}; please report it", file=sys.stderr)
