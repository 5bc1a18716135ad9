"""What is late has one incident, which a person can take, put aside and close; and its lines in the report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from catalogue import ONE, changed
from era_house import LISTED, MONDAY, SOURCE, Days
from making import Pay, remittance

from bots import now
from bots.desk import SignIn
from bots.era.bank import Deposit, record_deposits
from bots.era.findings import look, open_findings, told_of
from bots.incidents import close_incident, find_incident
from bots.inventory import stamp
from bots.report.eras import era_needs
from bots.report.model import Need
from bots.runner.runs import RunHead, end_run, start_run
from flows.errors import InputError

LATE = date(2026, 11, 16)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Days]:
    house = Days(tmp_path / "home", monkeypatch)
    yield house
    house.inventory.close()


def looked(house: Days) -> list[dict[str, Any]]:
    """All incidents after two looks: what the first does, the second does not do again."""
    look(house.settings, house.inventory)
    first = house.inventory.rows("SELECT * FROM incidents ORDER BY id")
    look(house.settings, house.inventory)
    assert house.inventory.rows("SELECT * FROM incidents ORDER BY id") == first
    return first


def test_what_is_late_has_one_incident_until_it_is_there(house: Days) -> None:
    house.list_at_portal(LISTED)
    assert looked(house) == []
    house.go_to(LATE)
    [incident] = looked(house)
    assert (incident["kind"], incident["closed_at"], incident["opened_by"]) == ("late era", None, "worker")
    assert incident["message"].startswith("ERA LATE  Aetna, TIN ..4471, EFT 2 Nov, $2,092.48, trace ..00001: ")
    house.go_to(LATE + timedelta(days=1))
    assert len(looked(house)) == 1
    house.intake.take_in(ONE, SOURCE)
    house.pick_up()
    [incident] = looked(house)
    assert (incident["closed_by"], incident["because"]) == ("worker", "it is late no more")
    assert [row["action"] for row in house.inventory.rows("SELECT action FROM audit")] == [
        "open late era",
        "close late era",
    ]


def test_what_is_being_fetched_is_not_late_yet(house: Days) -> None:
    """Several accounts are fetched at once, and the first to end looks for what is late."""
    house.list_at_portal(LISTED)
    house.go_to(LATE)
    head = RunHead("run-1", SOURCE.account, SOURCE.portal, "1")
    start_run(house.inventory, head, flow="era_download", source="service", by="service", questions=1)
    assert (house.kinds(), looked(house)) == ([("not received", False)], [])
    end_run(house.inventory, head, SignIn.STORED, None, {})
    assert len(looked(house)) == 1


def test_each_finding_has_its_own_though_payer_and_payee_are_the_same(house: Days) -> None:
    house.list_at_portal(LISTED, LISTED.model_copy(update={"trace": "900000002"}))
    house.go_to(LATE)
    assert len(looked(house)) == 2
    house.intake.take_in(ONE, SOURCE)
    house.pick_up()
    assert [row["closed_at"] is None for row in looked(house)] == [False, True]


def test_the_manifest_names_the_incidents_about_a_payment(house: Days) -> None:
    """Also the one that was open before it came; not that of another payment."""
    house.list_at_portal(LISTED)
    house.go_to(LATE)
    assert len(looked(house)) == 1
    house.intake.take_in(ONE, SOURCE)
    other = Pay(trace="900000002", paid_on=LATE)
    house.intake.take_in(remittance(other), SOURCE)
    house.intake.take_in(changed(r"\*P\*:", "*T*:", remittance(other.next())), SOURCE)
    assert [row["incident"] for row in house.manifest()] == ["INC-0001", "", ""]
    looked(house)
    assert [row["incident"] for row in house.manifest()] == ["INC-0001", "", "INC-0002"]


def test_what_a_person_has_closed_is_settled(house: Days) -> None:
    house.list_at_portal(LISTED)
    house.go_to(LATE)
    [incident] = looked(house)
    with house.inventory.write() as db:
        close_incident(db, incident, by="Ann Example", because="it came by mail")
    assert len(looked(house)) == 1
    assert open_findings(house.inventory) == []
    [told] = told_of(house.inventory).values()
    assert (told["settled"], told["closed_by"]) == (True, "Ann Example")


def test_what_comes_back_after_the_worker_closed_it_is_told_again(house: Days) -> None:
    house.folder.parent.mkdir(parents=True)
    house.folder.write_text("in the way")
    house.intake.take_in(ONE, SOURCE)
    assert [row["closed_at"] is None for row in looked(house)] == [True]
    house.folder.unlink()
    house.intake.recover()
    house.go_to(LATE)  # and nobody picks it up
    assert [row["closed_at"] is None for row in looked(house)] == [False, True]


def test_a_payment_that_bank_and_list_tell_of_is_one_finding(house: Days) -> None:
    """The bank first: its incident, with whoever has taken it, is that of the list's row later."""
    record_deposits(house.inventory, [Deposit("900000001", "1999999901", Decimal("2092.48"), MONDAY)])
    house.go_to(LATE)
    [incident] = looked(house)
    assert "deposit 2 Nov" in incident["message"]
    house.list_at_portal(LISTED)
    assert house.kinds() == [("not received", True)]
    assert [row["id"] for row in looked(house)] == [incident["id"]]
    assert [row["kind"] for row in open_findings(house.inventory)] == ["not received"]


def test_another_payment_of_that_trace_number_is_a_finding_of_its_own(house: Days) -> None:
    record_deposits(house.inventory, [Deposit("900000001", "5", Decimal("7.00"), MONDAY)])
    house.list_at_portal(LISTED)
    house.go_to(LATE)
    assert house.kinds() == [("not received", True), ("deposit without 835", True)]


def test_a_mistake_in_the_configuration_closes_nothing(house: Days) -> None:
    house.list_at_portal(LISTED)
    house.go_to(LATE)
    looked(house)
    house.config("[missing]\nlate_after = 0\n")
    with pytest.raises(InputError, match="late_after"):
        look(house.settings, house.inventory)
    assert len(open_findings(house.inventory)) == 1


# the report


def needs(house: Days) -> list[tuple[str, str]]:
    look(house.settings, house.inventory)
    return [(need.state, need.what) for need in told(house)]


def told(house: Days) -> list[Need]:
    return era_needs(house.inventory, lambda text: now.utc(), now.utc(), stamp(now.utc()))


def test_the_report_has_the_words_of_operations(house: Days) -> None:
    payer = replace(SOURCE, payer="humana")
    listed = {"amount": Decimal("12480.15"), "paid_on": date(2026, 11, 17), "trace": "123490071"}
    house.list_at_portal(LISTED.model_copy(update=listed), source=payer)
    house.go_to(date(2026, 11, 24))
    assert needs(house) == [("ERA LATE", "Humana, TIN ..4471, EFT 17 Nov, $12,480.15, trace ..90071")]
    [need] = told(house)
    assert "its 835 is not here; 5 banking days." in need.worker
    assert need.do.startswith("Ask the payer's EDI desk: trace, date, amount, TIN, NPI.")
    assert "pk incident snooze INC-0001 --until DATE" in need.do
    whole = " ".join(str(value) for value in need.model_dump().values())
    assert not [number for number in ("000004471", "123490071", "2000001018") if number in whole]


@pytest.mark.parametrize(
    ("column", "value", "count"),
    [
        ("snoozed_until", "2026-11-20T12:00:00.000+00:00", 0),
        ("snoozed_until", "2026-11-16T11:00:00.000+00:00", 1),
        ("taken_by", "Ann Example", 1),
    ],
)
def test_what_is_put_aside_comes_back_on_its_date(house: Days, column: str, value: str, count: int) -> None:
    house.list_at_portal(LISTED)
    house.go_to(LATE)
    looked(house)
    with house.inventory.write() as db:
        db.table("incidents").update(find_incident(house.inventory, "INC-1")["id"], {column: value})
    found = told(house)
    assert len(found) == count
    assert column != "taken_by" or found[0].taken_by == value


def test_many_of_one_payer_are_one_line(house: Days) -> None:
    house.list_at_portal(*(LISTED.model_copy(update={"trace": f"90000000{n}"}) for n in range(1, 8)))
    house.go_to(LATE)
    assert needs(house) == [("ERA LATE", "Aetna, TIN ..4471, 7 payments, $14,647.36, the oldest of 2026-11-02")]


def test_what_waits_for_a_person_says_so(house: Days) -> None:
    house.intake.take_in(ONE, SOURCE)
    house.intake.take_in(changed(r"CAS\*CO\*45", "CAS*CO*97"), SOURCE)
    house.intake.take_in(b"<html>", SOURCE)
    house.go_to(MONDAY + timedelta(days=3))
    assert sorted(state for state, _ in needs(house)) == ["ERA QUARANTINED", "ERA REVISED", "NOT WITH BILLING"]
    found = told(house)
    assert not [need for need in found if "900000001" in need.what + need.do + need.worker]
