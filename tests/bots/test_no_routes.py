"""Rows of lists that never reach a portal are a need in the morning, and nothing that may be a person's is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from test_lists import HEAD, NEEDLE, Desk, desk, row
from typer.testing import CliRunner

from bots import now
from bots.clock import Schedule
from bots.incidents import find_incident, open_ones
from bots.inventory import stamp
from bots.payer_codes import harmless
from bots.report import Report, gather, render_first_screen, render_html

__all__ = ["desk"]

MORNING = datetime(2026, 11, 24, 5, 40, tzinfo=ZoneInfo("America/New_York"))
DAY = timedelta(days=1)
LIST = row("patients.csv")


def patients(desk: Desk, *payers: str, npi: str = "1234567893", name: str = "patients.csv", more: str = "") -> None:
    lines = [
        f"R{n},{payer},{npi},W000{n},{NEEDLE},Zaphira,{1950 + n}-01-02,2026-11-24{',' + more if more else ''}"
        for n, payer in enumerate(payers)
    ]
    desk.write(name, HEAD + (",account" if more else ""), *lines)


def ask(desk: Desk, monkeypatch: pytest.MonkeyPatch, at: datetime = MORNING, schedule: Schedule = LIST) -> None:
    """Ask the list an hour before that."""
    monkeypatch.setattr(now, "utc", lambda: at.astimezone(UTC) - timedelta(hours=1))
    desk.ask(schedule, now.utc())


def look(desk: Desk, monkeypatch: pytest.MonkeyPatch, at: datetime = MORNING) -> Report:
    monkeypatch.setattr(now, "utc", lambda: at.astimezone(UTC))
    report = gather(desk.inventory, {"east"}, at, service_running=True, settings=desk.settings, take_up=True)
    needs = tuple(need for need in report.needs if need.state == "NO ROUTE")
    return report.model_copy(update={"needs": needs})


def kept(desk: Desk) -> str:
    """Everything that the inventory holds."""
    tables = desk.inventory.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
    return str([desk.inventory.rows(f'SELECT * FROM "{table["name"]}"') for table in tables])


def test_a_code_that_is_not_mapped_is_told_with_how_often_and_what_to_do(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for days in (3, 2, 0):
        patients(desk, *(["aetna", "MCR HMO 77"] + ["MCR HMO 77"] * (days == 2)))
        ask(desk, monkeypatch, MORNING - days * DAY)
    report = look(desk, monkeypatch)
    text = " ".join(render_first_screen(report).split())
    assert '1 by 17:00 payer code "MCR HMO 77" NO ROUTE 4th row this week' in text
    assert "1 row of Tue 24 Nov not asked (eligibility): no payer is known by this code." in text
    assert 'Add it to config/payer_aliases.csv, or mark it "not by portal" there.' in text
    assert "whoever runs the worker INC-0001" in text
    assert "1 NOT CHECKED -> 1" in text
    assert "MCR HMO 77" in render_html(report)


def test_the_same_list_asked_again_on_a_day_counts_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    patients(desk, "MCR HMO 77", "mcr hmo  77", "aetna")
    for _ in range(2):
        ask(desk, monkeypatch)
    assert [need.age for need in look(desk, monkeypatch).needs] == ["2nd row this week"]
    patients(desk, "aetna", "aetna", "aetna")
    ask(desk, monkeypatch)  # the billing system was set right meanwhile
    assert look(desk, monkeypatch).needs == ()
    assert find_incident(desk.inventory, "1")["closed_by"] == "worker"


@pytest.mark.parametrize("line", ["mcr hmo 77,aetna", "MCR HMO 77,not by portal"])
def test_it_closes_by_itself_once_the_code_is_mapped_or_marked(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    patients(desk, "MCR HMO 77")
    ask(desk, monkeypatch)
    assert look(desk, monkeypatch).needs[0].incident == "INC-0001"
    aliases = desk.settings.config / "payer_aliases.csv"
    aliases.write_text("code,payer\nno such,line at all,\n")
    assert len(look(desk, monkeypatch).needs) == 1  # a file that is wrong maps nothing, and breaks no report
    aliases.write_text(f"code,payer\n{line}\n")
    assert look(desk, monkeypatch).needs == () and open_ones(desk.inventory) == []
    assert find_incident(desk.inventory, "1")["closed_by"] == "worker"


def test_it_closes_by_itself_when_nobody_asked_for_a_week(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    patients(desk, "MCR HMO 77")
    ask(desk, monkeypatch)
    assert len(look(desk, monkeypatch, MORNING + 6 * DAY).needs) == 1
    assert look(desk, monkeypatch, MORNING + 8 * DAY).needs == () and open_ones(desk.inventory) == []


def test_codes_that_are_marked_were_never_a_need(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    (desk.settings.config / "payer_aliases.csv").write_text("code,payer\nMCR HMO 77,Not by Portal\n")
    patients(desk, "MCR HMO 77")
    ask(desk, monkeypatch)
    assert look(desk, monkeypatch).needs == () and desk.known()[0]["not_asked"] == 1


def test_a_person_takes_it_puts_it_aside_and_closes_it_until_it_is_met_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(**columns: Any) -> None:
        with desk.inventory.write() as db:
            db.table("incidents").update(1, columns)

    patients(desk, "MCR HMO 77")
    ask(desk, monkeypatch)
    look(desk, monkeypatch)
    change(taken_by="Jo")
    assert [need.taken_by for need in look(desk, monkeypatch).handled] == ["Jo"]
    change(taken_by=None, snoozed_until=stamp((MORNING + DAY).astimezone(UTC)))
    assert (look(desk, monkeypatch).needs, look(desk, monkeypatch).put_aside) == ((), 1)
    change(snoozed_until=None, closed_at=stamp(MORNING.astimezone(UTC)), closed_by="jo", because="settled")
    assert look(desk, monkeypatch).needs == ()
    ask(desk, monkeypatch, MORNING + DAY)
    assert [need.incident for need in look(desk, monkeypatch, MORNING + DAY).needs] == ["INC-0002"]


# --- what may be kept of a code


NEEDLES = [
    "Needleton",
    "NEEDLETON JANE",
    "Needleton Plan",
    "Cross",
    "BLUE CROSS",
    "Jane Blue",
    "Medicare Needleton",
    "HMO NEEDLETON 77",
    "W123456789",
    "AB12345C",
    "W000 112 233",
    "HMO W1234",
    "123456",
    "HMO 123456",
    "123-45-6789",
    "000009999",
    "1234567893",
    "1950-01-02",
    "01/02/50",
    "HMO 1/2/50",
    "HMO 1-50",
    "19500102",
    "jane@needle.example",
    "(555) 010-0199",
    "MCR HMO 77; Needleton",
    "HMO " * 11,
    "HMÖ",
    "HMO =cmd()",
    "77",
    "A",
    "-",
]
CODES = ["MCR HMO 77", "mcd-tx 01", "BCBS PPO", "60054", "SX107", "UHC Community Plan", "Aetna/Medicare", "HMO  77"]


@pytest.mark.parametrize("text", CODES)
def test_codes_are_kept(text: str) -> None:
    assert harmless(text) == " ".join(text.upper().split())


@pytest.mark.parametrize("text", NEEDLES)
def test_what_may_be_a_persons_is_not(text: str) -> None:
    assert harmless(text) == ""


def test_nothing_of_another_column_enters_the_inventory_or_the_report(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    needles = [text for text in NEEDLES if "," not in text and len(text) > 4]
    patients(desk, *needles)
    ask(desk, monkeypatch)
    [need] = look(desk, monkeypatch).needs
    assert (need.what, need.age) == ("an unlisted payer code", f"{len(needles)}th row this week")
    assert need.do.startswith("See reason_not_answered in the answers file")
    everything = (kept(desk) + render_html(look(desk, monkeypatch))).casefold()
    assert [text for text in (*needles, "Needle", "Zaphira") if text.casefold() in everything] == []


def test_many_codes_of_one_file_become_one_need(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    patients(desk, *(f"{number}" for number in range(10_000, 10_030)))
    ask(desk, monkeypatch)
    assert len(look(desk, monkeypatch).needs) == 21


# --- payers without an account


def test_a_payer_without_an_account_is_one_need_until_there_is_one(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with desk.inventory.write() as db:
        db.execute("DELETE FROM account_scope")
        db.execute("INSERT INTO providers VALUES ('1234567893', 'Ann', NULL)")
    patients(desk, "aetna", "aetna", "humana")
    ask(desk, monkeypatch)
    found = look(desk, monkeypatch).needs
    assert [(need.what, need.state, need.age, need.incident) for need in found] == [
        ("Aetna", "NO ROUTE", "2nd row this week", "INC-0001"),
        ("Humana", "NO ROUTE", "1st row this week", "INC-0002"),
    ]
    assert "no account asks it on Availity Essentials for Example Clinic" in found[0].worker
    assert found[0].do.startswith("Add an account for it (pk account add)")
    with desk.inventory.write() as db:
        db.execute("INSERT INTO account_scope VALUES ('east', 'Example Clinic', '000004471', '1234567893', 'aetna')")
    assert [need.what for need in look(desk, monkeypatch).needs] == ["Humana"]


def test_two_accounts_for_one_row_are_told_as_such(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with desk.inventory.write() as db:
        db.execute("INSERT INTO accounts (name, portal, kind, user_id) VALUES ('west', 'availity', 'worker', 'u')")
        db.execute("INSERT INTO account_scope VALUES ('west', 'Example Clinic', '000004471', '', '')")
    patients(desk, "aetna")
    ask(desk, monkeypatch)
    [need] = look(desk, monkeypatch).needs
    assert "more than one account asks it" in need.worker and "column account" in need.do
    with desk.inventory.write() as db:
        db.execute("DELETE FROM account_scope WHERE account = 'west'")
    assert look(desk, monkeypatch).needs == ()


def test_what_a_portal_does_not_offer_and_what_a_file_names_wrongly(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name of an account is typed by people too."""
    patients(desk, "aetna", more="Needle.Account")
    ask(desk, monkeypatch)
    [need] = look(desk, monkeypatch).needs
    assert "the account that the list names may not ask it" in need.worker
    assert "Needle" not in kept(desk)
    claims = (
        "reference,payer,billing_npi,member_id,patient_last_name,patient_first_name,patient_birth_date,service_from"
    )
    desk.write("claims.csv", claims, f"R1,texas-medicaid,1234567893,W0001,{NEEDLE},Zaphira,1950-01-02,2026-11-01")
    ask(desk, monkeypatch, schedule=row("claims.csv", flow="claim_status"))
    [texas] = [need for need in look(desk, monkeypatch).needs if need.what != "Aetna"]
    assert (texas.what, texas.flows) == ("Texas Medicaid", ("claim_status",))
    assert "TMHP (Texas Medicaid) does not offer that" in texas.worker


def test_the_number_of_a_provider_that_nobody_registered_is_not_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk.inventory.write() as db:
        db.execute("DELETE FROM account_scope")
    patients(desk, "aetna")
    ask(desk, monkeypatch)
    assert len(look(desk, monkeypatch).needs) == 1 and "1234567893" not in kept(desk)


# --- by hand


def test_rows_of_a_batch_by_hand_count_as_well_and_its_name_is_not_kept(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bots.cli.app import app
    from bots.cli.office import office

    monkeypatch.setenv("PORTALKEEPER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(now, "use_sandbox_clock", lambda path: None)

    def pk(*arguments: str) -> str:
        office.__dict__.clear()
        return " ".join(CliRunner().invoke(app, list(arguments)).output.split())

    pk("init")
    pk("organization", "add", "Example Clinic", "--tin", "000004471")
    file = tmp_path / "Needleton Jane.csv"
    file.write_text(f"{HEAD}\nR1,MCR HMO 77,1234567893,W0001,{NEEDLE},Zaphira,1950-01-02,2026-11-24\n")
    batch = ("eligibility", "--batch", str(file), "--out", str(tmp_path / "answers.csv"))
    pk(*batch, "--preview")
    assert "NO ROUTE" not in pk("today")  # nobody asked yet
    for _ in range(2):
        pk(*batch)
    assert 'payer code "MCR HMO 77" NO ROUTE 1st row this week' in pk("today")
    assert b"Needleton" not in (tmp_path / "home" / "inventory.db").read_bytes()
    (tmp_path / "home" / "config" / "payer_aliases.csv").write_text("code,payer\nMCR HMO 77,not by portal\n")
    assert "NO ROUTE" not in pk("today")
    office.__dict__.clear()
