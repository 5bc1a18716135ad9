"""Batches of claim status questions: reading, matching, writing, and both flows' records in JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bots import now
from bots.batch import plan_batch
from bots.desk import Failure, Question
from bots.journal import Journal
from bots.router import Router
from bots.worklist import (
    CLAIM_STATUS,
    ELIGIBILITY,
    ColumnMap,
    Result,
    RowOutcome,
    Worklist,
    companion,
    question_key,
    read_worklist,
    template,
    write_answers,
)
from bots.worklist.claims import MATCHES, ranked
from flows.claim_status import Claim, ClaimLine, ClaimStatusAnswer, ClaimStatusInquiry, Status
from flows.eligibility import Coverage, EligibilityAnswer, EligibilityInquiry, Match
from flows.parties import Member, Organization, Payer, Person, Provider
from payers.registry import listed_payers

AETNA = Payer(name="aetna", title="Aetna", payer_ids=("60054",))
CLINIC = Organization(name="Example Clinic", tin="123456789")
GOOD = {
    "reference": "0001",
    "payer": "aetna",
    "billing_npi": "1234567893",
    "member_id": "W0001",
    "patient_last_name": "Needleton",
    "patient_first_name": "Zaphira",
    "patient_birth_date": "1980-02-29",
    "service_from": "1/2/2026",
}
PARTIES: dict[str, Any] = {
    "organization": CLINIC,
    "provider": Provider(npi="1234567893"),
    "member": Member(
        member_id="W0001",
        patient=Person(last_name="Needleton", first_name="Zaphira", birth_date=date(1980, 2, 29)),
    ),
}
INQUIRY = ClaimStatusInquiry(**PARTIES, service_from=date(2026, 1, 2), service_to=date(2026, 1, 4))
ELIGIBLE = EligibilityInquiry(**PARTIES, service_date=date(2026, 1, 2))
ASKED_AT = datetime(2026, 1, 20, 6, 30, tzinfo=UTC)
READ_BACK: dict[str, Any] = {
    "match": Match.EXACT,
    "organization": "Example Clinic LLC",
    "provider_npi": "1234567893",
    "portal_transaction_id": "T-1",
}
PAID = Claim(
    status=Status.PAID,
    portal_words="FINALIZED",
    category_code="F1",
    status_code="65",
    entity_code="PR",
    payer_claim_number="E01",
    patient_control_number="000124-1",
    status_date=date(2026, 1, 19),
    received_on=date(2026, 1, 5),
    finalized_on=date(2026, 1, 18),
    service_from=date(2026, 1, 2),
    service_to=date(2026, 1, 4),
    billed=Decimal(1250),
    allowed=Decimal(1000),
    paid=Decimal(800),
    patient_responsibility=Decimal(200),
    payment_number="=EFT-1",
    payment_method="EFT",
    payment_date=date(2026, 1, 18),
    adjustment_codes=("CO-45", "PR-2"),
    remark_codes=("N130",),
    lines=(
        ClaimLine(
            line=1,
            service_date=date(2026, 1, 2),
            procedure="99213",
            modifiers=("25", "GT"),
            units=Decimal("1.0"),
            billed=Decimal(1250),
            allowed=Decimal(1000),
            paid=Decimal(800),
            adjustment_codes=("CO-45", "PR-2"),
            remark_codes=("N130",),
            words="Paid at the contracted rate",
        ),
        ClaimLine(line=2),
    ),
)
PENDING = Claim(status=Status.PENDING, portal_words="IN PROCESS", payer_claim_number="E02", billed=Decimal(1250))
NOT_FOUND = ClaimStatusAnswer(
    claims=(),
    status=Status.NOT_ON_FILE,
    category_code="A4",
    status_code="35",
    portal_words="Acknowledgement/Not Found",
    **READ_BACK,
)


def read(path: Path, **cells: str) -> Worklist:
    values = {**GOOD, **cells}
    text = io.StringIO(newline="")
    csv.writer(text).writerows([values.keys(), values.values()])
    file = path / "questions.csv"
    file.write_text(text.getvalue())
    return read_worklist(
        file,
        maps=ColumnMap(CLAIM_STATUS),
        payers={"aetna": AETNA, "humana": Payer(name="humana", title="Humana")},
        aliases={},
        organizations=[CLINIC],
        today=date(2026, 1, 20),
        keyed_hash=bytes.hex,
    )


def inquiry_of(path: Path, **cells: str) -> ClaimStatusInquiry:
    [row] = read(path, **cells).rows
    assert isinstance(row.inquiry, ClaimStatusInquiry), row.problem
    return row.inquiry


def answered(answer: ClaimStatusAnswer) -> Result:
    return Result(key="k", outcome=RowOutcome.ANSWERED, answer=answer, account="a", portal="availity", run_id="r1",
                  module_version="3", asked_at=ASKED_AT)  # fmt: skip


def written(path: Path, result: Result | None) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    one = read(path, patient_control_number="000124-1", Chart="=7")
    write_answers(one, {one.rows[0].key: result} if result else {}, path / "answers.csv")
    files = (path / "answers.csv", companion(path / "answers.csv", CLAIM_STATUS))
    answers, lines = ([*csv.DictReader(io.StringIO(file.read_bytes().decode(), newline=""))] for file in files)
    return answers, lines


def test_each_claim_has_its_835_in_the_row(tmp_path: Path) -> None:
    one = read(tmp_path, patient_control_number="000124-1")
    claims = tuple(Claim(status=Status.PAID, portal_words="Paid", payment_number=trace) for trace in ("1", "2"))
    answer = ClaimStatusAnswer(claims=claims, match=Match.EXACT, organization=CLINIC.name, provider_npi="1234567893")
    result = {one.rows[0].key: answered(answer)}
    write_answers(one, result, tmp_path / "a.csv", era=lambda payer, inquiry, claim: f"{payer} {claim.payment_number}")
    with (tmp_path / "a.csv").open(newline="") as file:
        assert [row["era"] for row in csv.DictReader(file)] == ["aetna 1", "aetna 2"]


def test_a_good_row_becomes_a_question(tmp_path: Path) -> None:
    found = inquiry_of(
        tmp_path,
        service_to="2026-01-04",
        payer_claim_number="0000123",
        patient_control_number="000124-1",
        rendering_npi="2000001018",
        billed_amount="$1,250.5",
        state="fl",
    )
    assert (found.service_from, found.service_to) == (date(2026, 1, 2), date(2026, 1, 4))
    assert (found.payer_claim_number, found.patient_control_number) == ("0000123", "000124-1")
    assert (found.provider.npi, found.rendering_npi, found.state) == ("1234567893", "2000001018", "FL")
    assert found.billed_amount == Decimal("1250.50")
    assert inquiry_of(tmp_path) == INQUIRY.model_copy(update={"service_to": date(2026, 1, 2)})


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"service_from": "2026-01-21"}, "service_from lies in the future"),
        ({"service_from": ""}, "service_from is empty"),
        ({"service_to": "2026-01-01"}, "service_to is before service_from"),
        ({"service_to": "1/2/26"}, "service_to has a year of two digits"),
        ({"payer_claim_number": "1.20026E+11"}, "payer_claim_number was rounded by a spreadsheet"),
        ({"payer_claim_number": "1" * 51}, "payer_claim_number is not accepted"),
        ({"billed_amount": "1250.005"}, "billed_amount must be dollars and cents"),
        ({"billed_amount": "-5"}, "billed_amount must be dollars and cents"),
        ({"billed_amount": "1,25"}, "billed_amount must be dollars and cents"),
        ({"billing_npi": "1234567890"}, "billing_npi is not accepted: the NPI's check digit is wrong"),
        ({"rendering_npi": "12"}, "rendering_npi is not accepted: an NPI has ten digits"),
    ],
)
def test_a_row_that_can_not_be_asked_says_why(tmp_path: Path, cells: dict[str, str], words: str) -> None:
    [row] = read(tmp_path, **cells).rows
    assert row.inquiry is None
    assert row.problem is not None
    assert words in row.problem
    assert not [value for value in cells.values() if len(value) > 4 and value in row.problem]


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(CLAIM_STATUS.required[1:] + CLAIM_STATUS.optional),
    st.text(st.characters(exclude_characters="\0\r\n", codec="utf-8")),
)
def test_any_cell_is_a_question_or_a_problem(tmp_path: Path, column: str, text: str) -> None:
    [row] = read(tmp_path, **{column: text}).rows
    assert (row.problem is None) == (row.inquiry is not None and row.key != "")


def test_the_template_can_be_read(tmp_path: Path) -> None:
    text = template(CLAIM_STATUS)
    assert text.splitlines()[0] == ",".join(CLAIM_STATUS.required + CLAIM_STATUS.optional)
    rows = [*csv.DictReader(io.StringIO(text))]
    assert [read(tmp_path, **{**row, "organization": ""}).rows[0].problem for row in rows] == [None, None]


def asked(**fields: object) -> ClaimStatusInquiry:
    return INQUIRY.model_copy(update=fields)


@pytest.mark.parametrize(
    ("inquiry", "claim", "matched_by"),
    [
        (asked(payer_claim_number="E01", patient_control_number="000124-1"), PAID, "payer_claim_number"),
        (asked(payer_claim_number="E09", patient_control_number="000124-1"), PAID, "control_number"),
        (asked(payer_claim_number="E09", billed_amount=Decimal("1250.00")), PAID, "dates_and_amount"),
        (asked(billed_amount=Decimal("1250.00")), PENDING, ""),  # no dates are shown
        (asked(billed_amount=Decimal("1250.01")), PAID, ""),
        (asked(billed_amount=Decimal("1250.00"), service_to=date(2026, 1, 3)), PAID, ""),
        (asked(billed_amount=Decimal("1250.00"), service_from=date(2026, 1, 3)), PAID, ""),
        (asked(), PAID, ""),
        (asked(), PENDING.model_copy(update={"payer_claim_number": None}), ""),
    ],
)
def test_how_a_claim_is_known(inquiry: ClaimStatusInquiry, claim: Claim, matched_by: str) -> None:
    assert ranked(inquiry, [claim]) == [(claim, matched_by)]


@given(st.permutations(range(6)))
def test_the_surest_match_comes_first_and_the_rest_keeps_its_order(order: list[int]) -> None:
    claims = [
        PAID,
        PAID.model_copy(update={"payer_claim_number": "E03"}),
        PAID.model_copy(update={"payer_claim_number": "E04", "patient_control_number": None}),
        *(PENDING.model_copy(update={"payer_claim_number": f"E1{number}"}) for number in range(3)),
    ]
    inquiry = asked(payer_claim_number="E01", patient_control_number="000124-1", billed_amount=Decimal(1250))
    found = ranked(inquiry, [claims[index] for index in order])
    assert [way for _, way in found] == [*MATCHES, "", ""]
    assert [claim for claim, way in found if not way] == [claims[index] for index in order if index > 2]


def test_several_claims_are_several_rows_with_one_reference(tmp_path: Path) -> None:
    answers, lines = written(tmp_path, answered(ClaimStatusAnswer(claims=(PENDING, PAID), **READ_BACK)))
    assert [row["reference"] for row in answers] == ["0001", "0001"]
    assert [row["Chart"] for row in answers] == ["=7", "=7"]
    assert [(row["claims_found"], row["claim_rank"], row["matched_by"], row["status"]) for row in answers] == [
        ("2", "1", "control_number", "paid"),
        ("2", "2", "", "pending"),
    ]
    assert tuple(answers[0]) == ("reference", "Chart", *CLAIM_STATUS.answers)
    first = {name: value for name, value in answers[0].items() if value}
    assert first == {
        "reference": "0001", "Chart": "=7", "outcome": "answered", "claims_found": "2", "claim_rank": "1",
        "matched_by": "control_number", "status": "paid", "category_code": "F1", "status_code": "65",
        "entity_code": "PR", "portal_words": "FINALIZED", "status_date": "2026-01-19", "received_on": "2026-01-05",
        "finalized_on": "2026-01-18", "payer_claim_number": "E01", "billed": "1250.00", "allowed": "1000.00",
        "paid": "800.00", "patient_responsibility": "200.00", "payment_number": "'=EFT-1", "payment_method": "EFT",
        "payment_date": "2026-01-18", "adjustment_codes": "CO-45;PR-2", "remark_codes": "N130",
        "asked_at": "2026-01-20T06:30:00+00:00", "portal": "availity", "account": "a",
        "organization": "Example Clinic LLC", "provider_npi": "1234567893", "portal_transaction_id": "T-1",
        "run_id": "r1", "module_version": "3",
    }  # fmt: skip
    assert tuple(lines[0]) == CLAIM_STATUS.details
    assert {name: value for name, value in lines[0].items() if value} == {
        "reference": "0001", "payer_claim_number": "E01", "line": "1", "service_date": "2026-01-02",
        "procedure": "99213", "modifiers": "25;GT", "units": "1", "billed": "1250.00", "allowed": "1000.00",
        "paid": "800.00", "adjustment_codes": "CO-45;PR-2", "remark_codes": "N130",
        "words": "Paid at the contracted rate",
    }  # fmt: skip
    assert {name: value for name, value in lines[1].items() if value} == {
        "reference": "0001", "payer_claim_number": "E01", "line": "2",
    }  # fmt: skip


def test_no_claim_is_one_row_that_says_so(tmp_path: Path) -> None:
    [row], lines = written(tmp_path, answered(NOT_FOUND))
    assert (row["outcome"], row["claims_found"], row["claim_rank"], row["status"]) == (
        "answered", "0", "", "not_on_file",
    )  # fmt: skip
    assert (row["category_code"], row["status_code"], row["portal_words"]) == ("A4", "35", "Acknowledgement/Not Found")
    assert lines == []


def test_what_has_no_answer_is_one_row_with_the_reason(tmp_path: Path) -> None:
    failure = Failure(error="PayerUnavailable", message="the payer does not answer")
    [row], lines = written(tmp_path, Result(key="k", outcome=RowOutcome.NO_ANSWER, failure=failure))
    assert (row["outcome"], row["claims_found"]) == ("no_answer", "")
    assert row["reason_not_answered"] == "PayerUnavailable: the payer does not answer"
    assert (row["organization"], row["provider_npi"]) == ("Example Clinic", "1234567893")
    [unasked], _ = written(tmp_path, None)
    assert (unasked["outcome"], lines) == ("not_asked", [])


def test_a_claim_of_somebody_else_is_no_answer() -> None:
    with pytest.raises(ValidationError, match="about the person asked for"):
        answered(NOT_FOUND.model_copy(update={"match": Match.DIFFERS}))


COVERED = EligibilityAnswer(
    coverage=Coverage.ACTIVE, match=Match.EXACT, portal_words="Active", organization="Example Clinic",
    provider_npi="1234567893", as_of=date(2026, 1, 2),
)  # fmt: skip


@pytest.mark.parametrize("inquiry", [INQUIRY, asked(payer_claim_number="E01"), ELIGIBLE])
def test_a_question_of_either_flow_survives_json(inquiry: ClaimStatusInquiry | EligibilityInquiry) -> None:
    question = Question(payer=AETNA, inquiry=inquiry)
    again = Question.model_validate_json(question.model_dump_json())
    assert (again, type(again.inquiry)) == (question, type(inquiry))
    assert Question.model_validate_json(question.model_dump_json(exclude_defaults=True)) == question


@pytest.mark.parametrize("answer", [NOT_FOUND, ClaimStatusAnswer(claims=(PAID, PENDING), **READ_BACK), COVERED])
def test_an_answer_of_either_flow_survives_the_journal(
    tmp_path: Path, answer: ClaimStatusAnswer | EligibilityAnswer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(now, "utc", lambda: ASKED_AT)
    result = Result(key="k", outcome=RowOutcome.ANSWERED, answer=answer, asked_at=ASKED_AT)
    Journal(tmp_path).append(result)
    known = Journal(tmp_path).known()
    assert known == {"k": result}
    assert type(known["k"].answer) is type(answer)


def test_a_record_of_both_flows_is_none() -> None:
    mixed = {**INQUIRY.model_dump(mode="json"), "service_date": "2026-01-02"}
    with pytest.raises(ValidationError):
        Question.model_validate({"payer": AETNA.model_dump(), "inquiry": mixed})


def test_the_flows_have_different_keys_for_the_same_patient(keyed: Callable[[bytes], str] = bytes.hex) -> None:
    assert question_key(AETNA, INQUIRY, keyed) != question_key(AETNA, ELIGIBLE, keyed)
    assert question_key(AETNA, INQUIRY, keyed) != question_key(AETNA, asked(payer_claim_number="E01"), keyed)


class AnyAccount:
    """Routes everything to one account."""

    def account_for(self, *asked: object) -> str:
        return "a"


def test_a_portal_that_does_not_offer_the_flow_is_not_asked(tmp_path: Path) -> None:
    worklist, listed = read(tmp_path), listed_payers()["aetna"]
    without = replace(listed, portal=replace(listed.portal, claim_status=None))
    router = cast(Router, AnyAccount())
    plan = plan_batch(worklist, router, {"aetna": without}, {}, {}, now.utc())
    assert (plan.to_ask, plan.no_route) == (0, [(worklist.rows[0], f"{listed.portal.title} offers no claim_status")])
    assert [result.outcome for result in plan.results.values()] == [RowOutcome.NOT_ASKED]
    assert plan_batch(worklist, router, {"aetna": listed}, {}, {}, now.utc()).to_ask == 1


def test_the_companions_differ() -> None:
    out = Path("answers.csv")
    assert (companion(out, ELIGIBILITY).name, companion(out, CLAIM_STATUS).name) == (
        "answers.benefits.csv", "answers.lines.csv",
    )  # fmt: skip
