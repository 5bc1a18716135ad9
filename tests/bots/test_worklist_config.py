"""The column map, the alias file, payer names and date formats."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.worklist import CLAIM_STATUS, CONTRACTS, ELIGIBILITY, ColumnMap, find_payer, load_aliases
from bots.worklist.dates import check_formats, read_date
from flows.errors import InputError
from flows.parties import Payer

CONFIG = Path(__file__).parents[2] / "config"
PAYERS = {
    payer.name: payer
    for payer in (
        Payer(name="aetna", title="Aetna Better Health", payer_ids=("60054", "ABH01")),
        Payer(name="humana", title="Humana", payer_ids=("61101",)),
        Payer(name="twin", title="Twin Plan", payer_ids=("61101",)),
    )
}
ALIASES = {"hmo01": "Aetna", "60054": "humana", "cash": "not by portal", "old": "gone"}


def test_the_shipped_files_change_nothing() -> None:
    for contract in CONTRACTS.values():
        assert ColumnMap.load(CONFIG / "columns.toml", contract).columns == {}
        assert ColumnMap.load(CONFIG / "columns.toml", contract).date_formats == ()
    assert load_aliases(CONFIG / "payer_aliases.csv") == {}


def test_the_examples_in_the_shipped_files_work(tmp_path: Path) -> None:
    text = (CONFIG / "columns.toml").read_text().replace('# "', '"')
    (tmp_path / "columns.toml").write_text(text)
    maps = ColumnMap.load(tmp_path / "columns.toml", ELIGIBILITY)
    assert maps.column(" pat LAST ") == "patient_last_name"
    assert maps.column("Account") == "patient_account"
    assert maps.column("Reference") == "reference"
    assert maps.column("Colour") is None
    assert maps.date_formats == ("MM-DD-YYYY", "YYYYMMDD", "YYYY-MM-DD 00:00:00")
    claims = ColumnMap.load(tmp_path / "columns.toml", CLAIM_STATUS)
    assert (claims.column("Claim No"), claims.column("DOS")) == ("patient_control_number", "service_from")
    assert (maps.column("Claim No"), claims.column("Appt ID")) == (None, None)
    assert maps.source == str(tmp_path / "columns.toml")
    lines = (CONFIG / "payer_aliases.csv").read_text().splitlines()
    examples = [line.removeprefix("# Example:  ") for line in lines if "Example:" in line]
    (tmp_path / "aliases.csv").write_text("\n".join([*lines, *examples]))
    assert load_aliases(tmp_path / "aliases.csv") == {"hmo01": "aetna", "self": "not by portal"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[eligibility\n", "is not valid TOML: "),
        ("\n[eligible]\n", 'line 2: "eligible" is no table here; expected eligibility'),
        ("[eligibility]\ndate_format = []\n", 'line 2: "date_format" is no setting here'),
        ("eligibility = 1\n", "line 1: eligibility must be a table"),
        ("[eligibility]\ncolumns = 1\n", "line 2: columns must be a table"),
        (
            '[eligibility.columns]\n# "Last" is a comment\n"Last" = "pat_last_name"\n',
            "line 3: \"Last\" is mapped to 'pat_last_name', which is no column; did you mean patient_last_name?",
        ),
        ('[eligibility.columns]\n"Policy #" = "member"\n', "line 2: "),
        ('[eligibility.columns]\n"Last" = 7\n', "line 2: "),
        ('[eligibility.columns]\n"Last" = ["reference"]\n', "line 2: "),
        ('[eligibility.columns]\n"Last" = "outcome"\n', "which is no column"),
        ('[eligibility.columns]\n"A" = "payer"\n" a " = "state"\n', 'line 3: " a " is mapped twice'),
        ('[eligibility]\ndate_formats = "M/D/YYYY"\n', "line 2: date_formats must be a list"),
        ('[eligibility]\ndate_formats = ["M/D/YY"]\n', 'line 2: date_formats: "M/D/YY" is no date format'),
        ('[eligibility]\ndate_formats = ["D/M/YYYY"]\n', "would read the same text as two different days"),
    ],
)
def test_a_bad_column_map_names_the_line(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "columns.toml"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        ColumnMap.load(file, ELIGIBILITY)
    assert str(caught.value).startswith(str(file))
    assert words in str(caught.value)


def test_each_flow_has_its_own_columns(tmp_path: Path) -> None:
    file = tmp_path / "columns.toml"
    file.write_text('[claim_status.columns]\n"DOS" = "service_date"\n')
    with pytest.raises(InputError, match="which is no column"):
        ColumnMap.load(file, CLAIM_STATUS)
    assert ColumnMap.load(file, ELIGIBILITY).columns == {}


def test_a_column_map_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        ColumnMap.load(tmp_path / "none.toml", ELIGIBILITY)
    (tmp_path / "latin.toml").write_bytes("# Größe".encode("latin-1"))
    with pytest.raises(InputError, match="is not UTF-8"):
        ColumnMap.load(tmp_path / "latin.toml", ELIGIBILITY)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        ("code;name\n", "line 1: expected the headings code,payer"),
        ("# x\nHMO01,aetna\n", "line 2: expected the headings code,payer"),
        ("code,payer\n\nHMO01,\n", "line 3: expected a code and a payer"),
        ("code,payer\n,aetna\n", "line 2: expected a code and a payer"),
        ("code,payer\nA,aetna\na,humana\n", 'line 3: the code "a" is listed twice'),
        ("code,payer\nA,aetna,x\n", "line 2: 3 fields"),
    ],
)
def test_a_bad_alias_file_names_the_line(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "aliases.csv"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        load_aliases(file)
    assert str(caught.value).startswith(str(file))
    assert words in str(caught.value)


def test_aliases_with_comments_of_a_spreadsheet_and_turned_columns(tmp_path: Path) -> None:
    file = tmp_path / "aliases.csv"
    file.write_text('"# codes, of ours",\n Payer ,CODE\naetna, 007 \n#x\nnot by portal,Cash\n')
    assert load_aliases(file) == {"007": "aetna", "cash": "not by portal"}


@pytest.mark.parametrize(
    ("text", "name", "way"),
    [
        ("aetna", "aetna", "name aetna"),
        (" AETNA ", "aetna", "name aetna"),
        ("abh01", "aetna", "payer id ABH01"),
        ("aetna better health", "aetna", "title Aetna Better Health"),
        ("Humana", "humana", "name humana"),
        ("HMO01", "aetna", "alias HMO01"),
        ("60054", "humana", "alias 60054"),
    ],
)
def test_what_a_payer_argument_is_taken_for(text: str, name: str, way: str) -> None:
    assert find_payer(text, PAYERS, ALIASES) == (PAYERS[name], way)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("aetan", 'payer "aetan" is not mapped; did you mean aetna?'),
        ("zzz", 'payer "zzz" is not mapped; add it to config/payer_aliases.csv, or mark it "not by portal" there'),
        ("61101", 'payer "61101" can be humana, twin; say which one in config/payer_aliases.csv'),
        ("CASH", 'payer "CASH" is marked "not by portal"'),
        ("old", 'config/payer_aliases.csv sends "old" to "gone", which is no payer here'),
    ],
)
def test_what_is_no_payer(text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        find_payer(text, PAYERS, ALIASES)
    assert words in str(caught.value)


@given(st.dates(date(1890, 1, 1), date(2199, 12, 31)))
def test_dates_are_read_in_every_usual_form(day: date) -> None:
    formats = ("MM-DD-YYYY", "D.M.YYYY", "YYYYMMDD", "YYYY-MM-DD 00:00:00")
    check_formats(formats)
    for text in (
        f"{day.month}/{day.day}/{day.year}",
        f"{day:%m/%d/%Y}",
        f"{day:%Y-%m-%d}",
        f"{day:%m-%d-%Y}",
        f"{day.day}.{day.month}.{day.year}",
        f"{day:%Y%m%d}",
        f"{day:%Y-%m-%d} 00:00:00",
    ):
        assert read_date(text, formats) == day


@pytest.mark.parametrize(
    "text",
    ["", "1/2/03", "13/1/2020", "0/1/2020", "2023-02-29", "1/2/2020 x", "\u0661/1/2020", "1/1/0080", "-1/1/2020"],
)
def test_what_is_no_date_is_never_guessed(text: str) -> None:
    with pytest.raises(ValueError, match=r"day of the calendar|two digits|read as a date"):
        read_date(text)


@pytest.mark.parametrize(
    "formats", [["DD/MM/YYYY"], ["YYYY-DD-MM"], ["MM-DD-YYYY", "DD-MM-YYYY"], ["MMYYYY"], ["M/M/YYYY"], ["YYYYYYYY"]]
)
def test_formats_that_could_mean_two_days_are_refused(formats: list[str]) -> None:
    with pytest.raises(ValueError, match=r"date format|two different days"):
        check_formats(formats)
