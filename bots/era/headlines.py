"""What is late or waits, in the words that people read: a state in capitals, and a line without anybody's whole number.

ERA LATE  Humana, TIN ..4471, EFT 17 Nov, $12,480.15, trace ..90071
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

_DIGITS, _DIGITS_OF_A_TRACE = 4, 5
_STATES = {
    "held": "ERA HELD",
    "quarantined": "ERA QUARANTINED",
    "not dropped": "NOT WITH BILLING",
    "not picked up": "NOT WITH BILLING",
    "deposit differs": "DEPOSIT DIFFERS",
    "835 without deposit": "NO DEPOSIT",
}
_WAYS = {"ach": "EFT", "eft": "EFT", "chk": "check", "check": "check"}
_DAYS = {
    "deposit without 835": "deposit",
    "deposit differs": "deposit",
    "rhythm": "expected",
    "held": "received",
    "quarantined": "received",
    "not dropped": "received",
    "not picked up": "with billing since",
}


def state(row: Mapping[str, Any]) -> str:
    """The state of a finding."""
    return "ERA REVISED" if "revised" in row["words"] else _STATES.get(row["kind"], "ERA LATE")


def headline(row: Mapping[str, Any]) -> str:
    """A finding by payer, payee, day, amount and trace number, as far as they are known."""
    return ", ".join(_parts(row))


def words(row: Mapping[str, Any]) -> str:
    """What is found, in a sentence without the whole trace number, which stands in names of files."""
    trace = row["trace"]
    return str(row["words"]).replace(trace, _end(trace, _DIGITS_OF_A_TRACE)) if trace else str(row["words"])


def money(amount: Decimal) -> str:
    """Such as $12,480.15."""
    return f"{'-' if amount < 0 else ''}${abs(amount):,.2f}"


def title(payer: str) -> str:
    """A payer's name for people; of one that is known by a number only, that."""
    from payers.registry import listed_payers

    listed = listed_payers().get(payer)
    return listed.payer.title if listed else payer or "payer not known"


def payee(row: Mapping[str, Any]) -> str:
    """The payee by the last digits of its TIN, else of its NPI; empty where neither is known."""
    if row["payee_tin"]:
        return f"TIN {_end(row['payee_tin'], _DIGITS)}"
    return f"NPI {_end(row['payee'], _DIGITS)}" if row["payee"] else ""


def _parts(row: Mapping[str, Any]) -> Iterator[str]:
    day = date.fromisoformat(row["since"])
    yield title(row["payer"])
    if named := payee(row):
        yield named
    yield f"{_DAYS.get(row['kind']) or _WAYS.get(row['method'].casefold(), 'paid')} {day.day} {day:%b}"
    if row["amount"]:
        yield money(Decimal(row["amount"]))
    if row["trace"]:
        yield f"trace {_end(row['trace'], _DIGITS_OF_A_TRACE)}"


def _end(number: str, digits: int) -> str:
    return f"..{number[-digits:]}" if len(number) > digits else number
