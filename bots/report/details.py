"""The report's details as text: what changed, accounts, portals over 30 days, schedules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bots.report.history import YARDSTICK
from bots.report.model import AccountLine, Planned, PortalLine, Report
from bots.report.text import quoted, when, wrapped
from bots.report.words import plural

OWN_USER_ID = "Give the worker a user id of its own in their place."
FINE_SHOWN = 20  # more fine accounts than this are counted, not listed
ROWS_SHOWN = 60


def details(report: Report) -> Iterator[str]:
    """Everything below the first screen."""
    yield from _changes(report)
    yield from _accounts(report)
    yield from _portals(report)
    yield from _activity(report)


def since_words(report: Report) -> str:
    """Against which report the changes are told."""
    return f"since the report of {when(report.compared_with)}" if report.compared_with else ""


def schedule_words(line: Planned) -> str:
    """How the runs of one schedule row ended, without its name."""
    from bots.report.whole import planned_words

    return planned_words(line).partition(" planned: ")[2]


def _changes(report: Report) -> Iterator[str]:
    if report.compared_with is None:
        return
    yield from ("", f"CHANGED {since_words(report)}")
    for change in report.changes[:ROWS_SHOWN]:
        yield f"    {'-' if change.better else '+'} {change.words}"
    if not report.changes:
        yield "    nothing"


def _accounts(report: Report) -> Iterator[str]:
    if not report.accounts:
        return
    troubled = [line for line in report.accounts if not line.fine][:ROWS_SHOWN]
    fine = [line for line in report.accounts if line.fine]
    shown = troubled + fine[:FINE_SHOWN]
    widths = [max(map(len, column)) for column in zip(_TITLES, *map(_cells, shown), strict=True)]
    yield from ("", "ACCOUNTS", _row(_TITLES, widths))
    for line in shown:
        yield _row(_cells(line), widths)
        if line.last_failure and line.last_failure.portal_words:
            yield from wrapped(quoted(line.last_failure.portal_words), " " * 8, " " * 8)
    troubled_in_all = report.accounts_in_all - report.accounts_fine
    if troubled_in_all > len(troubled):
        yield f"    and {troubled_in_all - len(troubled):,} more that are not fine: pk account list"
    if report.accounts_fine > FINE_SHOWN:
        yield f"    and {report.accounts_fine - FINE_SHOWN:,} more, all fine"
    if report.used_by_people:
        words = f"Used by people too: {', '.join(report.used_by_people[:ROWS_SHOWN])}. {OWN_USER_ID}"
        yield from wrapped(words, "    ", "    ")
    if report.sign_ins_not_shown:
        yield from wrapped(not_shown_words(report), "    ", "    ")


def not_shown_words(report: Report) -> str:
    """On which portals a sign-in that was not ours can't be seen."""
    return f"Last sign-in, by which one that was not ours is seen: not shown by {', '.join(report.sign_ins_not_shown)}."


_TITLES = ("", "", "last good sign-in", "tries left", "password", "unused", "last failure")


def _cells(line: AccountLine) -> tuple[str, ...]:
    state = f"{line.state}, frozen" if line.frozen and "FROZEN" not in line.state else line.state
    failure = f"{when(line.last_failure.at)} {line.last_failure.state}" if line.last_failure else "none"
    clocks = (days_words(line.expires_in), days_words(line.idle_in))
    return line.name, state, when(line.last_good_sign_in), f"{line.left} of {line.allowed}", *clocks, failure


def days_words(days: int | None) -> str:
    """So many days to a date; a dash where none is known."""
    return "-" if days is None else f"{days} d" if days >= 0 else f"{-days} d OVER"


def _row(cells: tuple[str, ...], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return f"    {'  '.join(padded)}".rstrip()


def _portals(report: Report) -> Iterator[str]:
    if report.portals:
        titles = ("", "", "runs", "went well", "half within", "9 in 10 within")
        rows = [_portal(line) for line in report.portals[:ROWS_SHOWN]]
        widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
        yield from ("", f"30 DAYS  seconds a look-up; the yardstick is {YARDSTICK:.0f} s", _row(titles, widths))
        yield from (_row(row, widths) for row in rows)
    for drift in report.drifts:
        words = f"page begins to change: {drift.portal}, {drift.screen} ({plural(drift.accounts, 'account')})"
        yield from wrapped(f"{words}, last {when(drift.last)}", "    ", "        ")


def _portal(line: PortalLine) -> tuple[str, ...]:
    times = (seconds_words(line.p50), seconds_words(line.p90))
    return line.portal, line.flow, f"{line.runs:,}", share_words(line.good, line.runs), *times


def share_words(good: int, runs: int) -> str:
    """How much went well, in percent; 100 % only when all did."""
    if not runs:
        return "-"
    return "100 %" if good == runs else f"{min(99.9, 100 * good / runs):.1f} %"


def seconds_words(seconds: float | None) -> str:
    """Seconds of a look-up, and a word when the yardstick is missed."""
    if seconds is None:
        return "-"
    return f"{seconds:.1f} s{' OVER' if seconds > YARDSTICK else ''}"


def _activity(report: Report) -> Iterator[str]:
    yield from ("", "SINCE YESTERDAY")
    for line in report.flows:
        questions = f"; {line.answered} of {line.questions} questions answered" if line.questions else ""
        yield f"    {line.flow:18}{plural(line.runs, 'run')}, {line.ended_well} ended well{questions}"
    if not report.flows:
        yield "    nothing was run"
    yield f"    {'sign-ins':18}{report.by_password} by password, {report.by_kept_session} from the kept session"
    for row in report.schedules:
        yield f"    {row.schedule:18}{row.total} planned: {schedule_words(row)}"
    for entry in report.not_run[:ROWS_SHOWN]:
        words = f"{entry.account}, {entry.schedule}, due {when(entry.due_at)}: {entry.cause}"
        yield from wrapped(words, " " * 22, " " * 24)
    if report.not_run_in_all > len(report.not_run[:ROWS_SHOWN]):
        yield f"{' ' * 22}and {report.not_run_in_all - len(report.not_run[:ROWS_SHOWN]):,} more"
