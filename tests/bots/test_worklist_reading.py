"""Reading eligibility files: whole-file errors, row problems, keys."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bots.worklist import ELIGIBILITY, ColumnMap, Row, Worklist, preview, read_worklist, template
from flows.errors import InputError
from flows.parties import Organization, Payer, Relationship

PAYERS = {
    "aetna": Payer(name="aetna", title="Aetna", payer_ids=("60054",)),
    "humana": Payer(name="humana", title="Humana", payer_ids=("61101",)),
}
CLINIC = Organization(name="Example Clinic", tin="123456789")
NORTH = Organization(name="Northside Group", tin="987654321")
NORTH_TOO = Organization(name="Northside Group", tin="987654322")
GOOD = {
    "reference": "0001",
    "payer": "aetna",
    "organization": "Example Clinic",
    "provider_npi": "1234567893",
    "member_id": "W0001",
    "patient_last_name": "Needleton",
    "patient_first_name": "Zaphira",
    "patient_birth_date": "1980-02-29",
    "service_date": "1/15/2026",
}
HEADER = ",".join(GOOD)
LINE = ",".join(GOOD.values())


def keyed_hash(content: bytes) -> str:
    return hashlib.blake2b(content, key=b"k").hexdigest()


def read(
    path: Path,
    content: str | bytes,
    *,
    maps: ColumnMap | None = None,
    organizations: tuple[Organization, ...] = (CLINIC,),
    hashing: Callable[[bytes], str] = keyed_hash,
) -> Worklist:
    file = path / "questions.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_worklist(
        file,
        maps=maps or ColumnMap(ELIGIBILITY),
        payers=PAYERS,
        aliases={"hmo01": "aetna", "self": "not by portal"},
        organizations=organizations,
        today=date(2026, 1, 15),
        keyed_hash=hashing,
    )


def row(path: Path, **cells: str) -> Row:
    values = {**GOOD, **cells}
    quoted = ",".join('"' + value.replace('"', '""') + '"' for value in values.values())
    return read(path, f"{','.join(values)}\n{quoted}\n", organizations=(CLINIC, NORTH, NORTH_TOO)).rows[0]


def test_a_good_row_becomes_a_question(tmp_path: Path) -> None:
    one = row(tmp_path, Notes=" keep me ", account="availity-west")
    assert one.problem is None
    assert one.line == 2
    assert one.payer == PAYERS["aetna"]
    assert one.account == "availity-west"
    assert one.passed == {"Notes": " keep me "}
    assert one.inquiry is not None
    assert one.inquiry.organization == CLINIC
    assert one.inquiry.service_date == date(2026, 1, 15)
    assert one.inquiry.service_type == "30"
    assert one.inquiry.member.patient.birth_date == date(1980, 2, 29)
    assert one.inquiry.member.relationship is Relationship.SELF


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf\r\n\r\n ,\r\n", "the file is empty"),
        (HEADER, "headings only"),
        (HEADER + "\n\n,,,,,,,,\n", "headings only"),
        (HEADER.encode("utf-16"), "line 1: is not UTF-8 text"),
        (f"{HEADER}\n{LINE}\n{LINE}".encode() + b"\0", "line 3: is not UTF-8 text"),
        (f"{HEADER}\n{LINE.replace('Needleton', 'Núñez')}".encode("latin-1"), "line 2: is not UTF-8 text"),
        (
            HEADER.replace("member_id", "Member ID") + "\n" + LINE,
            'member_id missing ("Member ID" looks like member_id)',
        ),
        (LINE, "required columns reference, payer, provider_npi"),
        (HEADER + ",Payer\n" + LINE + ",x", 'duplicate headings "payer" and "Payer" (fields 2 and 10)'),
        (HEADER + ",Notes, notes\n" + LINE + ",x,y", 'duplicate headings "Notes" and "notes"'),
        (HEADER + ',"No\ntes",no\x1btes,"no\ntes"\n' + LINE + ",x,y,z", 'headings "No tes" and "no tes"'),
        (HEADER + ",\n" + LINE + ",", "field 10 has no heading"),
        (HEADER + ",Coverage\n" + LINE + ",", "Coverage would be doubled"),
        (f"{HEADER}\n\n{LINE}\n0002,aetna\n", "line 4: 2 fields, but 9 headings in line 1"),
        (f"{HEADER}\n{LINE}\n0002{LINE[4:]},extra\n", "line 3: 10 fields"),
        (f'{HEADER}\n"0000\n"{LINE[4:]}\n"0002{LINE[4:]}\n', "line 4: cannot be split into fields"),
        (f"{HEADER}\n{LINE[4:]}\n", "line 2: reference is empty"),
        (f"{HEADER}\n{LINE}\n\n{LINE.replace('0001', ' 0001 ', 1)}\n", "lines 2 and 4: have the same reference"),
    ],
)
def test_a_bad_file_is_one_clear_error(tmp_path: Path, content: str | bytes, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, content)
    message = str(caught.value)
    assert message.startswith(str(tmp_path / "questions.csv"))
    assert words in message
    assert "Needleton" not in message
    assert "\n" not in message


def test_a_file_that_is_not_there_or_nobody_to_ask(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no organization is registered"):
        read(tmp_path, f"{HEADER}\n{LINE}", organizations=())
    with pytest.raises(InputError, match="cannot be read"):
        read_worklist(
            tmp_path, maps=ColumnMap(ELIGIBILITY), payers={}, aliases={}, organizations=[CLINIC], today=date.today(),
            keyed_hash=keyed_hash,
        )  # fmt: skip


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_endings_delimiters_and_bom(tmp_path: Path, ending: str, delimiter: str, mark: str) -> None:
    lines = ["", HEADER.upper().replace("PAYER,", " PAYER ,"), " ", LINE, ""]
    one = read(tmp_path, mark + ending.join(lines).replace(",", delimiter)).rows[0]
    assert (one.line, one.problem, one.reference) == (4, None, "0001")


def test_the_first_line_of_a_row_counts(tmp_path: Path) -> None:
    content = f'{HEADER},Notes\n{LINE},"two\nlines"\n0002{LINE[4:]},x\n'
    assert [one.line for one in read(tmp_path, content).rows] == [2, 4]


def test_organization_is_only_needed_among_several(tmp_path: Path) -> None:
    content = f"{HEADER}\n{LINE}".replace(",organization", "").replace(",Example Clinic", "")
    one = read(tmp_path, content).rows[0]
    assert one.inquiry is not None
    assert one.inquiry.organization == CLINIC
    with pytest.raises(InputError, match="required column organization missing"):
        read(tmp_path, content, organizations=(CLINIC, NORTH))
    assert read(tmp_path, f"{HEADER}\n{LINE}".replace("Example Clinic", "")).rows[0].problem is None


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"patient_birth_date": "2/30/1980"}, "patient_birth_date is not a day of the calendar"),
        ({"patient_birth_date": "1/16/2026"}, "patient_birth_date lies in the future"),
        ({"patient_birth_date": "1/15/1889"}, "patient_birth_date is not accepted: nobody alive was born then"),
        ({"patient_birth_date": "3/4/80"}, "patient_birth_date has a year of two digits; write all four"),
        ({"patient_birth_date": "29221"}, "patient_birth_date cannot be read as a date; write M/D/YYYY or YYYY-MM-DD"),
        ({"service_date": ""}, "service_date is empty"),
        ({"provider_npi": "1234567890"}, "provider_npi is not accepted: the NPI's check digit is wrong"),
        ({"provider_npi": "123"}, "provider_npi is not accepted: an NPI has ten digits"),
        ({"payer": ""}, "payer is empty"),
        ({"payer": "HMO99"}, 'payer "HMO99" is not mapped; add it to config/payer_aliases.csv'),
        ({"payer": "SELF"}, 'payer "SELF" is marked "not by portal" in config/payer_aliases.csv'),
        ({"organization": ""}, "organization is empty"),
        ({"organization": "Exampel Clinic"}, "did you mean Example Clinic?"),
        ({"organization": "Needleton"}, "organization is not registered by that name or tax id; see"),
        ({"organization": "northside group"}, "organization fits several registered ones"),
        ({"relationship": "cousin"}, "relationship must be self, spouse"),
        ({"relationship": "1"}, "relationship must be self, spouse"),
        ({"member_id": "W"}, "member_id must have a digit"),
        ({"member_id": "7"}, "member_id is not accepted: string should have at least 2 characters"),
        ({"member_id": "1.23457E+11"}, "member_id was rounded by a spreadsheet"),
        ({"member_id": "UNKNOWN"}, "member_id must have a digit"),
        ({"member_id": '="00123"'}, "member_id must have a digit, and only"),
        ({"patient_last_name": " "}, "patient_last_name is empty"),
        ({"patient_last_name": "Needleton\nJr"}, "patient_last_name holds a line break"),
        ({"patient_first_name": "Zaphira\u200b"}, "patient_first_name holds a line break or an invisible character"),
        ({"patient_sex": "x"}, "patient_sex must be F, M or U"),
        ({"state": "New York"}, "state must be its two letters"),
        ({"service_type": "30;98"}, "service_type has several codes"),
        ({"service_type": "office"}, "service_type must be an X12 code"),
        ({"relationship": "child", "subscriber_last_name": "Needleton"}, "subscriber_birth_date is empty"),
        ({"relationship": "01", "subscriber_birth_date": "1980-01-01"}, "subscriber_last_name is empty"),
        ({"subscriber_last_name": "Needleman"}, "relationship is self or empty, but the subscriber columns"),
        ({"subscriber_birth_date": "1980-02-28"}, "relationship is self or empty, but the subscriber columns"),
    ],
)
def test_a_bad_row_says_why_without_the_patient(tmp_path: Path, cells: dict[str, str], problem: str) -> None:
    one = row(tmp_path, **cells, Notes="Zaphira called")
    assert one.problem is not None
    assert problem in one.problem
    assert (one.inquiry, one.key) == (None, "")
    for needle in ("needle", "zaphira", "w0001", "1980", "1889", "2026", "1.23457"):
        assert needle not in one.problem.casefold()
        assert needle not in repr(one).casefold()


def test_shifted_columns_do_not_quote_the_patient(tmp_path: Path) -> None:
    one = row(tmp_path, payer="Needleton, Zaphira, born 29 February 1980 in Elsewhere")
    assert one.problem == "payer is no code or name of a payer; look for shifted columns"


@pytest.mark.parametrize(
    ("text", "meant"),
    [("self", "18"), ("Spouse", "01"), ("CHILD", "19"), ("other", "G8"), ("18", "18"), ("01", "01"), ("g8", "G8")],
)
def test_relationships(tmp_path: Path, text: str, meant: str) -> None:
    one = row(tmp_path, relationship=text)
    assert one.inquiry is not None
    assert one.inquiry.member.relationship == meant
    assert one.inquiry.member.subscriber is None


def test_a_subscriber_is_somebody_else_or_the_patient_again(tmp_path: Path) -> None:
    subscriber = {
        "subscriber_last_name": "NEEDLETON",
        "subscriber_first_name": "zaphira",
        "subscriber_birth_date": "2/29/1980",
    }
    same = row(tmp_path, **subscriber)
    assert same.inquiry is not None
    assert same.inquiry.member.subscriber is None
    other = row(tmp_path, relationship="child", **subscriber)
    assert other.inquiry is not None
    assert other.inquiry.member.subscriber is not None
    assert other.inquiry.member.subscriber.last_name == "NEEDLETON"


def test_organization_by_name_or_tax_id(tmp_path: Path) -> None:
    for text, meant in (("EXAMPLE clinic", CLINIC), ("98-7654322", NORTH_TOO), ("987654321", NORTH)):
        one = row(tmp_path, organization=text)
        assert one.inquiry is not None
        assert one.inquiry.organization == meant


def test_no_break_blanks_of_spreadsheets_become_blanks(tmp_path: Path) -> None:
    one = row(tmp_path, patient_last_name="Van\xa0Dyke\xa0", service_type=" 30 ; ", state="ny")
    assert one.inquiry is not None
    assert one.inquiry.member.patient.last_name == "Van Dyke"
    assert one.inquiry.service_type == "30"
    assert one.inquiry.state == "NY"


def test_headings_and_dates_are_mapped(tmp_path: Path) -> None:
    maps = ColumnMap(ELIGIBILITY, {"account": "reference", "dob": "patient_birth_date"}, ("MM-DD-YYYY",))
    header = HEADER.replace("reference", " Account ").replace("patient_birth_date", "DOB")
    one = read(tmp_path, f"{header}\n{LINE.replace('1980-02-29', '02-29-1980')}", maps=maps).rows[0]
    assert one.problem is None
    assert (one.reference, one.account) == ("0001", None)


def test_the_same_question_has_the_same_key_in_every_file(tmp_path: Path) -> None:
    plain = row(tmp_path)
    dressed = row(
        tmp_path,
        reference="9",
        payer="HMO01",
        patient_birth_date="2/29/1980",
        relationship="18",
        Notes="x",
        account="a",
    )
    assert plain.key == dressed.key != ""
    changes = {
        "payer": "humana",
        "organization": "987654321",
        "provider_npi": "1245319599",
        "member_id": "W0002",
        "patient_last_name": "Other",
        "patient_first_name": "Other",
        "patient_birth_date": "1980-02-28",
        "service_date": "1/16/2026",
        "service_type": "98",
        "relationship": "child",
        "state": "NY",
    }
    keys = {row(tmp_path, **{column: text}).key for column, text in changes.items()}
    assert len(keys | {plain.key}) == len(changes) + 1


def test_the_key_is_a_hash_of_canonical_json(tmp_path: Path) -> None:
    hashed: list[bytes] = []

    def remember(content: bytes) -> str:
        hashed.append(content)
        return "k"

    read(tmp_path, f"{HEADER}\n{LINE}", hashing=remember)
    canonical = json.dumps(json.loads(hashed[0]), sort_keys=True, separators=(",", ":"))
    assert hashed == [canonical.encode()]


def test_duplicate_questions_are_shown_and_counted(tmp_path: Path) -> None:
    lines = [LINE, f"0002{LINE[4:]}", f"0003{LINE[4:]}".replace("aetna", "61101"), "0004,nobody" + LINE[10:]]
    worklist = read(tmp_path, "\n".join([HEADER, *lines]))
    assert [[one.line for one in group] for group in worklist.duplicates()] == [[2, 3]]
    assert [one.line for one in worklist.questions().values()] == [2, 4]
    seen = preview(worklist)
    assert (seen.rows, seen.questions) == (4, 2)
    assert seen.payers == {"aetna": 2, "humana": 1}
    assert seen.organizations == {"Example Clinic": 3}
    assert seen.taken == {"aetna": "aetna (name aetna)", "61101": "humana (payer id 61101)"}
    assert seen.duplicates == ((2, 3),)
    assert [line for line, _ in seen.problems] == [5]


def test_the_template_can_be_read(tmp_path: Path) -> None:
    text = template(ELIGIBILITY)
    assert text.splitlines()[0] == ",".join(ELIGIBILITY.required + ELIGIBILITY.optional)
    worklist = read(tmp_path, text)
    assert [one.problem for one in worklist.rows] == [None, None]
    assert worklist.passed == ()


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(), st.text().map(lambda text: f"{HEADER}\n{text}".encode()), st.text().map(str.encode)))
@example(b'"' + b"x" * 200_000)
@example(f"{HEADER}\n{'x' * 200_000}".encode())
def test_any_bytes_are_a_worklist_or_an_input_error(tmp_path: Path, content: bytes) -> None:
    try:
        worklist = read(tmp_path, content)
    except InputError:
        return
    assert worklist.rows


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(ELIGIBILITY.required[1:] + ELIGIBILITY.optional),
    st.text(st.characters(exclude_characters="\0", codec="utf-8")),
)
def test_any_cell_is_a_question_or_a_problem(tmp_path: Path, column: str, text: str) -> None:
    one = row(tmp_path, **{column: text})
    assert (one.problem is None) == (one.inquiry is not None and one.key != "")


def test_ten_thousand_rows_are_read_quickly(tmp_path: Path) -> None:
    lines = (f"{number:05},{LINE[5:].replace('W0001', f'W{number:05}')}" for number in range(10_000))
    content = "\n".join([HEADER, *lines])
    started = time.process_time()
    worklist = read(tmp_path, content)
    assert time.process_time() - started < 2
    assert len(worklist.questions()) == 10_000
