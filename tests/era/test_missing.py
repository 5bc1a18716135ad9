"""What did not come is missed: by the portal's list, by rhythm, by the bank; and what billing does not have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from catalogue import CATALOGUE, ONE, changed
from era_house import LISTED, MONDAY, SOURCE, Days
from making import Pay, amount, remittance

from bots.era.bank import read_deposits, record_deposits
from bots.era.banking_days import after, business_days
from flows.errors import InputError


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Days]:
    house = Days(tmp_path / "home", monkeypatch)
    yield house
    house.inventory.close()


def test_banking_days_know_weekends_and_the_holidays_of_the_federal_reserve() -> None:
    assert business_days(date(2026, 11, 6), date(2026, 11, 9)) == 1
    assert business_days(date(2026, 11, 10), date(2026, 11, 12)) == 1  # Veterans Day
    assert business_days(date(2026, 11, 25), date(2026, 11, 30)) == 2  # Thanksgiving; the Friday after is one
    assert business_days(date(2026, 7, 2), date(2026, 7, 3)) == 1  # the Fourth on a Saturday is not kept on Friday
    assert business_days(date(2027, 7, 2), date(2027, 7, 6)) == 1  # on a Sunday it is kept on Monday
    assert business_days(date(2026, 11, 9), date(2026, 11, 6)) == -1
    assert after(date(2026, 11, 25), 1) == date(2026, 11, 27)


def test_a_listed_payment_waits_four_banking_days_and_is_late_then(house: Days) -> None:
    house.list_at_portal(LISTED, LISTED)
    house.go_to(date(2026, 11, 6))
    assert house.kinds() == [("not received", False)]
    house.go_to(date(2026, 11, 9))
    (late,) = house.missing()
    assert (late.late, late.days, late.trace, late.amount, late.payee) == (
        True,
        5,
        "900000001",
        "2092.48",
        "2000001018",
    )
    house.intake.take_in(ONE, SOURCE)
    house.pick_up()
    assert house.missing() == []


def test_another_payment_does_not_stand_for_the_listed_one(house: Days) -> None:
    zeros = LISTED.model_copy(update={"trace": "0000000", "amount": Decimal("0.00")})
    house.list_at_portal(LISTED, zeros)
    for pay in (Pay(trace="900000002"), Pay(trace="0000000")):
        house.intake.take_in(remittance(pay), SOURCE)
    house.pick_up()
    assert [one.trace for one in house.missing()] == ["0000000", "900000001"]


@pytest.mark.parametrize(
    ("line", "kinds"),
    [
        ("aetna,,clearinghouse,", []),
        ("aetna,,paper,", []),
        ("aetna,2000001018,not enrolled,", []),
        ("60054,,clearinghouse,", []),
        ("aetna,,both,", [("not received", True)]),
        ("humana,,portal,", [("not received", True)]),
    ],
)
def test_only_what_comes_by_the_portal_is_missed(house: Days, line: str, kinds: list[tuple[str, bool]]) -> None:
    house.routes(line)
    house.list_at_portal(LISTED)
    house.go_to(date(2026, 11, 16))
    assert house.kinds() == kinds


def test_what_came_by_the_clearinghouse_is_not_missing(house: Days) -> None:
    house.list_at_portal(LISTED)
    house.intake.saw(ONE)
    house.go_to(date(2026, 11, 16))
    assert house.missing() == []


def test_a_quarantined_one_is_told_until_its_sound_copy_comes(house: Days) -> None:
    listed = replace(SOURCE, listed_trace="900000001")
    house.intake.take_in(CATALOGUE["a sign-in page"][0], listed)
    house.intake.take_in(CATALOGUE["cut in a claim"][0], listed)
    assert house.kinds() == [("quarantined", True)] * 2
    house.intake.take_in(ONE, listed)
    house.pick_up()
    assert house.missing() == []


@pytest.mark.parametrize("verb", ["release", "dismiss"])
def test_a_held_one_is_told_until_a_person_settles_it(house: Days, verb: str) -> None:
    house.intake.take_in(ONE, SOURCE)
    (taken,) = house.intake.take_in(changed(r"CAS\*CO\*45", "CAS*CO*97"), SOURCE)
    house.pick_up()
    assert house.kinds() == [("held", True)]
    getattr(house.intake, verb)(taken.id, by="Ann Example", because="compared")
    assert len(house.dropped()) == (verb == "release")
    house.pick_up()
    assert house.missing() == []
    (entry,) = house.inventory.rows("SELECT who, action, because FROM audit")
    assert entry == {"who": "Ann Example", "action": f"era {verb}", "because": "compared"}


def test_a_dismissed_one_does_not_come_back_with_another_envelope(house: Days) -> None:
    house.intake.take_in(ONE, SOURCE)
    revised = changed(r"CAS\*CO\*45", "CAS*CO*97")
    house.intake.dismiss(house.intake.take_in(revised, SOURCE)[0].id, by="Ann Example", because="x")
    assert house.intake.take_in(revised + b"\n", SOURCE)[0].state == "skipped"


def test_what_nobody_picks_up_is_told_after_two_banking_days(house: Days) -> None:
    house.intake.take_in(ONE, SOURCE)
    house.go_to(MONDAY + timedelta(days=2))
    assert house.missing() == []
    house.go_to(MONDAY + timedelta(days=3))
    assert house.kinds() == [("not picked up", True)]
    house.dropped()[0].unlink()
    assert house.missing() == []  # noticed without a run of the service


def test_what_the_folder_does_not_take_is_told(house: Days) -> None:
    house.folder.parent.mkdir(parents=True)
    house.folder.write_text("in the way")
    house.intake.take_in(ONE, SOURCE)
    assert house.kinds() == [("not dropped", True)]


# rhythm


def pays(days: list[date]) -> list[Pay]:
    return [Pay(trace=str(7_000_000 + number), seed=number, paid_on=day) for number, day in enumerate(days)]


@pytest.mark.parametrize(
    ("days", "quiet_until", "late_on"),
    [
        # weekly, on Tuesdays, one of them after a holiday
        ([date(2026, 9, 15) + timedelta(weeks=n) for n in range(6)], date(2026, 11, 2), date(2026, 11, 3)),
        # every banking day
        ([date(2026, 10, 19) + timedelta(days=n) for n in range(5)], date(2026, 10, 28), date(2026, 10, 29)),
    ],
    ids=["weekly", "daily"],
)
def test_a_payer_that_stops_its_rhythm_is_missed(
    house: Days, days: list[date], quiet_until: date, late_on: date
) -> None:
    for pay in pays(days):
        house.go_to(pay.paid_on)
        house.intake.take_in(remittance(pay), SOURCE)
        house.pick_up()
    house.go_to(quiet_until)
    assert house.missing() == []
    house.go_to(late_on)
    assert house.kinds() == [("rhythm", True)]


def test_a_payer_that_went_to_the_clearinghouse_has_not_stopped(house: Days) -> None:
    for pay in pays([date(2026, 9, 15) + timedelta(weeks=n) for n in range(6)]):
        house.intake.take_in(remittance(pay), SOURCE)
    house.pick_up()
    house.go_to(date(2026, 12, 1))
    assert house.kinds() == [("rhythm", True)]
    house.routes("aetna,000004471,clearinghouse,")
    assert house.kinds() == []


def test_three_payments_make_no_rhythm(house: Days) -> None:
    for pay in pays([date(2026, 9, 15) + timedelta(weeks=n) for n in range(3)]):
        house.intake.take_in(remittance(pay), SOURCE)
    house.pick_up()
    house.go_to(date(2026, 12, 31))
    assert house.missing() == []


# the bank

BANK = """Posting Date,Description,Credit Amount
11/03/2026,"HCCLAIMPMT TRN*1*900000001*1999999901\\",{amount}
11/03/2026,CHECK DEPOSIT,12.00
11/04/2026,TRN*1*900000555*1999999901~,"$1,000.10"
"""


def bank(house: Days, text: str) -> int:
    path = house.home / "bank.csv"
    path.write_text(text)
    deposits, without = read_deposits(path)
    assert without == 1 or "CHECK" not in text
    return record_deposits(house.inventory, deposits)


def test_deposits_are_matched_by_trace_and_amount(house: Days) -> None:
    house.intake.take_in(ONE, SOURCE)
    house.pick_up()
    assert bank(house, BANK.format(amount=amount(Pay()))) == 2
    assert bank(house, BANK.format(amount=amount(Pay()))) == 0
    assert house.kinds() == [("deposit without 835", False)]
    house.go_to(date(2026, 11, 10))
    assert house.kinds() == [("deposit without 835", False)]
    house.go_to(date(2026, 11, 12))  # the 11th is Veterans Day
    (late,) = house.missing()
    assert (late.late, late.days, late.amount, late.trace) == (True, 5, "1000.10", "900000555")
    house.intake.recover()
    (row,) = house.manifest()
    assert (row["eft_matched_on"], row["days_between"]) == ("2026-11-03", "-1")


@pytest.mark.parametrize(
    ("lines", "missed"),
    [
        (["1999999901,,clearinghouse,"], False),
        (["aetna,,clearinghouse,"], False),  # known by an 835 of the same company
        (["60054,,paper,", ",,portal,"], False),
        (["aetna,000004471,portal,", "aetna,,clearinghouse,"], True),  # for which payee it is no bank tells
        (["humana,,clearinghouse,"], True),
        ([",,clearinghouse,"], False),
    ],
)
def test_a_deposit_whose_835_comes_another_way_is_not_missed(house: Days, lines: list[str], missed: bool) -> None:
    house.intake.take_in(ONE, SOURCE)
    house.pick_up()
    house.routes(*lines)
    bank(house, "date,trace,amount,company id\n2026-11-03,900000555,12.00,1999999901\n")
    house.go_to(date(2026, 11, 16))
    assert house.kinds() == [("deposit without 835", True)] * missed


def test_a_deposit_of_another_amount_is_told(house: Days) -> None:
    house.intake.take_in(ONE, SOURCE)
    house.pick_up()
    bank(house, "date,trace,amount\n2026-11-03,900000001,2092.47\n")
    (found,) = house.missing()
    assert (found.kind, found.words) == ("deposit differs", "the bank has 2092.47, the 835 says 2092.48")


def test_an_835_whose_deposit_does_not_come_is_told(house: Days) -> None:
    house.intake.take_in(ONE, SOURCE)
    house.intake.take_in(remittance(Pay(trace="5", seed=5, method="CHK")), SOURCE)
    house.intake.take_in(remittance(Pay(trace="8", seed=8)), SOURCE)
    house.pick_up()
    late = "date,trace,amount\n2026-11-02,8," + str(amount(Pay(trace="8", seed=8))) + "\n2026-11-10,900000777,1.00\n"
    bank(house, late)
    assert [(one.kind, one.trace) for one in house.missing() if one.late] == [("835 without deposit", "900000001")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("day,sum\n1,2\n", "line 1: expected the columns date, amount, and trace or addenda"),
        ("date,trace,amount\n2026-11-03,1,much\n", "line 2: the amount can't be read"),
        ("date,trace,amount\n3 Nov,1,2.00\n", "line 2: the date can't be read"),
        ("", "the file is empty"),
    ],
)
def test_another_bank_file_is_one_line(house: Days, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        bank(house, text)
