"""The bank's file: EFT deposits with the payer's trace number, against which payments are matched (CORE 370)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from bots import now
from bots.era.payment import in_cents, money
from bots.inventory import Inventory, stamp
from flows.errors import InputError

_HEADINGS = {
    "date": (
        "date",
        "deposit date",
        "deposited on",
        "posting date",
        "posted",
        "effective date",
        "effective entry date",
    ),
    "amount": ("amount", "deposit amount", "credit", "credit amount"),
    "trace": ("trace", "trace number", "eft trace", "trn02", "reassociation trace number"),
    "company": ("company id", "originator id", "trn03", "payer id"),
    "addenda": ("addenda", "addenda information", "description", "details", "memo"),
}
_KNOWN = {heading: part for part, headings in _HEADINGS.items() for heading in headings}
_TRN = re.compile(r"TRN\*1\*([^*~\\\s]+)(?:\*([^*~\\\s]+))?")
_EXPECTED = "expected the columns date, amount, and trace or addenda (with TRN*1*...); company id too if there is one"


@dataclass(frozen=True, slots=True)
class Deposit:
    """One deposit; `company_id` is TRN03, empty when the bank does not tell it."""

    trace: str
    company_id: str
    amount: Decimal
    deposited_on: date


def read_deposits(path: Path) -> tuple[list[Deposit], int]:
    """The deposits with a trace number, and how many rows have none. InputError names file and line."""
    from bots.worklist.table import read_table

    table = read_table(path, known=_KNOWN.__contains__)
    parts = [_KNOWN.get(heading.strip().casefold(), "") for heading in table.headings]
    if not {"date", "amount"} <= set(parts) or not {"trace", "addenda"} & set(parts):
        raise InputError(f"{path}, line {table.line}: {_EXPECTED}")
    found = []
    for line, cells in table.rows:
        row = {part: cell.strip() for part, cell in zip(parts, cells, strict=True) if part}
        if trace := _trace(row):
            found.append(Deposit(*trace, _amount(path, line, row["amount"]), _day(path, line, row["date"])))
    return found, len(table.rows) - len(found)


def _trace(row: dict[str, str]) -> tuple[str, str] | None:
    told = _TRN.search(row.get("addenda", ""))
    if row.get("trace"):
        return row["trace"], row.get("company", "")
    return (told[1], told[2] or row.get("company", "")) if told else None


def _amount(path: Path, line: int, text: str) -> Decimal:
    amount = money(text.replace(",", "").replace("$", "").strip())
    if amount is None:
        raise InputError(f"{path}, line {line}: the amount can't be read; expected such as 1234.56")
    return amount


def _day(path: Path, line: int, text: str) -> date:
    for form in ("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y", "%Y%m%d"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day of the bank has no zone
        except ValueError:
            continue
    raise InputError(f"{path}, line {line}: the date can't be read; expected YYYY-MM-DD or M/D/YYYY")


def record_deposits(inventory: Inventory, deposits: list[Deposit]) -> int:
    """Keep the deposits; how many are new."""
    at = stamp(now.utc())
    with inventory.write() as db:
        return sum(
            db.execute("INSERT OR IGNORE INTO era_deposits VALUES (?,?,?,?,?)", (*_row(one), at)).rowcount
            for one in deposits
        )


def count_matched(inventory: Inventory, deposits: list[Deposit]) -> int:
    """How many of the deposits have an 835 of that trace number and amount."""
    sql = """SELECT 1 FROM era_payments WHERE trace = ? AND (? = '' OR company_id IN ('', ?)) AND amount = ?
        AND state <> 'quarantined'"""
    values = ((one.trace, one.company_id, one.company_id, in_cents(one.amount)) for one in deposits)
    return sum(inventory.row(sql, each) is not None for each in values)


def _row(deposit: Deposit) -> Iterator[str]:
    yield from (deposit.trace, deposit.company_id, in_cents(deposit.amount), deposit.deposited_on.isoformat())
