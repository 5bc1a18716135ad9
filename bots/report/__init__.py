"""The health report: one page in the morning that says what needs a person, from the inventory only."""

from bots.report.gathering import gather
from bots.report.html import render_html
from bots.report.model import Report
from bots.report.text import render_text
from bots.report.words import PLAIN, Acts, Plain, plain

__all__ = ["PLAIN", "Acts", "Plain", "Report", "gather", "plain", "render_html", "render_text", "to_json"]


def to_json(report: Report) -> str:
    """The report as JSON, with everything that text and page show."""
    return report.model_dump_json(indent=2)
