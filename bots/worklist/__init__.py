"""Batches as CSV files: the questions a biller hands in, and the answers that go back."""

from __future__ import annotations

from bots.worklist.claims import EraOf
from bots.worklist.columns import ColumnMap
from bots.worklist.contract import CLAIM_STATUS, CONTRACTS, ELIGIBILITY, Contract
from bots.worklist.payer_names import find_payer, is_marked, load_aliases
from bots.worklist.preview import Preview, preview
from bots.worklist.reading import Row, Worklist, question_key, read_worklist
from bots.worklist.results import Result, RowOutcome
from bots.worklist.template import template
from bots.worklist.writing import check_output, companion, write_answers

__all__ = [
    "CLAIM_STATUS",
    "CONTRACTS",
    "ELIGIBILITY",
    "ColumnMap",
    "Contract",
    "EraOf",
    "Preview",
    "Result",
    "Row",
    "RowOutcome",
    "Worklist",
    "check_output",
    "companion",
    "find_payer",
    "is_marked",
    "load_aliases",
    "preview",
    "question_key",
    "read_worklist",
    "template",
    "write_answers",
]
