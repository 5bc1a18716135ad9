"""Money is Decimal, exact to the cent, from what a payer sends to what is written; nowhere a float."""

from __future__ import annotations

import ast
import re
from decimal import Decimal
from pathlib import Path

import pytest
from catalogue import ONE
from hypothesis import given, settings
from hypothesis import strategies as st
from making import Pay, amount

from bots.era.gate import judge
from payers.kit import read_money

ROOT = Path(__file__).parents[2]
CODE = [path for part in ("flows", "payers", "bots") for path in (ROOT / part).rglob("*.py")]
OF_MONEY = [path for path in CODE if re.search(r"\bDecimal\b|read_money", path.read_text())]
OF_ERAS = sorted((ROOT / "bots" / "era").glob("*.py"))


def floats(code: str) -> list[int]:
    """The lines in which a float is written, named or made."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(code))
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id == "float")
    ]


@pytest.mark.parametrize("code", ["x = 0.1", "x = float(y)", "def f(x: float): pass", "x: Decimal | float = 1", "1e2"])
def test_a_float_is_found(code: str) -> None:
    assert floats(code) == [1]


def test_no_float_is_written_where_money_is() -> None:
    names = {path.relative_to(ROOT).parts[:2] for path in OF_MONEY}
    assert names >= {("flows", "claim_status.py"), ("payers", "kit"), ("payers", "portals"), ("bots", "era")}
    assert {path: floats(path.read_text()) for path in {*OF_MONEY, *OF_ERAS} if floats(path.read_text())} == {}


CENTS = st.integers(0, 10**13)


@settings(max_examples=60, deadline=None)
@given(CENTS)
def test_an_835_is_read_and_balanced_to_the_cent(cents: int) -> None:
    right = amount(Pay())
    text = f"{cents // 100}.{cents % 100:02}"
    for paid in (right, right + 1, Decimal(text)):
        (judged,) = judge(re.sub(rb"BPR\*I\*[^*]*", b"BPR*I*%s" % str(paid).encode(), ONE))
        assert judged.payment is not None
        assert isinstance(judged.payment.amount, Decimal)
        assert str(judged.payment.amount) == str(paid)
        assert ("unbalanced_payment" in judged.words) == (paid != right)


@given(CENTS)
def test_a_page_is_read_to_the_cent(cents: int) -> None:
    found = read_money(f"${cents // 100:,}.{cents % 100:02}", "amount")
    assert isinstance(found, Decimal)
    assert found * 100 == cents
