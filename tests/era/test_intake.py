"""What is taken in is kept, judged, told apart and passed on once; the drop folder, its manifest, its pick-ups."""

from __future__ import annotations

import os
import stat
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from catalogue import CATALOGUE, ONE, THREE, changed, in_zip
from era_house import SOURCE, House
from making import Pay, Remittance, amount, remittance, transaction

from bots.era import drop
from bots.era.gate import judge
from bots.era.subset import subset
from flows.errors import InputError

OTHER_TIN = "000008812"


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "home")


def needles(pay: Pay) -> list[str]:
    """What tells of a patient in that payment."""
    segments = [segment.split("*") for segment in transaction(pay)]
    return [part for one in segments if one[0] == "NM1" and one[1] == "QC" for part in (one[3], one[9])]


def test_a_good_file_is_dropped_as_it_came_with_its_row(house: House) -> None:
    (taken,) = house.intake.take_in(ONE, SOURCE)
    (path,) = house.dropped()
    assert path.read_bytes() == ONE
    assert (taken.state, taken.verdict, taken.file, taken.amount) == ("passed", "good", path.name, amount(Pay()))
    assert path.name.startswith("2026-11-02_aetna_900000001_")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    (row,) = house.manifest()
    told = {name: row[name] for name in ("file", "portal", "era_route", "payer", "trace_number", "amount", "verdict")}
    assert told == {
        "file": path.name,
        "portal": "availity",
        "era_route": "portal",
        "payer": "aetna",
        "trace_number": "900000001",
        "amount": "2092.48",
        "verdict": "good",
    }


def test_the_archive_has_the_bytes_as_they_came_and_only_sealed(house: House) -> None:
    for name in ("good", "wrapped at 80", "a zip file", "a sign-in page", "cut before SE"):
        data = CATALOGUE[name][0]
        (taken, *_) = house.intake.take_in(data, SOURCE)
        sha256 = house.inventory.rows("SELECT sha256 FROM era_payments WHERE id = ?", (taken.id,))[0]["sha256"]
        members = house.intake.members(sha256)
        assert data == members[0].data or len(members) > 1
    sealed = list((house.home / "era" / "archive").rglob("*.age"))
    assert len(sealed) == 5
    assert all(path.read_bytes().startswith(b"age-encryption.org") for path in sealed)
    assert not list((house.home / "era" / "archive" / "arriving").iterdir())


def test_the_archive_opens_without_this_program(house: House) -> None:
    import pyrage

    house.intake.take_in(ONE, SOURCE)
    (sealed,) = (house.home / "era" / "archive").rglob("*.age")
    identity = pyrage.x25519.Identity.from_str(house.settings.key_file.read_text().split()[-1])
    opened = pyrage.decrypt(sealed.read_bytes(), [identity])
    tail = subprocess.run(["tail", "-n", "+2"], input=opened, capture_output=True, check=True).stdout
    assert tail == ONE


def test_nothing_of_a_patient_is_in_inventory_or_manifest(house: House) -> None:
    for data, _ in CATALOGUE.values():
        if len(data) < 100_000:
            house.intake.take_in(data, SOURCE)
    dump = "\n".join(house.inventory._db.conn.iterdump())
    dump += "".join(path.read_text() for path in house.folder.glob("*.csv"))
    dump += "".join(path.name for path in house.dropped())
    assert not [needle for needle in [*needles(Pay()), "PCN0001", "MEM", "ICN"] if needle in dump]


def test_money_in_the_inventory_is_text_with_two_decimals(house: House) -> None:
    house.intake.take_in(remittance(replace(Pay(), claims=0, adjusted=Decimal("-5.1"))), SOURCE)
    types = "SELECT typeof(amount) AS kind, amount FROM era_payments"
    assert house.inventory.rows(types) == [{"kind": "text", "amount": "5.10"}]


def test_the_same_file_again_changes_nothing(house: House) -> None:
    first = house.intake.take_in(ONE, SOURCE)
    house.dropped()[0].unlink()
    assert house.intake.take_in(ONE, replace(SOURCE, run_id="run-2")) == first
    assert house.dropped() == []


@pytest.mark.parametrize("name", ["segments on lines", "other separators", "short ISA", "no last terminator"])
def test_the_same_payment_in_another_envelope_is_skipped(house: House, name: str) -> None:
    house.intake.take_in(ONE, SOURCE)
    (taken,) = house.intake.take_in(CATALOGUE[name][0], SOURCE)
    assert (taken.state, taken.copy) == ("skipped", "same")
    assert len(house.dropped()) == 1
    assert [row["same_or_revised"] for row in house.manifest()] == ["", "same"]


def test_a_revised_one_is_kept_and_held_until_a_person_releases_it(house: House) -> None:
    house.intake.take_in(ONE, SOURCE)
    (taken,) = house.intake.take_in(changed(r"CAS\*CO\*45", "CAS*CO*97"), SOURCE)
    assert (taken.state, taken.copy, taken.verdict, taken.reasons) == ("held", "revised", "flagged", ("revised",))
    assert len(house.dropped()) == 1
    house.intake.release(taken.id, by="Ann Example", because="the payer confirmed it")
    assert len(house.dropped()) == 2
    with pytest.raises(InputError, match="is not held"):
        house.intake.release(taken.id, by="Ann Example", because="again")


def test_a_trace_number_used_again_is_flagged_and_passed(house: House) -> None:
    house.intake.take_in(ONE, SOURCE)
    (taken,) = house.intake.take_in(remittance(replace(Pay(), claims=4)), SOURCE)
    assert (taken.state, taken.copy, taken.reasons) == ("passed", "trace_reused", ("trace_reused",))
    zeros = [replace(Pay(), trace="0000000", claims=n) for n in (5, 6)]
    assert [house.intake.take_in(remittance(pay), SOURCE)[0].reasons for pay in zeros] == [(), ()]


def test_the_sound_copy_of_a_test_goes_to_billing(house: House) -> None:
    tests = [house.intake.take_in(remittance(usage="T", control=n), SOURCE)[0] for n in (1, 2)]
    assert [(taken.state, taken.copy) for taken in tests] == [("held", ""), ("skipped", "same")]
    assert house.intake.take_in(ONE, SOURCE)[0].state == "passed"
    assert [path.read_bytes() for path in house.dropped()] == [ONE]


def test_a_truncated_file_is_kept_and_the_whole_one_passed(house: House) -> None:
    (cut,) = house.intake.take_in(CATALOGUE["cut in a claim"][0], SOURCE)
    assert (cut.state, cut.again) == ("quarantined", True)
    assert house.dropped() == []
    (whole,) = house.intake.take_in(ONE, SOURCE)
    assert (whole.state, whole.copy) == ("passed", "")


def test_the_good_ones_beside_a_bad_one_are_dropped_in_their_envelope(house: House) -> None:
    taken = house.intake.take_in(CATALOGUE["one bad among good"][0], SOURCE)
    assert [one.state for one in taken] == ["passed", "quarantined", "passed"]
    (path,) = house.dropped()
    judged = list(judge(path.read_bytes()))
    assert [(str(one.verdict), one.payment and one.payment.trace) for one in judged] == [
        ("good", "900000001"),
        ("good", "900000003"),
    ]


def test_what_was_dropped_before_is_cut_out_of_a_larger_file(house: House) -> None:
    house.intake.take_in(ONE, SOURCE)
    assert [one.state for one in house.intake.take_in(THREE, SOURCE)] == ["skipped", "passed", "passed"]
    assert sorted(len(list(judge(path.read_bytes()))) for path in house.dropped()) == [1, 2]


def test_a_payment_twice_in_a_file_is_dropped_once(house: House) -> None:
    assert [one.state for one in house.intake.take_in(ONE + ONE, SOURCE)] == ["passed", "skipped"]
    (path,) = house.dropped()
    assert path.read_bytes() == ONE


@pytest.mark.parametrize("name", ["good", "wrapped at 80", "lines of Windows", "other separators", "two interchanges"])
def test_a_subset_of_everything_is_everything(name: str) -> None:
    data = CATALOGUE[name][0]
    places = {(one.interchange, one.group, one.transaction) for one in judge(data)}
    again = list(judge(subset(data, places)))
    assert [one.payment for one in again] == [one.payment for one in judge(data)]
    assert all(one.verdict == "good" for one in again)


def test_each_payee_has_its_folder_and_its_names(house: House, tmp_path: Path) -> None:
    elsewhere = tmp_path / "west"
    group = os.getgid()
    import grp

    house.config(
        f'[drop.{OTHER_TIN}]\nfolder = "{elsewhere}"\ngroup = "{grp.getgrgid(group).gr_name}"\nmode = "0660"\n'
        'name = "west-{trace}-{hash}.era"\n'
    )
    pays = Pay(), replace(Pay().next(), tin=OTHER_TIN), Pay().next().next()
    house.intake.take_in(remittance(*pays), SOURCE)
    assert [len(list(judge(path.read_bytes()))) for path in house.dropped()] == [2]
    (west,) = elsewhere.glob("*.era")
    assert west.name.startswith("west-900000002-")
    assert stat.S_IMODE(west.stat().st_mode) == 0o660
    assert [row["file"] == west.name for row in house.manifest()] == [False, True, False]


def test_the_name_is_never_that_of_the_portal_and_leads_nowhere(house: House) -> None:
    pay = replace(Pay(), trace="../../etc/x", payer_id="a/b")
    house.intake.take_in(in_zip(("secret-name.835", remittance(pay))), replace(SOURCE, payer=""))
    (path,) = house.dropped()
    assert "secret" not in path.name
    assert path.name.startswith("2026-11-02_a-b_etc-x_")


# routes


def test_only_what_comes_by_the_portal_is_dropped(house: House) -> None:
    house.routes("aetna,,clearinghouse,", f"aetna,{OTHER_TIN},portal,2026-03-02", "60054,2000001018,both,")
    house.intake.told(by="Ann Example")
    states = {
        "000004471": house.intake.take_in(remittance(replace(Pay(), npi="2000009995")), SOURCE)[0].state,
        OTHER_TIN: house.intake.take_in(remittance(replace(Pay(trace="2"), tin=OTHER_TIN)), SOURCE)[0].state,
        "by npi": house.intake.take_in(remittance(Pay(trace="3", payee="X", tin="000000001")), SOURCE)[0].state,
    }
    assert states == {"000004471": "other route", OTHER_TIN: "passed", "by npi": "passed"}


def test_what_has_no_line_is_held_once_there_are_lines(house: House) -> None:
    house.routes("humana,,portal,")
    (taken,) = house.intake.take_in(ONE, SOURCE)
    assert (taken.state, taken.reasons) == ("held", ("no_route",))
    house.routes("humana,,portal,", "aetna,,portal,")
    house.intake.release(taken.id, by="Ann Example", because="the line was added")
    assert len(house.dropped()) == 1


@pytest.mark.parametrize("first", ["portal", "elsewhere"])
def test_the_same_835_by_two_routes_reaches_the_folder_once(house: House, first: str) -> None:
    """What comes by the portal first waits until somebody has told what the clearinghouse brought."""
    house.routes("aetna,,both,")
    repackaged = remittance(Pay(), control=77, element="|", line_break="\n")
    if first == "elsewhere":
        house.intake.saw(repackaged)
        house.intake.told(by="Ann Example")
        assert house.intake.take_in(ONE, SOURCE)[0].copy == "same"
    else:
        assert house.intake.take_in(ONE, SOURCE)[0].reasons == ("not_told",)
        house.intake.saw(repackaged)
        house.intake.told(by="Ann Example")
        assert house.states() == ["skipped", "seen"]
    assert [one.copy for one in house.intake.saw(ONE)] == ["same"]
    assert house.dropped() == []


def test_what_waited_for_the_other_route_and_did_not_come_by_it_goes_to_billing(house: House) -> None:
    """Once, with nothing left of the waiting; a test file and another version of what was seen are held on."""
    house.routes("aetna,,both,")
    other, test = remittance(Pay(trace="2", seed=2)), remittance(Pay(trace="3", seed=3), usage="T")
    for data in (ONE, other, test):
        assert house.intake.take_in(data, SOURCE)[0].state == "held"
    assert house.dropped() == []
    house.intake.saw(remittance(Pay(trace="2", seed=2, payee="ANOTHER NAME")))
    for _ in range(2):
        house.intake.told(by="Ann Example")
        assert [path.read_bytes() for path in house.dropped()] == [ONE]
    rows = house.inventory.rows("SELECT state, verdict, reasons FROM era_payments WHERE state <> 'seen' ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [
        ("passed", "good", ""),
        ("held", "flagged", "revised"),
        ("held", "flagged", "test_file"),
    ]
    assert house.intake.take_in(remittance(Pay(trace="4", seed=4)), SOURCE)[0].state == "passed"


def test_a_portals_file_is_kept_though_its_bytes_were_seen_before(house: House) -> None:
    house.intake.saw(ONE)
    assert house.intake.take_in(ONE, SOURCE)[0].state == "skipped"
    assert len(list((house.home / "era" / "archive").rglob("*.age"))) == 1
    assert house.dropped() == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "aetna,,mail,",
            "line 2: 'mail' is no route; expected one of portal, clearinghouse, both, paper, not enrolled",
        ),
        ("aetna,,portal", "line 2: 3 fields"),
        ("aetna,,portal,\naetna,,both,", "line 3: payer and payee are listed twice"),
    ],
)
def test_what_is_wrong_in_the_routes_is_named(house: House, line: str, words: str) -> None:
    house.routes(line)
    with pytest.raises(InputError, match=words):
        _ = house.intake


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[drop]\nfolders = 'x'\n", "drop.folders is not known"),
        ("[drop]\nmode = '0644'\n", "nobody but owner and group"),
        ("[drop]\nname = '{trace}.835'\n", "with {hash} among them"),
        ("[drop]\nname = '../{hash}'\n", "expected a file name"),
        ("[drop.123]\nfolder = 'x'\n", "drop.123: expected a TIN of nine digits"),
        ("[missing]\nlate_after = 0\n", "missing.late_after: expected a number of days"),
        ("[drop\n", "not valid TOML at line 1"),
    ],
)
def test_what_is_wrong_in_the_settings_is_named(house: House, text: str, words: str) -> None:
    house.config(text)
    with pytest.raises(InputError, match=words):
        _ = house.intake


# what the portal's list told


def test_a_file_that_is_not_what_the_list_told_is_flagged(house: House) -> None:
    listed = replace(SOURCE, listed_trace="900000001", listed_amount=Decimal("2092.480"))
    assert house.intake.take_in(ONE, listed)[0].reasons == ()
    (taken,) = house.intake.take_in(remittance(Pay().next()), listed)
    assert (taken.state, taken.reasons) == ("passed", ("not_as_listed",))
    assert [one.reasons for one in house.intake.take_in(THREE, listed)][2] == ()


# the drop folder and who takes from it


def test_what_is_picked_up_is_seen_by_its_marker_or_its_absence(house: House) -> None:
    for number in range(3):
        house.intake.take_in(remittance(Pay(trace=str(number + 1), seed=number)), SOURCE)
    gone, done, _ = house.dropped()
    gone.unlink()
    Path(f"{done}.done").touch()
    house.intake.recover()
    assert [bool(row["picked_up_at"]) for row in house.manifest()] == [True, True, False]


def test_a_folder_that_is_not_mounted_has_not_been_emptied_by_billing(house: House) -> None:
    house.intake.take_in(ONE, SOURCE)
    house.folder.rename(house.home / "away")
    house.folder.mkdir()
    house.intake.recover()
    assert house.inventory.row("SELECT picked_up_at FROM era_drops")["picked_up_at"] is None  # type: ignore[index]


def test_what_the_folder_does_not_take_waits_and_is_dropped_later(house: House) -> None:
    house.folder.parent.mkdir(parents=True)
    house.folder.write_text("in the way")
    (taken,) = house.intake.take_in(ONE, SOURCE)
    assert taken.state == "passed"
    house.folder.unlink()
    house.intake.recover()
    assert [path.read_bytes() for path in house.dropped()] == [ONE]


def test_bytes_that_could_not_be_kept_are_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="the disk is full"):
        house.intake.take_in(ONE, SOURCE)
    monkeypatch.undo()
    assert house.intake.take_in(ONE, SOURCE)[0].state == "passed"


def test_a_group_that_is_not_there_is_no_reason_to_lose_anything(house: House) -> None:
    house.config('[drop]\ngroup = "no-such-group-here"\n')
    house.intake.take_in(ONE, SOURCE)
    assert house.dropped() == []
    house.config("")
    with house.inventory.write() as db:
        db.execute("UPDATE era_drops SET owner_group = ''")
    house.intake.recover()
    assert len(house.dropped()) == 1


def test_the_marker_of_the_folder_says_whose_it_is(house: House) -> None:
    house.intake.take_in(ONE, SOURCE)
    assert b"eras.md" in (house.folder / drop.MARKER).read_bytes()


def test_a_file_of_december_is_in_its_own_manifest(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in (datetime(2026, 11, 30, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)):
        monkeypatch.setattr("bots.now.utc", lambda day=day: day + timedelta(hours=3))
        house.intake.take_in(remittance(Pay(trace=str(day.month), seed=day.month)), SOURCE)
    assert [path.name for path in sorted(house.folder.glob("*.csv"))] == [
        "manifest-2026-11.csv",
        "manifest-2026-12.csv",
    ]
    assert Remittance().bytes == ONE
