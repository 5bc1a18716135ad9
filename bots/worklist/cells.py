"""Values as the cells of a CSV file: ISO dates, dollars with two decimals, and nothing that a spreadsheet would run."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

Value = str | bool | int | date | Decimal | tuple[str, ...] | None
"""What a cell can show. A `Decimal` is money; several texts stand one after the other, with `;` between."""

# What makes a spreadsheet take a text for a formula, the full-width forms included.
_FORMULA_STARTS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def cell(value: Value) -> str:
    """Return the text of a cell; empty is what is not known."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.isoformat(timespec="seconds")
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value:.2f}"
        case tuple():
            return cell(";".join(value))
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) else text


def plain_number(value: Decimal | None) -> str | None:
    """A number that is no money, such as a percentage, without zeros at its end."""
    return None if value is None else f"{value.normalize():f}"
