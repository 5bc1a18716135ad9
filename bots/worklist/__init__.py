"""Batches as CSV files: the questions a biller hands in, and the answers that go back."""

from __future__ import annotations

from bots.worklist.columns import ColumnMap
from bots.worklist.payer_names import find_payer, load_aliases
from bots.worklist.preview import Preview, preview
from bots.worklist.reading import Row, Worklist, question_key, read_eligibility
from bots.worklist.results import Result, RowOutcome
from bots.worklist.template import eligibility_template
from bots.worklist.writing import check_output, companion, write_eligibility

__all__ = [
    "ColumnMap",
    "Preview",
    "Result",
    "Row",
    "RowOutcome",
    "Worklist",
    "check_output",
    "companion",
    "eligibility_template",
    "find_payer",
    "load_aliases",
    "preview",
    "question_key",
    "read_eligibility",
    "write_eligibility",
]
