"""era check: a verdict on any file, without account or data folder."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bots.cli.printing import Json, print_json

if TYPE_CHECKING:
    from bots.era.gate import Judged

FLAGGED = 5
QUARANTINED = 6
_LONG = 8_000_000
_MANY = 50
Files = Annotated[list[Path], typer.Argument(help="Files, or folders of files: 835, or zip files of them.")]


def check(files: Files, json: Json = False) -> None:
    """Judge 835 files, each transaction by itself. Changes and sends nothing.

    Ends with 0 when all is good, 5 when something is flagged, 6 when something is quarantined.
    """
    from bots.era.files import found_files, judge_file

    found = found_files(files)
    verdicts: Counter[str] = Counter()
    records = []
    with _progress(found) as advance:
        for path in found:
            for judged in judge_file(path):
                verdicts[judged.verdict] += 1
                if json:
                    records.append(record(path, judged))
                else:
                    print("\n".join(_lines(path, judged)))
            advance()
    if json:
        print_json(records)
    else:
        print(_summary(len(found), verdicts))
    if code := QUARANTINED if verdicts["quarantined"] else FLAGGED if verdicts["flagged"] else 0:
        raise typer.Exit(code)


def record(path: Path, judged: Judged) -> dict[str, Any]:
    """A verdict for programs."""
    payment = judged.payment
    facts = {} if payment is None else {name: getattr(payment, name) for name in payment.__slots__}
    return {
        "file": str(path),
        "member": judged.member,
        "interchange": judged.interchange,
        "group": judged.group,
        "transaction": judged.transaction,
        "control_number": judged.control_number,
        "verdict": judged.verdict,
        "reasons": [
            {"reason": found.reason.word, "what": found.words, "do": found.reason.do} for found in judged.findings
        ],
        **facts,
    }


def _lines(path: Path, judged: Judged) -> list[str]:
    place = str(path) + (f" #{judged.member}" if judged.member else "")
    payment = judged.payment
    told = ""
    if payment:
        amount = "amount not readable" if payment.amount is None else f"{payment.amount:.2f}"
        told = (
            f"  trace {payment.trace or 'none'}  {payment.paid_on or 'no date'}  {amount}  {payment.claims} claims  "
            f"{payment.payer or 'payer not named'} to {payment.payee or 'payee not named'}"
        )
    reasons = [f"    {found.reason.word}: {found.words}. {found.reason.do}" for found in judged.findings]
    return [f"{judged.verdict.upper():<11}  {place}{told}", *reasons]


def _summary(files: int, verdicts: Counter[str]) -> str:
    told = ", ".join(f"{verdicts[word]} {word}" for word in ("good", "flagged", "quarantined") if verdicts[word])
    return f"{files} file{'' if files == 1 else 's'}: {told or 'nothing to judge'}"


def _progress(found: list[Path]) -> AbstractContextManager[Any]:
    """A bar for somebody who waits; nothing where nobody looks, or it is soon over."""
    size = sum(path.stat().st_size for path in found if path.is_file())
    return _bar(len(found)) if sys.stderr.isatty() and (size > _LONG or len(found) > _MANY) else _silence()


@contextmanager
def _silence() -> Iterator[Any]:
    yield lambda: None


@contextmanager
def _bar(total: int) -> Iterator[Any]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("checking files"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("checking", total=total)
        yield lambda: progress.advance(task)
