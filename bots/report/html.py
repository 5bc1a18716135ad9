"""The report as one HTML file: no network, light and dark, for a screen, a phone and paper."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bots.report.model import Report
from bots.report.text import OWN_USER_ID, planned_words, plural, quoted, when


def render_html(report: Report) -> str:
    """The whole page, styles included."""
    folder = FileSystemLoader(Path(__file__).parent)
    pages = Environment(loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    pages.filters.update(when=when, plural=plural, quoted=quoted)
    return pages.get_template("page.html").render(report=report, planned=planned_words(report), own_user_id=OWN_USER_ID)
