"""The inventory: one door for writes, safe across processes and kills; accounts, scopes and routes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from bots.inventory import ACCOUNT_COLUMNS, Inventory
from bots.inventory.accounts import Scope, add_account, add_organization, add_provider, checked_account, get_account
from bots.inventory.audit import head, record_audit, verify
from bots.inventory.importing import read_accounts
from bots.router import Router
from flows.errors import InputError
from flows.parties import Organization, Provider
from payers.registry import listed_payers

AT = "2026-11-23T12:00:00.000+00:00"
VALLEY = Organization(name="Example Valley Medical Group", tin="000004471")
CEDAR = Organization(name="Cedar Hollow Pediatrics", tin="000007312")
NPI = "2000001018"


@pytest.fixture
def inventory(tmp_path: Path) -> Inventory:
    inventory = Inventory(tmp_path / "inventory.db")
    for organization in (VALLEY, CEDAR):
        add_organization(inventory, organization, by="test", at=AT)
    add_provider(inventory, Provider(npi=NPI), "", by="test", at=AT)
    return inventory


def add(inventory: Inventory, name: str, *scope: Scope) -> None:
    row = checked_account({"name": name, "portal": "availity", "user_id": f"user-{name}"}, ["availity"])
    add_account(inventory, row, scope, by="test", at=AT)


def writer(path: Path, number: int, times: int) -> None:
    inventory = Inventory(path)
    for turn in range(times):
        with inventory.write() as db:
            count = db.execute("SELECT count(*) FROM audit").fetchone()[
                0
            ]  # read, then write: what loses if begun plain
            record_audit(db, at=AT, who=str(number), action=f"{turn} after {count}")


def test_contended_writes_all_arrive(tmp_path: Path) -> None:
    path = tmp_path / "inventory.db"
    Inventory(path).close()
    processes = [multiprocessing.Process(target=writer, args=(path, number, 50)) for number in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    inventory = Inventory(path)
    assert head(inventory).count == 150
    assert verify(inventory).problem == ""


def test_a_kill_while_writing_leaves_a_whole_inventory_and_trail(tmp_path: Path) -> None:
    path = tmp_path / "inventory.db"
    inventory = Inventory(path)
    before = 0
    for turn in range(50):
        process = multiprocessing.Process(target=writer, args=(path, turn, 100_000))
        process.start()
        time.sleep(0.03 + 0.002 * turn)  # when the kill falls is the attack, not a wait
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join(10)
        assert inventory.check() == "ok"
        found = verify(inventory)
        assert (found.problem, found.head.count >= before) == ("", True)
        before = found.head.count
    assert before > 50
    with inventory.write() as db:
        record_audit(db, at=AT, who="after", action="still writes")


def test_a_full_disk_loses_nothing_of_the_trail(inventory: Inventory) -> None:
    """SQLite's own word for a full disk, by a limit on the file."""
    pages = inventory.rows("PRAGMA page_count")[0]["page_count"]
    inventory.rows(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(InputError, match="The disk is full: free some space and start again; nothing was half-written"):
        entries(inventory, 1000)
    before = head(inventory).count
    assert (inventory.check(), verify(inventory).problem) == ("ok", "")
    with pytest.raises(InputError, match="disk is full"), inventory.write() as db:
        db.execute("UPDATE organizations SET name = 'changed'")
        for _ in range(1000):
            record_audit(db, at=AT, who="Ann", action="an act and its entry")
    assert inventory.rows("SELECT 1 FROM organizations WHERE name = 'changed'") == []
    inventory.rows("PRAGMA max_page_count = 1000000")
    entries(inventory, 1)
    assert (head(inventory).count, verify(inventory).problem) == (before + 1, "")


def test_a_failed_write_leaves_nothing(inventory: Inventory) -> None:
    before = inventory.rows("SELECT count(*) AS n FROM audit")
    with pytest.raises(RuntimeError), inventory.write() as db:
        record_audit(db, at=AT, who="x", action="x")
        raise RuntimeError
    assert inventory.rows("SELECT count(*) AS n FROM audit") == before


def test_the_file_is_private_and_durable(inventory: Inventory) -> None:
    assert inventory.path.stat().st_mode & 0o077 == 0
    assert inventory.rows("PRAGMA journal_mode") == [{"journal_mode": "wal"}]
    assert inventory.rows("PRAGMA synchronous") == [{"synchronous": 2}]


def test_accounts_have_the_columns_of_operations(inventory: Inventory) -> None:
    add(inventory, "a")
    row = get_account(inventory, "a")
    assert set(row) == {column.name for column in ACCOUNT_COLUMNS}
    assert (row["kind"], row["automation"]) == ("worker", "not decided")


def test_the_same_login_twice_is_refused(inventory: Inventory) -> None:
    add(inventory, "a")
    row = checked_account({"name": "b", "portal": "availity", "user_id": "user-a"}, ["availity"])
    with pytest.raises(InputError, match="same login as account a"):
        add_account(inventory, row, [], by="test", at=AT)


def test_a_scope_needs_its_organization_and_provider(inventory: Inventory) -> None:
    with pytest.raises(InputError, match="pk organization add"):
        add(inventory, "a", Scope("Nobody", "000000000"))
    with pytest.raises(InputError, match="pk provider add"):
        add(inventory, "a", Scope(VALLEY.name, VALLEY.tin, "2000002016"))
    assert inventory.rows("SELECT * FROM accounts") == []


@pytest.mark.parametrize(
    ("scopes", "wanted"),
    [
        ({"a": [Scope(VALLEY.name, VALLEY.tin)]}, "a"),
        ({"a": [Scope(VALLEY.name, VALLEY.tin, NPI)], "b": [Scope(CEDAR.name, CEDAR.tin)]}, "a"),
        (
            {"a": [Scope(VALLEY.name, VALLEY.tin, "", "aetna")], "b": [Scope(VALLEY.name, VALLEY.tin, "", "humana")]},
            "a",
        ),
        ({"a": [Scope(CEDAR.name, CEDAR.tin)]}, None),
        ({"a": [Scope(VALLEY.name, VALLEY.tin)], "b": [Scope(VALLEY.name, VALLEY.tin)]}, None),
        ({"a": [Scope(VALLEY.name, VALLEY.tin)], "b": [Scope(VALLEY.name, VALLEY.tin, NPI, "aetna")]}, None),
    ],
)
def test_exactly_one_account_asks(inventory: Inventory, scopes: dict[str, list[Scope]], wanted: str | None) -> None:
    for name, scope in scopes.items():
        add(inventory, name, *scope)
    router, aetna = Router(inventory), listed_payers()["aetna"]
    if wanted:
        assert router.account_for(aetna, VALLEY, NPI) == wanted
    else:
        with pytest.raises(InputError):
            router.account_for(aetna, VALLEY, NPI)


def test_an_account_that_was_named_must_be_among_those_that_may(inventory: Inventory) -> None:
    add(inventory, "a", Scope(VALLEY.name, VALLEY.tin))
    add(inventory, "b", Scope(VALLEY.name, VALLEY.tin))
    router, aetna = Router(inventory), listed_payers()["aetna"]
    assert router.account_for(aetna, VALLEY, NPI, "b") == "b"
    with pytest.raises(InputError, match="account c may not ask"):
        router.account_for(aetna, VALLEY, NPI, "c")


IMPORT = "name,portal,user_id,owner,organization,tin,npis,payers\n"


def test_an_import_reads_accounts_with_their_scope(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(
        b"\xef\xbb\xbf" + f"{IMPORT}a,availity,u1,Ann,{VALLEY.name},{VALLEY.tin},{NPI},aetna;humana\n".encode()
    )
    [(row, scope)] = read_accounts(file, ["availity"], listed_payers())
    assert row == {"name": "a", "portal": "availity", "user_id": "u1", "owner": "Ann", "kind": "worker"}
    assert {entry.payer for entry in scope} == {"aetna", "humana"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no accounts"),
        (IMPORT, "no accounts"),
        (IMPORT + "a,availity,u1\n", "line 2"),
        (IMPORT + "A B,availity,u1,,,,,\n", "line 2"),
        (IMPORT + "a,nowhere,u1,,,,,\n", "nowhere"),
        (IMPORT + "a,availity,u1,,,,,\na,availity,u2,,,,,\n", "2 times"),
        (IMPORT + "a,availity,u1,,X,12,,\n", "nine digits"),
        (IMPORT + "a,availity,u1,,X,000004471,2000001019,\n", "check digit"),
        (IMPORT + "a,availity,u1,,X,000004471,,nobody\n", "nobody"),
        ("name,portal,user_id,automation\na,availity,u,permitted\n", "automation"),
        ('name,portal,user_id\na,availity,"u\n', "unexpected end"),
    ],
)
def test_an_import_names_what_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "a.csv"
    file.write_text(text)
    with pytest.raises(InputError, match=words):
        read_accounts(file, ["availity"], listed_payers())


def entries(inventory: Inventory, count: int) -> None:
    for number in range(count):
        with inventory.write() as db:
            record_audit(db, at=AT, who="Ann", action=f"act {number}", account="a", because="because")


def tamper(inventory: Inventory, statement: str) -> None:
    """As somebody who is not stopped by the triggers."""
    with inventory.write() as db:
        for trigger in ("audit_keeps", "audit_stays"):
            db.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        db.execute(statement)


def test_the_audit_trail_is_append_only(inventory: Inventory) -> None:
    entries(inventory, 2)
    for statement in ("UPDATE audit SET who = 'Bob'", "DELETE FROM audit"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"), inventory.write() as db:
            db.execute(statement)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE audit SET who = 'Bob' WHERE id = 5", "entry 5 was changed"),
        ("UPDATE audit SET because = '' WHERE id = 5", "entry 5 was changed"),
        ("DELETE FROM audit WHERE id = 5", "entry 5 is missing"),
        ("UPDATE audit SET hash = (SELECT hash FROM audit WHERE id = 4) WHERE id = 5", "entry 5 was changed"),
        ("DELETE FROM audit WHERE id > 6", "missing at the end"),
    ],
)
def test_tampering_with_the_audit_trail_shows(inventory: Inventory, statement: str, words: str) -> None:
    entries(inventory, 7)
    told = head(inventory)
    assert verify(inventory, told).problem == ""
    tamper(inventory, statement)
    assert words in verify(inventory, told).problem


def test_a_rewritten_trail_is_not_the_one_that_was_reported(inventory: Inventory) -> None:
    entries(inventory, 3)
    told = head(inventory)
    tamper(inventory, "DELETE FROM audit WHERE id > 4")
    entries(inventory, 3)
    assert "not the one that was reported" in verify(inventory, told).problem
