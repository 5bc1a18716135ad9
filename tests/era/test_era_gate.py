"""Each damaged and odd file has its documented verdict; nothing makes the gate raise."""

from __future__ import annotations

import random
import re
from decimal import Decimal
from pathlib import Path

import pytest
from catalogue import CATALOGUE, ONE, THREE, Expected, in_zip
from hypothesis import example, given, settings
from hypothesis import strategies as st
from making import FIRST, LAST, Pay, amount, remittance

from bots.era import reading, unpacking
from bots.era.gate import judge
from bots.era.payment import day, money
from bots.era.unpacking import unpack
from bots.era.verdicts import REASONS, Verdict

ROOT = Path(__file__).parents[2]
OF_FILES_ON_DISK = {"too_large", "unreadable"}  # tests/era/test_check.py
OF_WHAT_WAS_THERE = {"not_as_listed", "trace_reused", "revised", "no_route", "not_told"}  # tests/era/test_intake.py


@pytest.mark.parametrize(("data", "expected"), CATALOGUE.values(), ids=CATALOGUE)
def test_each_file_has_its_verdict(data: bytes, expected: Expected) -> None:
    assert [(str(judged.verdict), judged.words) for judged in judge(data)] == expected


def test_every_reason_has_its_file_and_every_file_a_documented_reason() -> None:
    met = {word for _, expected in CATALOGUE.values() for _, words in expected for word in words}
    assert met | OF_FILES_ON_DISK | OF_WHAT_WAS_THERE == set(REASONS)
    documented = re.findall(r"^\| `(\w+)` \| (\w+)(, held)? \|", (ROOT / "docs" / "eras.md").read_text(), re.MULTILINE)
    assert documented == [
        (one.word, one.verdict, ", held" if one.verdict == "flagged" and not one.passes else "")
        for one in REASONS.values()
    ]


def test_what_a_payment_says_is_read() -> None:
    pay = Pay()
    (judged,) = judge(ONE)
    payment = judged.payment
    assert payment is not None
    assert payment.amount == amount(pay)
    told = (payment.trace, payment.payer_id, payment.company_id, payment.payee_npi, payment.payee_tin, payment.paid_on)
    assert told == (pay.trace, pay.payer_id, pay.company, pay.npi, pay.tin, pay.paid_on)
    assert (payment.claims, payment.provider_adjustments, payment.method, payment.handling) == (3, 0, "ACH", "I")


def test_the_content_is_the_same_in_any_envelope_and_another_with_one_cent_more() -> None:
    def content(data: bytes) -> str:
        return next(judged.payment.content for judged in judge(data) if judged.payment)

    same = ["good", "segments on lines", "indented", "lines of Windows", "line feed as terminator", "wrapped at 80"]
    same += ["other separators", "separators that are control characters", "short ISA", "a zip file", "a test"]
    assert len({content(CATALOGUE[name][0]) for name in same}) == 1
    assert content(CATALOGUE["a hundredth more is paid"][0]) != content(ONE)
    assert content(CATALOGUE["SE has another number"][0]) == content(ONE)


@pytest.mark.parametrize("seed", range(20))
def test_balanced_files_of_any_size_are_good(seed: int) -> None:
    drawn = random.Random(seed)
    pays = [
        Pay(trace=str(seed * 100 + n), seed=seed * 100 + n, claims=drawn.randint(0, 12), lines=drawn.randint(1, 6))
        for n in range(drawn.randint(1, 8))
    ]
    judged = list(judge(remittance(*pays)))
    assert [one.verdict for one in judged] == [Verdict.GOOD] * len(pays)
    assert [one.payment and one.payment.amount for one in judged] == [amount(pay) for pay in pays]


@pytest.mark.parametrize("data", [data for data, _ in CATALOGUE.values() if len(data) < 100_000])
def test_no_amount_is_a_float_and_no_patient_is_told(data: bytes) -> None:
    for judged in judge(data):
        assert judged.payment is None or isinstance(judged.payment.amount, Decimal | None)
        told = repr(judged)
        assert not [name for name in (*FIRST, *LAST, "MEM", "PCN", "ICN") if re.search(rf"\b{name}", told)]


@pytest.mark.parametrize("text", ["", "-", ".", "1e5", "1,00", "NaN", "Infinity", "0x1", "１", " 1", "1_0", "$1"])
def test_what_is_no_amount_is_none(text: str) -> None:
    assert money(text) is None


@pytest.mark.parametrize("text", ["", "20261301", "20002316", "2026110", "²0261102", "00000000"])
def test_what_is_no_day_is_none(text: str) -> None:
    assert day(text) is None


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good file with some stretches cut out, doubled, overwritten or put in."""
    data = bytearray(draw(st.sampled_from([THREE, CATALOGUE["wrapped at 80"][0], CATALOGUE["a zip file"][0]])))
    for _ in range(draw(st.integers(1, 4))):
        at, length = draw(st.integers(0, len(data))), draw(st.integers(0, 60))
        put = draw(st.one_of(st.binary(max_size=20), st.sampled_from([b"~", b"*", b"ISA*", b"~ST*835*1~", b"SE*"])))
        data[at : at + length] = draw(st.sampled_from([put, data[at : at + length] * 2]))
    return bytes(data)


@settings(max_examples=200, deadline=None)
@given(st.one_of(damaged(), st.binary(max_size=300), st.binary(max_size=100).map(lambda rest: b"ISA" + rest)))
@example(b"ISA" + b"*" * 200)
@example(ONE[:106])
@example(b"\x0b")
def test_nothing_makes_it_raise_and_everything_gets_a_verdict(data: bytes) -> None:
    assert all(judged.verdict in Verdict for judged in judge(data))
    assert list(judge(data))


def test_the_bytes_of_a_file_are_what_came() -> None:
    for name in ("good", "wrapped at 80", "a byte order mark", "end of file of DOS", "words", "a name in latin-1"):
        data = CATALOGUE[name][0]
        assert [member.data for member in unpack(data)] == [data]


def test_a_zip_file_that_lies_about_its_sizes_is_counted_while_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "LARGEST", len(ONE) + 10)
    (judged,) = judge(in_zip(("a.835", ONE)))
    assert judged.verdict is Verdict.GOOD
    assert [judged.words for judged in judge(CATALOGUE["a zip file"][0])][-1] == ("zip_too_large",)


def test_the_rules_without_tables_find_what_they_find_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """oxedi checks by the same description from which it makes tables; we leave those out."""
    import oxedi

    files = [data for data, _ in CATALOGUE.values() if len(data) < 100_000]
    files += [data.replace(b"005010X221A1", b"004010X091A1") for data in files]
    told = [[one.findings for one in judge(data)] for data in files]
    monkeypatch.setattr(reading, "_rules", oxedi.Spec.builtin)
    assert [[one.findings for one in judge(data)] for data in files] == told
