"""The inventory goes out to a sheet and comes back: people's columns change, what the worker observed does not."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from bots.inventory import ACCOUNT_COLUMNS, Inventory
from bots.inventory.accounts import Scope, add_account, add_organization, checked_account, scopes
from bots.inventory.exchange import Draft, Site, carry_out, draft, heads, sheet_rows
from bots.inventory.sheet import OBSERVED, read_sheet, write_sheet
from flows.errors import InputError
from flows.parties import Organization

AT = "2026-11-23T12:00:00.000+00:00"
TODAY = date(2026, 11, 24)
SITES = {"availity": Site("https://portal.example", "aetna, humana")}
GOOD = "2026-11-22T05:00:00.000+00:00"
FORMATS = ["csv", "xlsx"]


@pytest.fixture
def inventory(tmp_path: Path) -> Inventory:
    made = Inventory(tmp_path / "inventory.db")
    add_organization(made, Organization(name="Example Valley", tin="000004471"), by="test", at=AT)
    for name in ("east-1", "east-2"):
        values = {"name": name, "portal": "availity", "user_id": f"user-{name}", "owner": "Ann", "etin": "0042"}
        row = checked_account({**values, "notes": "=SUM(A1)", "idle_limit_days": 90}, ["availity"])
        add_account(made, row, [Scope("Example Valley", "000004471", "", "aetna")], by="test", at=AT)
    with made.write() as db:
        db.execute("UPDATE accounts SET last_good_sign_in_at = ?, last_failure = 'AccountLocked'", (GOOD,))
    return made


def exported(inventory: Inventory, path: Path, *, user_ids: bool = False) -> Path:
    columns = heads(user_ids=user_ids)
    write_sheet(path, columns, sheet_rows(inventory, SITES, columns))
    return path


def drafted(inventory: Inventory, path: Path) -> Draft:
    return draft(inventory, read_sheet(path), ["availity", "uhc"], ["aetna", "humana"], TODAY)


def changed(path: Path, target: Path, **cells: str) -> Path:
    """The sheet with other cells in the row of east-1, as somebody would type them."""
    if path.suffix == ".xlsx":
        book = load_workbook(path)
        sheet = book.worksheets[0]
        titles = [cell.value for cell in sheet[1]]
        for column, text in cells.items():
            number = next(n for n, title in enumerate(titles, 1) if str(title).removesuffix(OBSERVED) == column)
            sheet.cell(2, number).value = text
        book.save(target)
        return target
    rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    for column, text in cells.items():
        rows[1][[title.removesuffix(OBSERVED) for title in rows[0]].index(column)] = text
    with target.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return target


def accounts(inventory: Inventory) -> list[dict[str, object]]:
    return inventory.rows("SELECT * FROM accounts ORDER BY name")


@pytest.mark.parametrize("form", FORMATS)
def test_what_goes_out_comes_back_the_same(inventory: Inventory, tmp_path: Path, form: str) -> None:
    found = drafted(inventory, exported(inventory, tmp_path / f"a.{form}", user_ids=True))
    assert (found.added, found.changes, found.left_alone) == ((), (), 0)
    [(_, first), _] = read_sheet(tmp_path / f"a.{form}")
    assert (first["etin"], first["notes"], first["tin"]) == ("0042", "=SUM(A1)", "000004471")
    assert (first["last_login"], first["portal_url"], first["payers_served"]) == (
        "2026-11-22",
        "https://portal.example",
        "aetna",
    )
    assert (tmp_path / f"a.{form}").stat().st_mode & 0o077 == 0


def test_the_sheet_has_the_columns_people_know_first_and_all_others(inventory: Inventory) -> None:
    names = [head.name for head in heads(user_ids=True)]
    assert names[:7] == [
        "name",
        "payers_served",
        "portal",
        "portal_url",
        "administrator_1",
        "last_login",
        "notes",
    ]
    assert {column.name for column in ACCOUNT_COLUMNS} <= set(names)
    assert "user_id" not in [head.name for head in heads(user_ids=False)]


@pytest.mark.parametrize("form", FORMATS)
def test_people_change_their_columns_and_never_what_was_observed(
    inventory: Inventory, tmp_path: Path, form: str
) -> None:
    before = accounts(inventory)
    sheet = changed(
        exported(inventory, tmp_path / f"a.{form}"),
        tmp_path / f"b.{form}",
        owner="Jo",
        idle_limit_days="60",
        notes="",
        last_failure="fine now",
        last_good_sign_in_at="2030-01-01",
        last_login="2030-01-01",
    )
    found = drafted(inventory, sheet)
    assert {(change.column, change.before, change.after) for change in found.changes} == {
        ("owner", "Ann", "Jo"),
        ("idle_limit_days", "90", "60"),
        ("notes", "=SUM(A1)", ""),
    }
    assert found.left_alone == 2
    assert accounts(inventory) == before  # a draft writes nothing
    carry_out(inventory, found, by="Ann Example", at=AT, because="import of b")
    after = accounts(inventory)
    assert after == [{**before[0], "owner": "Jo", "idle_limit_days": 60, "notes": None}, before[1]]
    told = inventory.rows("SELECT who, because, details FROM audit ORDER BY id DESC LIMIT 1")[0]
    assert (told["who"], told["because"]) == ("Ann Example", "import of b")
    assert "owner: Ann -> Jo" in told["details"]


def test_new_rows_are_new_accounts(inventory: Inventory, tmp_path: Path) -> None:
    file = tmp_path / "new.csv"
    file.write_text(
        "name,portal,user_id,organization,tin,payers,owner\n"
        "east-1,availity,,,,,Jo\n"
        "east-3,availity,user-3,Example Valley,000004471,aetna;humana,Jo\n"
    )
    found = drafted(inventory, file)
    assert [row["name"] for row, _ in found.added] == ["east-3"]
    carry_out(inventory, found, by="t", at=AT, because="x")
    assert len(scopes(inventory, "east-3")) == 2
    assert [row["owner"] for row in accounts(inventory)] == ["Jo", "Ann", "Jo"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,owner\neast-1,Jo\neast-1,Al\n", "line 3: account east-1 is there twice"),
        ("name,idle_limit_days\neast-1,many\n", "line 2: idle_limit_days 'many': expected a whole number"),
        ("name,password_expires_on\neast-1,24.11.2026\n", "expected a date, YYYY-MM-DD"),
        ("name,kind\neast-1,robot\n", "expected one of worker"),
        ("name,portal\neast-1,uhc\n", "line 2: account east-1: portal says which login it is"),
        ("name,user_id\neast-1,other\n", "user_id says which login it is"),
        ("name,payers\neast-1,humana\n", "for whom an account asks is set when it is added"),
        ("name,portal\neast-9,nowhere\n", "line 2: no portal is called 'nowhere'"),
        ("name,portal\neast-9,availity\n", "line 2: account east-9 has no user_id"),
        ("name,shoe_size\neast-1,9\n", "unknown columns shoe_size"),
        ("owner\nJo\n", "no column name"),
        ("name,owner,owner\neast-1,a,b\n", "the column 'owner' is there twice"),
        ("name,owner\neast-1,Jo,more\n", "line 2: 3 cells, but 2 headings"),
        ("name\n", "has no accounts"),
        ('name\n"east', "line 2"),
    ],
)
def test_a_wrong_sheet_is_told_and_changes_nothing(inventory: Inventory, tmp_path: Path, text: str, words: str) -> None:
    before = accounts(inventory)
    file = tmp_path / "wrong.csv"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        drafted(inventory, file)
    assert words in str(caught.value)
    assert accounts(inventory) == before


def test_one_wrong_line_imports_none(inventory: Inventory, tmp_path: Path) -> None:
    file = tmp_path / "half.csv"
    file.write_text("name,owner,kind\neast-1,Jo,worker\neast-2,Al,robot\n")
    with pytest.raises(InputError, match="nothing was imported; line 3"):
        drafted(inventory, file)
    taken = tmp_path / "taken.csv"
    taken.write_text("name,portal,user_id,owner\neast-1,,,Jo\neast-4,availity,user-east-2,Al\n")
    with pytest.raises(InputError, match="the same login as account east-2"):
        carry_out(inventory, drafted(inventory, taken), by="t", at=AT, because="x")
    assert [row["owner"] for row in accounts(inventory)] == ["Ann", "Ann"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half", b"name,owner\neast-1,Jo\n"])
def test_what_is_no_workbook_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.xlsx").write_bytes(content)
    with pytest.raises(InputError, match="is no XLSX workbook"):
        read_sheet(tmp_path / "a.xlsx")


def test_what_is_not_there_or_has_another_name_is_told(inventory: Inventory, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be read"):
        read_sheet(tmp_path / "none.csv")
    with pytest.raises(InputError, match=r"ends in \.csv or \.xlsx"):
        write_sheet(tmp_path / "a.ods", heads(user_ids=False), [])
    (tmp_path / "latin.csv").write_bytes("name,owner\neast-1,Jos\xe9\n".encode("latin-1"))
    with pytest.raises(InputError, match="not UTF-8"):
        read_sheet(tmp_path / "latin.csv")


def test_in_xlsx_observed_columns_are_locked_and_no_text_is_a_formula(inventory: Inventory, tmp_path: Path) -> None:
    sheet = load_workbook(exported(inventory, tmp_path / "a.xlsx")).worksheets[0]
    assert sheet.protection.sheet
    for title, cell in zip(sheet[1], sheet[2], strict=True):
        observed = str(title.value).endswith(OBSERVED)
        assert cell.protection.locked is observed, title.value
        assert cell.data_type != "f"
    assert sheet.freeze_panes == "B2"
    assert any("worker,person,shared" in str(rule.formula1) for rule in sheet.data_validations.dataValidation)


def test_in_csv_no_text_is_a_formula(inventory: Inventory, tmp_path: Path) -> None:
    text = exported(inventory, tmp_path / "a.csv").read_text(encoding="utf-8-sig")
    assert "'=SUM(A1)" in text and ",=SUM" not in text


def test_a_sheet_that_people_made_themselves_is_read(inventory: Inventory, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["name", "owner", "password_expires_on", "idle_limit_days", None])
    sheet.append(["east-1", "Jo", date(2026, 12, 24), 60.0])
    sheet.append([None, None])
    book.save(tmp_path / "own.xlsx")
    found = drafted(inventory, tmp_path / "own.xlsx")
    assert {(change.column, change.after) for change in found.changes} == {
        ("owner", "Jo"),
        ("password_expires_on", "2026-12-24"),
        ("idle_limit_days", "60"),
    }
