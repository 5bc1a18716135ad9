"""The report as one HTML file: no network, light and dark, for a screen, a phone, a keyboard and paper."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bots.report import charts, details, text
from bots.report.costs import by_when
from bots.report.history import YARDSTICK
from bots.report.model import Report
from bots.report.office import in_time
from bots.report.whole import planned_words
from bots.report.words import plural

OPEN_UP_TO = 25  # rows; a longer table is folded


def render_html(report: Report) -> str:
    """The whole page, styles included."""
    folder = FileSystemLoader(Path(__file__).parent)
    pages = Environment(loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    pages.filters.update(
        when=text.when,
        plural=plural,
        quoted=text.quoted,
        need_rows=text.need_rows,
        days_words=details.days_words,
        seconds_words=details.seconds_words,
        ends=details.schedule_words,
    )
    pages.globals.update(
        days_chart=charts.days_chart,
        legend=charts.legend,
        times_chart=charts.times_chart,
        share_bar=charts.share_bar,
        share_words=details.share_words,
        not_shown_words=details.not_shown_words,
        by_when=by_when,
        in_time=in_time,
    )
    return pages.get_template("page.html").render(
        report=report,
        subject=text.subject(report),
        pointing=lambda flow: text.pointing(report, flow).replace("->", "→"),
        sign_ins=text.sign_in_words(report).replace("->", "→"),
        late=text.late_words(report),
        planned=planned_words(report.planned),
        since=details.since_words(report),
        own_user_id=details.OWN_USER_ID,
        yardstick=f"{YARDSTICK:.0f}",
        open_up_to=OPEN_UP_TO,
    )
