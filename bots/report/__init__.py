"""The health report: one page in the morning that says what needs a person, from the inventory only."""

from bots.report.changes import last_report
from bots.report.gathering import gather
from bots.report.html import render_html
from bots.report.model import Report
from bots.report.text import render_first_screen, render_text, subject
from bots.report.words import PLAIN, Acts, Plain, plain

__all__ = [
    "PLAIN",
    "Acts",
    "Plain",
    "Report",
    "gather",
    "last_report",
    "plain",
    "render_first_screen",
    "render_html",
    "render_text",
    "subject",
    "to_json",
]


def to_json(report: Report) -> str:
    """The report as JSON, with everything that text and page show, and its subject line."""
    return report.model_copy(update={"subject": subject(report)}).model_dump_json(indent=2)
