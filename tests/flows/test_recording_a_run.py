"""A run is recorded, scrubbed and accepted by commands, and nothing of anybody is left in the folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from house import NPI, House

from bots.recording.accepting import Reading
from bots.recording.book import Recording, find_recording, new_recording, recorded_pairs, recordings
from flows.errors import InputError


async def test_a_run_is_recorded_and_accepted(house: House, tmp_path: Path) -> None:
    name, user = house.account("availity")
    member = house.world.members("availity", "active")[0]
    patient = member["patient"]
    line = {
        "member_id": member["member_id"],
        "patient_last_name": patient["last_name"],
        "patient_first_name": patient["first_name"],
        "patient_birth_date": patient["birth_date"],
    }
    pages = tmp_path / "pages"
    asked = ["--payer", "aetna" if member["payer_name"] == "Aetna" else member["payer_name"], "--provider", NPI]
    asked += ["--organization", "Example Valley Medical Group", "--into", str(pages)]
    ran = house.pk("record", name, "eligibility", *asked, given=json.dumps(line) + "\n")
    assert ran.returncode == 0, ran.stderr
    there = {each.name: each for each in recordings(pages)}
    assert {"home--signed-in", "result--active", "enter-code--passed", "sign-in--passed"} <= set(there), ran.stdout
    _nobody(pages, [*patient.values(), member["member_id"], user])
    assert _nobody(house.home, [patient["last_name"], member["member_id"]]) > 3
    done = house.pk("recordings", "accept", "--into", str(pages))
    assert done.returncode == 0, done.stderr
    reads = there["result--active"].said["reads"]
    assert (reads["coverage"], reads["match"]) == ("active", "exact")
    assert there["home--signed-in"].said["reads"] == {}
    assert {"code", "landmark", "go_on"} <= set(there["enter-code--passed"].said["reads"]["found"])
    assert {each.recorded[0] for each in there.values()} == {"sandbox"}
    assert recorded_pairs(pages) == {}
    there["result--active"].write(there["result--active"].said | {"reads": reads | {"coverage": "inactive"}})
    refused = house.pk("recordings", "accept", "availity/result--active", "--into", str(pages))
    assert refused.returncode == 2
    assert "coverage: inactive -> active" in refused.stdout
    assert there["result--active"].said["reads"]["coverage"] == "inactive"
    assert house.pk("recordings", "accept", "availity/result--active", "--force", "--into", str(pages)).returncode == 0
    assert there["result--active"].said["reads"] == reads
    trail = house.inventory.rows("SELECT account, details FROM audit WHERE action = 'record'")
    assert [row["account"] for row in trail] == [name]


async def test_remittances_and_a_new_password_are_recorded(house: House, tmp_path: Path) -> None:
    payee, user = house.account("tmhp")
    name, other = house.account("medi_cal")
    old, pages = house.vault.get(name).password.get_secret_value(), tmp_path / "pages"
    for flow in (["record", payee, "era_download", "--payer", "texas-medicaid"], ["record", name, "password_reset"]):
        ran = house.pk(*flow, "--into", str(pages))
        assert ran.returncode == 0, ran.stderr
    new = house.vault.get(name).password.get_secret_value()
    assert new != old
    there = {f"{each.portal}/{each.name}": each.said for each in recordings(pages)}
    assert {"tmhp/payment-search--passed", "medi_cal/change-form--passed", "medi_cal/change--changed"} <= set(there)
    listed = there["tmhp/payments--several"]
    assert (listed["flow"], listed["outcome"]) == ("era_download", "good")
    _nobody(pages, [user, other, old, new, "000004471"])
    wrong = house.pk("record", name, "password_recovery", "--into", str(pages))
    assert (wrong.returncode, "era_download, password_reset" in wrong.stderr) == (2, True)


def _nobody(folder: Path, values: list[str]) -> int:
    """How many files hold none of the values."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    wanted = [value.casefold().encode() for value in values if len(value) > 3]
    assert [(path, value) for path in files for value in wanted if value in path.read_bytes().lower()] == []
    return len(files)


def test_what_is_recorded_twice_gets_a_name_of_its_own(tmp_path: Path) -> None:
    names = [new_recording("uhc", "home", "signed-in", "<p>", {"flow": "login"}, tmp_path).name for _ in range(3)]
    assert names == ["home--signed-in", "home--signed-in-2", "home--signed-in-3"]


@pytest.mark.parametrize(
    ("said", "pairs"),
    [
        ({"recorded": "real 2026-11-28 2026.11.3", "outcome": "good", "reads": {}}, {("uhc", "login"): "2026-11-28"}),
        ({"recorded": "real 2026-11-28 2026.11.3", "outcome": "good"}, {}),
        ({"recorded": "real 2026-11-28 2026.11.3", "outcome": "refused", "reads": {}}, {}),
        ({"recorded": "sandbox 2026-11-28 2026.11.3", "outcome": "good", "reads": {}}, {}),
        ({"outcome": "good", "reads": {}}, {}),
    ],
)
def test_only_an_accepted_page_of_the_real_portal_counts(tmp_path: Path, said: dict, pairs: dict) -> None:
    new_recording("uhc", "home", "signed-in", "<p>", {"flow": "login", **said}, tmp_path)
    assert recorded_pairs(tmp_path) == pairs


def test_a_broken_recording_is_told_by_its_name(tmp_path: Path) -> None:
    recording = new_recording("uhc", "home", "x", "<p>", {"flow": "login"}, tmp_path)
    recording.path.write_text("{")
    with pytest.raises(InputError, match=r"home--x\.json can't be read"):
        recorded_pairs(tmp_path)
    with pytest.raises(InputError, match="there are: home--x"):
        find_recording("uhc/home--y", tmp_path)


def test_a_difference_is_shown_field_by_field(tmp_path: Path) -> None:
    before = {"coverage": "active", "benefits": [{"amount": "1.00"}], "plan_name": "X"}
    after = {"coverage": "active", "benefits": [{"amount": "2.00"}, {"amount": "3.00"}]}
    assert Reading(Recording(tmp_path), after, before).differences() == [
        "benefits 1.amount: 1.00 -> 2.00",
        "benefits 2.amount: (nothing) -> 3.00",
        "plan_name: X -> (nothing)",
    ]
