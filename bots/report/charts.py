"""The small drawings of the page, as inline SVG: thirty days of runs, and how long a look-up takes.

What went well is a solid bar, what did not is a hollow one on top of it, so that grey paper and any eye can tell them
apart; the words beside a drawing and its label say the same.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from markupsafe import Markup

from bots.report.details import seconds_words, share_words
from bots.report.history import DAYS, YARDSTICK, Days

STEP, BAR, TALL = 5, 4, 20
SCALE = 40.0  # seconds at the right edge
WIDE = 120


def days_chart(days: Days, at: datetime) -> Markup:
    """A bar for each of the thirty days: its height is the share that went well; a dot where nothing ran."""
    return _drawing("days", DAYS * STEP - 1, TALL, _days_label(days, at), _bars(days))


def legend() -> Markup:
    """One bar of each kind, for the words that explain them."""
    return _drawing("days", 4 * STEP - 1, TALL, "", _bars(((3, 3), (3, 2), (3, 0), (0, 0))))


def _bars(days: Days) -> str:
    good, bad, idle = [], [], []
    for number, (runs, well) in enumerate(days):
        left = number * STEP
        if not runs:
            idle.append(f"M{left + 1} {TALL - 1}h2")
            continue
        height = round(TALL * well / runs, 1)
        if height:
            good.append(f"M{left} {TALL}v-{height:g}h{BAR}v{height:g}z")
        if well < runs:
            hollow = max(1, TALL - height - 1)
            bad.append(f"M{left + 0.5:g} {TALL - height - 0.5:g}v-{hollow:g}h{BAR - 1}v{hollow:g}z")
    paths = (("good-bar", good), ("bad-bar", bad), ("no-bar", idle))
    return "".join(f'<path class="{name}" d="{"".join(parts)}"/>' for name, parts in paths if parts)


def _days_label(days: Days, at: datetime) -> str:
    runs, good = sum(entry[0] for entry in days), sum(entry[1] for entry in days)
    if not runs:
        return "30 days: nothing was run"
    words = f"30 days: {share_words(good, runs)} of {runs} runs went well"
    worst = min(range(len(days)), key=lambda number: days[number][1] / days[number][0] if days[number][0] else 2)
    if good < runs:
        day = at - timedelta(days=DAYS - 1 - worst)
        words += f"; worst day {day:%a %d %b}, {days[worst][1]} of {days[worst][0]}"
    return words


def times_chart(p50: float | None, p90: float | None) -> Markup:
    """From the half to the nine in ten, on a scale of seconds with the yardstick marked."""
    if p50 is None or p90 is None:
        return Markup("")
    left, right, mark = (WIDE * min(value, SCALE) / SCALE for value in (p50, p90, YARDSTICK))
    drawn = (
        f'<path class="yardstick" d="M{mark:g} 1v18"/><path class="axis" d="M0 10h{WIDE}"/>'
        f'<path class="span" d="M{left:.1f} 10H{max(right, left + 1):.1f}"/>'
        f'<circle class="half" cx="{max(4, left):.1f}" cy="10" r="3.5"/>'
        f'<path class="ninth" d="M{min(WIDE - 1, max(right, left + 1)):.1f} 5v10"/>'
    )
    label = f"half within {seconds_words(p50)}, nine in ten within {seconds_words(p90)}; yardstick {YARDSTICK:.0f} s"
    return _drawing("times", WIDE, TALL, label, drawn)


def share_bar(answered: int, planned: int) -> Markup:
    """How much of a list is answered: the rest stays hollow."""
    share = 100 * answered / planned if planned else 100
    width = 100.0 if answered >= planned else min(99.0, share)
    drawn = f'<path class="good-bar" d="M0 0h{width:.1f}v8H0z"/><path class="bad-bar" d="M.5 .5h99v7H.5z"/>'
    return _drawing("share", 100, 8, f"{answered} of {planned} answered", drawn, stretched=True)


def _drawing(name: str, wide: int, tall: int, label: str, drawn: str, *, stretched: bool = False) -> Markup:
    size = 'preserveAspectRatio="none"' if stretched else f'width="{wide}" height="{tall}"'
    told = 'role="img" aria-label="{}"' if label else 'aria-hidden="true"'
    start = f'<svg class="{name}" viewBox="0 0 {wide} {tall}" {size} {told}>{drawn}</svg>'
    return Markup(start).format(label)  # noqa: S704 - our own numbers; the label is escaped
