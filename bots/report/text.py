"""The report as text, for a terminal, a mail or grey paper."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import datetime

from bots.exhibits import UNLISTED
from bots.report.model import AccountLine, Need, Report

WIDTH = 100
OWN_USER_ID = "Give the worker a user id of its own in their place."
FINE_SHOWN = 20  # more fine accounts than this are counted, not listed


def render_text(report: Report) -> str:
    """The whole report; short on a day when all is well."""
    return "\n".join([*_head(report), *_needs(report), *_accounts(report), *_activity(report), *_whole(report), ""])


def when(at: datetime | None) -> str:
    """A moment, as the report writes it; its zone is said once, at the top."""
    return f"{at:%a %d %b %H:%M}" if at else "never"


def planned_words(report: Report) -> str:
    """How the planned runs ended, leaving out what did not occur."""
    planned = report.planned
    if not planned.total:
        return "nothing was planned"
    counts = (
        (planned.done, "done"),
        (planned.failed, "without success"),
        (planned.coalesced, "made up for by a later one"),
        (planned.missed, "left out"),
        (planned.running, "running"),
        (planned.due, "waiting"),
    )
    return f"{planned.total} planned: " + ", ".join(f"{count} {word}" for count, word in counts if count)


def quoted(words: str) -> str:
    """A portal's words in quotation marks; what stands for words in none."""
    return words if words.startswith(UNLISTED) else f'"{words}"'


def plural(count: int, one: str, several: str = "") -> str:
    """A count with its noun."""
    return f"{count} {one if count == 1 else several or one + 's'}"


def _head(report: Report) -> list[str]:
    names = "   " + ", ".join(report.organizations) if report.organizations else ""
    since = f"(since {report.since:%a %H:%M})"
    return [
        f"PORTALS  {report.at:%A %d %B %Y}, as of {report.at:%H:%M %Z}  {since}{names}",
        f"{report.verdict}  {report.locks}",
    ]


def _needs(report: Report) -> Iterator[str]:
    if not report.needs:
        return
    yield from ("", "NEEDS A PERSON")
    for number, need in enumerate(report.needs, 1):
        left = f"{number:2}  {need.what}  {need.state}"
        yield left + f"since {when(need.since)}".rjust(max(2, WIDTH - len(left)))
        yield from _details(need)


def _details(need: Need) -> Iterator[str]:
    words = f": {quoted(need.portal_words)}" if need.portal_words else ""
    portal = "" if need.portal in need.what else f"{need.portal}{words}"
    for label, text in (("Portal", portal), ("Worker", need.worker), ("Do", need.do), ("Who", need.who)):
        if text:
            yield from textwrap.wrap(
                text, WIDTH, initial_indent=f"      {label:8}", subsequent_indent=" " * 14, break_on_hyphens=False
            )


def _accounts(report: Report) -> Iterator[str]:
    if not report.accounts:
        return
    fine = [line for line in report.accounts if line.fine]
    shown = [line for line in report.accounts if not line.fine] + fine[:FINE_SHOWN]
    widths = [max(map(len, column)) for column in zip(_TITLES, *map(_cells, shown), strict=True)]
    yield from ("", "ACCOUNTS", _row(_TITLES, widths))
    for line in shown:
        yield _row(_cells(line), widths)
        if line.last_failure and line.last_failure.portal_words:
            yield from textwrap.wrap(
                quoted(line.last_failure.portal_words), WIDTH, initial_indent=" " * 8, subsequent_indent=" " * 8
            )
    if len(fine) > FINE_SHOWN:
        yield f"    and {len(fine) - FINE_SHOWN} more, all fine"
    if report.used_by_people:
        words = f"Used by people too: {', '.join(report.used_by_people)}. {OWN_USER_ID}"
        yield from textwrap.wrap(words, WIDTH, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)


_TITLES = ("", "", "last good sign-in", "tries left", "last failure")


def _cells(line: AccountLine) -> tuple[str, ...]:
    state = f"{line.state}, frozen" if line.frozen and "FROZEN" not in line.state else line.state
    failure = f"{when(line.last_failure.at)} {line.last_failure.state}" if line.last_failure else "none"
    return line.name, state, when(line.last_good_sign_in), f"{line.left} of {line.allowed}", failure


def _row(cells: tuple[str, ...], widths: list[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return f"    {'  '.join(padded)}".rstrip()


def _activity(report: Report) -> Iterator[str]:
    yield from ("", "SINCE YESTERDAY")
    for line in report.flows:
        questions = f"; {line.answered} of {line.questions} questions answered" if line.questions else ""
        yield f"    {line.flow:18}{plural(line.runs, 'run')}, {line.ended_well} ended well{questions}"
    if not report.flows:
        yield "    nothing was run"
    yield f"    {'sign-ins':18}{report.by_password} by password, {report.by_kept_session} from the kept session"
    yield f"    {'schedule':18}{planned_words(report)}"
    for entry in report.not_run:
        words = f"{entry.account}, {entry.schedule}, due {when(entry.due_at)}: {entry.cause}"
        yield from textwrap.wrap(
            words, WIDTH, initial_indent=" " * 22, subsequent_indent=" " * 24, break_on_hyphens=False
        )


def _whole(report: Report) -> list[str]:
    answer = f"NO: {'; '.join(report.gaps)}." if report.gaps else "Yes: every planned run is accounted for."
    question = textwrap.wrap(f"IS THIS REPORT WHOLE?  {answer}", WIDTH, subsequent_indent="    ")
    return ["", *question, f"    {report.audit}", "No patient data in here."]
