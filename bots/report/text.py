"""The report as text, for a terminal, a mail or grey paper: the first screen, and the details below it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial

from bots.exhibits import UNLISTED
from bots.report.costs import by_when
from bots.report.model import Need, Report
from bots.report.office import checked_words, in_time
from bots.report.whole import planned_words
from bots.report.words import plural

WIDTH = 110
MOST_LINES = 55
AHEAD_SHOWN = 7
HANDLED_SHOWN = 4
DETAIL = "pk report"
_LISTS = {"eligibility": "Eligibility", "claim_status": "Claim status"}


def subject(report: Report) -> str:
    """The subject of the mail: what one reads before opening anything."""
    count = len(report.needs)
    parts = [
        f"{count or 'nobody'} need{'s' if count < 2 else ''} {'a person' if count else 'to act'}"
        + (f" (first {by_when(report.needs[0], report.at)})" if count else ""),
        checked_words(report.lists),
        late_words(report),
        "NOT WHOLE" if report.gaps else "",
    ]
    return f"Portals {report.at:%a %d %b}: {' · '.join(part for part in parts if part)}"


def late_words(report: Report) -> str:
    """How many remittances are late, by what needs a person."""
    late = sum(need.state.startswith("ERA LATE") for need in report.needs)
    return f"{late} ERA{'' if late == 1 else 's'} late" if late else ""


def render_first_screen(report: Report) -> str:
    """The first screen: at most 55 lines, twelve when all is well. What does not fit is counted."""
    above = [*_head(report), *_office(report)]
    tail = [*_by_itself(report), *_whole(report)]
    handled = _section("BEING HANDLED", _handled(report), HANDLED_SHOWN)
    free = MOST_LINES - len(above) - len(tail) - len(handled)
    coming = _section("NEXT 14 DAYS", _ahead(report), AHEAD_SHOWN, "who acts")
    needs = _needs(report, free - len(coming))
    return "\n".join([*above, *needs, *handled, *coming, *tail, ""])


def render_text(report: Report) -> str:
    """The first screen, and below it everything else."""
    from bots.report.details import details

    return "\n".join([render_first_screen(report), *details(report), ""])


def when(at: datetime | None) -> str:
    """A moment, as the report writes it; its zone is said once, at the top."""
    return f"{at:%a %d %b %H:%M}" if at else "never"


def quoted(words: str) -> str:
    """A portal's words in quotation marks; what stands for words in none."""
    return words if words.startswith(UNLISTED) else f'"{words}"'


def wrapped(words: str, first: str, rest: str) -> list[str]:
    """Words in lines of the report's width."""
    return textwrap.wrap(
        words, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False, break_long_words=False
    )


def _both_ends(left: str, right: str) -> str:
    return left + right.rjust(max(len(right) + 2, WIDTH - len(left)))


def _head(report: Report) -> list[str]:
    names = "   " + ", ".join(report.organizations[:3]) if report.organizations else ""
    since = f"(since {report.since:%a %H:%M})"
    handled = f"   {len(report.handled)} being handled." if report.handled else ""
    aside = f"   {report.put_aside} put aside." if report.put_aside else ""
    return [
        f"PORTALS  {report.at:%A %d %B %Y}, as of {report.at:%H:%M %Z}  {since}{names}",
        f"{report.verdict}{handled}{aside}   {report.locks}",
    ]


# --- can the office work today


def _office(report: Report) -> list[str]:
    lines = [line for entry in _office_lines(report) for line in entry]
    return ["", "CAN THE OFFICE WORK TODAY?", *lines] if lines else []


def _office_lines(report: Report) -> Iterator[list[str]]:
    for entry in report.lists:
        words = ", ".join(f"{count} {word.replace('_', ' ')}" for word, count in entry.words)
        told = f"{entry.answered} of {entry.planned} answered{in_time(entry, report.at)}"
        title = f"{_LISTS.get(entry.flow, entry.flow)}, {entry.name}"
        missing = f"{entry.unchecked} NOT CHECKED{pointing(report, entry.flow)}" if entry.unchecked else ""
        yield [_both_ends(f"  {title:30} {told}", missing) if missing else f"  {title:30} {told}"]
        below = [part for part in (entry.cause and f"NOT ASKED: {entry.cause}", words) if part]
        below += [f"list: {entry.answers}"] if entry.answers and entry.unchecked else []
        if below:
            yield wrapped("   ".join(below), "     ", "     ")
    if report.remittances:
        found = report.remittances
        told = f"{plural(found.payments, 'payment')}, ${found.amount}, {found.picked_up} picked up by billing"
        held = f"   {found.held} HELD for a person: pk era list" if found.held else ""
        late = f"   {late_words(report).upper()}{pointing(report, 'era_download')}" if late_words(report) else ""
        yield [f"  {'ERAs':30} {told}{held}{late}"]
    if report.accounts_in_all:
        yield [f"  {'Sign-ins':30} {sign_in_words(report)}"]


def sign_in_words(report: Report) -> str:
    """How many accounts are fine, and who looks after the others."""
    never = sum(state == "never signed in" for state in report.states.values())
    handled = [need for need in report.handled if report.states.get(need.what, "fine") != "fine"]
    helped, frozen = len(handled), report.accounts_frozen
    others = report.accounts_in_all - report.accounts_fine - never - frozen - sum(not _frozen(one) for one in handled)
    parts = [
        f"{report.accounts_fine:,} of {plural(report.accounts_in_all, 'account')} fine",
        f"{frozen:,} frozen{numbers_of(report, _frozen)}" if frozen else "",
        f"{others:,} not working{numbers_of(report, partial(_stuck, report))}" if others > 0 else "",
        f"{never} never signed in" if never else "",
        f"{helped} being handled (below)" if helped else "",
    ]
    return ", ".join(part for part in parts if part)


def _frozen(need: Need) -> bool:
    return "frozen" in need.state.lower()


def _stuck(report: Report, need: Need) -> bool:
    """Whether it is about an account that does not work, and is not frozen."""
    return report.states.get(need.what, "fine") != "fine" and not _frozen(need)


def pointing(report: Report, flow: str) -> str:
    """Which of the needs hold up a list, by their numbers."""
    return numbers_of(report, lambda need: flow in need.flows)


def numbers_of(report: Report, wanted: Callable[[Need], bool]) -> str:
    """The numbers of some needs, as ` -> 1, 3`; nothing where there is none."""
    numbers = [str(number) for number, need in enumerate(report.needs, 1) if wanted(need)]
    more = ", ..." if len(numbers) > 6 else ""
    return f" -> {', '.join(numbers[:6])}{more}" if numbers else ""


# --- needs a person


def _needs(report: Report, free: int) -> list[str]:
    if not report.needs:
        return []
    lines = ["", _both_ends("NEEDS A PERSON", "sorted by when it starts to cost")]
    free -= len(lines)
    for number, need in enumerate(report.needs, 1):
        block = _need(number, need, report.at)
        left = len(report.needs) - number
        if len(block) + min(left, 1) > free and number > 1:
            rest = report.needs[number - 1 :]
            names = ", ".join(f"{one.what} {one.state}" for one in rest)
            return [
                *lines,
                textwrap.shorten(f"    and {len(rest)} more ({DETAIL}): {names}", WIDTH, placeholder=" ..."),
            ]
        lines += block
        free -= len(block)
    return lines


def _need(number: int, need: Need, at: datetime) -> list[str]:
    head = _both_ends(f"{number:2}  {by_when(need, at)}  {need.what}  {need.state}", need.age)
    return [head, *(line for label, text in need_rows(need) for line in _labelled(label, text)), *_who(need)]


def need_rows(need: Need) -> Iterator[tuple[str, str]]:
    """What is said of a need, line by line, with its label."""
    portal = f"{need.portal}: {quoted(need.portal_words)}" if need.portal_words else ""
    for label, text in (("Cost", need.cost), ("Portal", portal), ("Worker", need.worker), ("Do", need.do)):
        if text:
            yield label, text


def _labelled(label: str, text: str) -> list[str]:
    return wrapped(text, f"      {label:8}", " " * 14)


def _who(need: Need) -> list[str]:
    return [_both_ends(f"      {'Who':8}{need.who}", need.incident).rstrip()]


# --- below


def _section(title: str, lines: Sequence[str], most: int, right: str = "") -> list[str]:
    if not lines:
        return []
    shown = list(lines[:most]) if len(lines) <= most else [*lines[: most - 1], f"    and {len(lines) - most + 1} more"]
    return ["", _both_ends(title, right) if right else title, *shown]


def _handled(report: Report) -> list[str]:
    lines = []
    for need in report.handled:
        ticket = f"; ticket {need.ticket}" if need.ticket else ""
        left = f"    {need.what}  {need.state}{ticket}  {need.incident}"
        lines.append(_both_ends(left, f"{need.taken_by}, {need.age.partition(',')[0]}"))
    return lines


def _ahead(report: Report) -> list[str]:
    lines = []
    for entry in report.ahead:
        left = f"    {entry.on:%a %d %b}  {entry.words}"
        left = left if len(left) <= 90 else f"{left[:86]} ..."
        lines.append(_both_ends(left, _short(entry.who, left)))
    return lines


def _short(who: str, left: str) -> str:
    """Who acts, as long as the line has room for it."""
    return textwrap.shorten(who, max(16, WIDTH - len(left) - 2), placeholder=" ...")


def _by_itself(report: Report) -> list[str]:
    if not report.by_itself:
        return []
    lines = wrapped(f"DONE BY ITSELF  {' · '.join(report.by_itself)}", "", "    ")
    return ["", *(lines if len(lines) <= 3 else [*lines[:2], f"    and more: {DETAIL}"])]


def _whole(report: Report) -> list[str]:
    gaps = f"NO: {'; '.join(report.gaps)}. " if report.gaps else ""
    told = " · ".join([planned_words(report.planned), *report.facts, report.audit])
    lines = wrapped(f"IS THIS REPORT WHOLE?  {gaps}{told}", "", "    ")
    last = f"{report.next_report}    No patient data in here.".strip()
    return ["", *lines[:7], f"    {last}"]
