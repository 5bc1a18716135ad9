"""What every portal module needs: arriving at a screen, and reading what it shows."""

from payers.kit.arriving import SETTLE_SECONDS, AnyOf, Overlay, Screen, arrive, clear, reach, shown, visit
from payers.kit.claims import ClaimList, asked_for, read_status
from payers.kit.reading import (
    cells,
    input_values,
    option_values,
    pairs,
    phrase_in,
    read_date,
    read_money,
    read_percent,
    required,
    steady,
    table_rows,
    whose_page,
)
from payers.kit.states import state_name

__all__ = [
    "SETTLE_SECONDS",
    "AnyOf",
    "ClaimList",
    "Overlay",
    "Screen",
    "arrive",
    "asked_for",
    "cells",
    "clear",
    "input_values",
    "option_values",
    "pairs",
    "phrase_in",
    "reach",
    "read_date",
    "read_money",
    "read_percent",
    "read_status",
    "required",
    "shown",
    "state_name",
    "steady",
    "table_rows",
    "visit",
    "whose_page",
]
