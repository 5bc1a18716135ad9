"""The answers file, its companion, and results."""

from __future__ import annotations

import csv
import io
import stat
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bots.desk import Failure
from bots.worklist import (
    ELIGIBILITY,
    ColumnMap,
    Result,
    RowOutcome,
    Worklist,
    check_output,
    companion,
    read_worklist,
    write_answers,
)
from flows.eligibility import Benefit, Coverage, EligibilityAnswer, Match
from flows.errors import InputError
from flows.parties import Organization, Payer

HEADINGS = (
    "reference", "payer", "provider_npi", "member_id", "patient_last_name", "patient_first_name",
    "patient_birth_date", "service_date",
)  # fmt: skip
QUESTION = ("aetna", "1234567893", "W0001", "Needleton", "Zaphira", "1980-02-29", "2026-01-15")
ASKED_AT = datetime(2026, 1, 15, 6, 30, 5, 999, tzinfo=timezone(timedelta(hours=-5)))
FULL: dict[str, Any] = {
    "coverage": Coverage.ACTIVE,
    "match": Match.EXACT,
    "portal_words": "Active Coverage",
    "organization": "Example Clinic LLC",
    "provider_npi": "1234567893",
    "as_of": date(2026, 1, 15),
    "asked_at": datetime(2020, 1, 1),
    "returned_member_id": "0000123",
    "returned_last_name": "Needleton",
    "returned_first_name": "Zaphira",
    "returned_birth_date": date(1980, 2, 29),
    "plan_name": "Open Choice",
    "product_type": "PPO",
    "group_number": "007",
    "group_name": "Mill & Sons",
    "coverage_begin": date(2026, 1, 1),
    "coverage_end": date(2026, 12, 31),
    "network": "in",
    "other_insurance": False,
    "other_payer": "Medicare",
    "reject_code": "75",
    "follow_up_code": "C",
    "portal_transaction_id": "T-1",
}


def worklist(path: Path, lines: Sequence[tuple[str, ...]], extra: tuple[str, ...] = ()) -> Worklist:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([(*HEADINGS, *extra), *lines])
    file = path / "questions.csv"
    file.write_bytes(text.getvalue().encode())
    return read_worklist(
        file,
        maps=ColumnMap(ELIGIBILITY),
        payers={"aetna": Payer(name="aetna", title="Aetna")},
        aliases={},
        organizations=[Organization(name="Example Clinic", tin="123456789")],
        today=date(2026, 1, 15),
        keyed_hash=bytes.hex,
    )


def answered(**values: object) -> Result:
    return Result(
        key="k",
        outcome=RowOutcome.ANSWERED,
        answer=EligibilityAnswer.model_validate({**FULL, **values}),
        account="availity-west",
        portal="availity",
        run_id="r1",
        module_version="3",
        asked_at=ASKED_AT,
    )


def failed(outcome: RowOutcome, error: str = "PayerUnavailable") -> Result:
    return Result(
        key="k",
        outcome=outcome,
        failure=Failure(error=error, message="the payer does not answer"),
        asked_at=ASKED_AT,
        try_again_after=ASKED_AT + timedelta(hours=1),
    )


def rows_of(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_bytes().decode(), newline="")))


def written(path: Path, result: Result | None, **settings: bool) -> dict[str, str]:
    one = worklist(path, [("0001", *QUESTION)])
    write_answers(one, {one.rows[0].key: result} if result else {}, path / "answers.csv", **settings)
    return rows_of(path / "answers.csv")[0]


def test_the_columns_are_those_of_the_contract_in_order(tmp_path: Path) -> None:
    one = worklist(tmp_path, [("0001", *QUESTION, "x", "y")], extra=("Zone", " Ärzte "))
    write_answers(one, {one.rows[0].key: answered()}, tmp_path / "answers.csv")
    header = (tmp_path / "answers.csv").read_bytes().decode().split("\r\n")[0]
    assert header == (
        "reference,Zone, Ärzte ,outcome,coverage,match,returned_member_id,returned_last_name,returned_first_name,"
        "returned_birth_date,plan_name,product_type,group_number,group_name,coverage_begin,coverage_end,network,pcp,"
        "managed_care_plan,share_of_cost,other_insurance,other_payer,copay_office,copay_specialist,"
        "coinsurance_percent,deductible_individual,deductible_individual_remaining,deductible_family,"
        "deductible_family_remaining,out_of_pocket_individual,out_of_pocket_individual_remaining,"
        "out_of_pocket_family,out_of_pocket_family_remaining,reject_code,follow_up_code,portal_words,as_of,asked_at,"
        "portal,account,organization,provider_npi,portal_transaction_id,reason_not_answered,try_again_after,run_id,"
        "module_version"
    )
    header = (tmp_path / "answers.benefits.csv").read_bytes().decode()
    assert header == (
        "reference,service_type,benefit,coverage_level,network,amount,percent,quantity,period,remaining,words\r\n"
    )


def test_an_answer_is_written_as_shown(tmp_path: Path) -> None:
    line = written(tmp_path, answered())
    assert {column: text for column, text in line.items() if text} == {
        "reference": "0001",
        "outcome": "answered",
        "coverage": "active",
        "match": "exact",
        "returned_member_id": "0000123",
        "returned_last_name": "Needleton",
        "returned_first_name": "Zaphira",
        "returned_birth_date": "1980-02-29",
        "plan_name": "Open Choice",
        "product_type": "PPO",
        "group_number": "007",
        "group_name": "Mill & Sons",
        "coverage_begin": "2026-01-01",
        "coverage_end": "2026-12-31",
        "network": "in",
        "other_insurance": "no",
        "other_payer": "Medicare",
        "reject_code": "75",
        "follow_up_code": "C",
        "portal_words": "Active Coverage",
        "as_of": "2026-01-15",
        "asked_at": "2026-01-15T06:30:05-05:00",
        "portal": "availity",
        "account": "availity-west",
        "organization": "Example Clinic LLC",
        "provider_npi": "1234567893",
        "portal_transaction_id": "T-1",
        "run_id": "r1",
        "module_version": "3",
    }


def test_what_is_not_shown_is_empty(tmp_path: Path) -> None:
    kept = ("coverage", "match", "portal_words", "organization", "provider_npi", "as_of")
    line = written(tmp_path, answered(**{name: None for name in FULL if name not in kept}, benefits=()))
    assert line["network"] == "not_shown"
    assert line["other_insurance"] == ""
    assert line["deductible_individual"] == ""
    assert line["coverage_begin"] == ""


@pytest.mark.parametrize("outcome", [RowOutcome.NO_ANSWER, RowOutcome.HELD, RowOutcome.NOT_ASKED])
def test_no_answer_says_why_and_when_again(tmp_path: Path, outcome: RowOutcome) -> None:
    line = written(tmp_path, failed(outcome))
    assert line["outcome"] == outcome
    assert line["reason_not_answered"] == "PayerUnavailable: the payer does not answer"
    assert line["try_again_after"] == "2026-01-15T07:30:05-05:00"
    assert (line["coverage"], line["match"], line["network"]) == ("", "", "")
    assert (line["organization"], line["provider_npi"]) == ("Example Clinic", "1234567893")


def test_rows_keep_their_order_and_problems_their_place(tmp_path: Path) -> None:
    one = worklist(
        tmp_path,
        [
            ("3", *QUESTION),
            ("1", "nobody", *QUESTION[1:]),
            ("2", *QUESTION),
            ("0", *QUESTION[:-1], "2026-01-16"),
        ],
    )
    benefit = Benefit(benefit="copay_office", amount=Decimal(20))
    write_answers(one, {one.rows[0].key: answered(benefits=(benefit,))}, tmp_path / "answers.csv")
    lines = rows_of(tmp_path / "answers.csv")
    assert [(line["reference"], line["outcome"]) for line in lines] == [
        ("3", "answered"),
        ("1", "not_asked"),
        ("2", "answered"),
        ("0", "not_asked"),
    ]
    assert lines[1]["reason_not_answered"].startswith('InputError: payer "nobody" is not mapped')
    assert lines[3]["reason_not_answered"] == "not asked yet; start the batch again"
    assert [line["reference"] for line in rows_of(tmp_path / "answers.benefits.csv")] == ["3", "2"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "\n=", "  =", "\uff1d", "\uff20"])
def test_texts_of_the_portal_are_no_formulas(tmp_path: Path, start: str) -> None:
    # model_construct keeps the outer blanks that validation would strip
    answer = EligibilityAnswer.model_construct(
        **{**FULL, "plan_name": f"{start}SUM(A1)", "returned_member_id": f"{start}1"},
        benefits=(Benefit.model_construct(benefit="other", words=f"{start}x", amount=Decimal(-5)),),
    )
    line = written(tmp_path, answered().model_copy(update={"answer": answer}))
    assert line["plan_name"] == f"'{start}SUM(A1)"
    assert line["returned_member_id"] == f"'{start}1"
    benefit = rows_of(tmp_path / "answers.benefits.csv")[0]
    assert benefit["words"] == f"'{start}x"
    assert benefit["amount"] == "-5.00"


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example([("=1+1", "-12.50"), (" @x", "+1")], "-Notes")
@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=5), CELL)
def test_passed_columns_come_back_untouched(tmp_path: Path, cells: list[tuple[str, str]], heading: str) -> None:
    folded = heading.strip().casefold()
    if not folded or folded in {*ELIGIBILITY.questions, *ELIGIBILITY.answers, "=b"}:
        heading = "=A"
    references = [f"=0{number} " for number in range(len(cells))]
    lines = [(reference, *QUESTION, *pair) for reference, pair in zip(references, cells, strict=True)]
    one = worklist(tmp_path, lines, extra=(heading, "=B"))
    write_answers(one, {}, tmp_path / "answers.csv")
    content = (tmp_path / "answers.csv").read_bytes().decode()
    back = list(csv.reader(io.StringIO(content, newline=""), strict=True))
    assert [line[:3] for line in back] == [
        ["reference", heading, "=B"],
        *([reference, *pair] for reference, pair in zip(references, cells, strict=True)),
    ]


def line(benefit: str, value: str = "10", **more: object) -> Benefit:
    fields: dict[str, Any] = {"network": "in", **more}
    return Benefit(benefit=benefit, amount=Decimal(value), **fields)


@pytest.mark.parametrize(
    ("benefits", "column", "text"),
    [
        ([line("copay_office", "25")], "copay_office", "25.00"),
        ([line("copay_specialist", "40.5")], "copay_specialist", "40.50"),
        ([line("copay_office", "0")], "copay_office", "0.00"),
        ([line("copay_office", network="")], "copay_office", "10.00"),
        ([line("copay_office", network="out")], "copay_office", ""),
        ([line("copay_office", "1", network="out"), line("copay_office", "2", network="")], "copay_office", "2.00"),
        ([line("copay_office", "1", network=""), line("copay_office", "2")], "copay_office", "2.00"),
        ([line("copay_office", "1"), line("copay_office", "2")], "copay_office", ""),
        ([line("copay_office", "1"), line("copay_office", "1", period="visit")], "copay_office", "1.00"),
        ([line("copay_office", "1"), line("copay_office", "2", service_type="98")], "copay_office", "1.00"),
        ([line("copay_office", "2", service_type="98")], "copay_office", "2.00"),
        ([line("other")], "copay_office", ""),
        ([line("deductible", "1500", coverage_level="individual")], "deductible_individual", "1500.00"),
        ([line("deductible", "1500", coverage_level="individual")], "deductible_family", ""),
        ([line("deductible", "1500")], "deductible_individual", ""),
        ([line("deductible", "1500", coverage_level="family")], "deductible_family", "1500.00"),
        ([line("deductible", coverage_level="family", remaining=0)], "deductible_family_remaining", "0.00"),
        ([line("deductible", coverage_level="family")], "deductible_family_remaining", ""),
        ([line("deductible", coverage_level="individual", remaining=7)], "deductible_individual_remaining", "7.00"),
        ([line("out_of_pocket", coverage_level="individual")], "out_of_pocket_individual", "10.00"),
        ([line("out_of_pocket", coverage_level="family")], "out_of_pocket_family", "10.00"),
        (
            [line("out_of_pocket", coverage_level="individual", remaining=7)],
            "out_of_pocket_individual_remaining",
            "7.00",
        ),
        ([line("out_of_pocket", coverage_level="family", remaining=7)], "out_of_pocket_family_remaining", "7.00"),
        ([Benefit(benefit="coinsurance", percent=Decimal("20.00"))], "coinsurance_percent", "20"),
        ([Benefit(benefit="coinsurance", percent=Decimal("12.5"))], "coinsurance_percent", "12.5"),
        ([Benefit(benefit="coinsurance", percent=Decimal(0))], "coinsurance_percent", "0"),
    ],
)
def test_money_columns(tmp_path: Path, benefits: list[Benefit], column: str, text: str) -> None:
    assert written(tmp_path, answered(benefits=tuple(benefits)))[column] == text


def test_every_benefit_line_is_in_the_companion(tmp_path: Path) -> None:
    benefit = Benefit(
        benefit="deductible",
        service_type="98",
        coverage_level="family",
        network="out",
        amount=Decimal("1234.5"),
        percent=Decimal("20.0"),
        remaining=Decimal(0),
        period="calendar year",
        words="Deductible, family",
    )
    written(tmp_path, answered(benefits=(benefit, benefit)))
    lines = rows_of(companion(tmp_path / "answers.csv", ELIGIBILITY))
    values = ("0001", "98", "deductible", "family", "out", "1234.50", "20", "", "calendar year", "0.00")
    assert [tuple(one.values()) for one in lines] == [(*values, "Deductible, family")] * 2
    assert tuple(lines[0]) == ELIGIBILITY.details


def test_files_are_private_whole_and_marked_only_for_excel(tmp_path: Path) -> None:
    for excel in (True, False):
        written_plain = worklist(tmp_path, [("0001", *QUESTION)])
        write_answers(written_plain, {}, tmp_path / "answers.csv", excel=excel)
        for file in (tmp_path / "answers.csv", tmp_path / "answers.benefits.csv"):
            assert file.read_bytes().startswith(b"\xef\xbb\xbf") == excel
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(file.name for file in tmp_path.iterdir()) == ["answers.benefits.csv", "answers.csv", "questions.csv"]


def test_the_questions_are_never_overwritten(tmp_path: Path) -> None:
    one = worklist(tmp_path, [("0001", *QUESTION)])
    (tmp_path / "q.benefits.csv").symlink_to(one.path)
    for out, words in (
        (one.path, "overwrite"),
        (tmp_path / "q.csv", "overwrite"),
        (tmp_path / "none" / "a.csv", "does not exist"),
        (tmp_path, "is a folder"),
    ):
        with pytest.raises(InputError, match=words):
            check_output(one, out)
        with pytest.raises(InputError, match=words):
            write_answers(one, {}, out)


def test_a_result_survives_json_in_one_line() -> None:
    for result in (answered(portal_words="two\nlines\u2028"), failed(RowOutcome.HELD)):
        text = result.model_dump_json()
        assert "\n" not in text
        assert Result.model_validate_json(text) == result


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": RowOutcome.HELD},
        {"answer": None},
        {"failure": Failure(error="PayerUnavailable", message="")},
        {"asked_at": None},
        {"asked_at": datetime(2026, 1, 15)},
        {"answer": EligibilityAnswer(**{**FULL, "match": Match.DIFFERS})},
        {"outcome": RowOutcome.NO_ANSWER, "answer": None},
    ],
)
def test_a_result_that_contradicts_itself_is_refused_without_quoting_it(change: dict[str, Any]) -> None:
    good = {name: getattr(answered(), name) for name in Result.model_fields}
    Result(**good)
    with pytest.raises(ValidationError) as caught:
        Result(**{**good, **change})
    assert "Needleton" not in str(caught.value)


def test_a_result_does_not_show_the_patient() -> None:
    with pytest.raises(ValidationError) as caught:
        Result.model_validate({"key": "k", "outcome": "answered", "answer": {**FULL, "group_number": ["Needleton"]}})
    assert "group_number" in str(caught.value)
    assert "Needleton" not in str(caught.value)
    assert "Needleton" not in repr(answered(group_name="Needleton"))


def test_utc_has_an_offset_too(tmp_path: Path) -> None:
    result = answered().model_copy(update={"asked_at": datetime(2026, 1, 15, tzinfo=UTC)})
    assert written(tmp_path, result)["asked_at"] == "2026-01-15T00:00:00+00:00"
