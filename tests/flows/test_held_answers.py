"""The plausibility tripwire as an operator meets it: on the sandbox, by the command line, through kills."""

from __future__ import annotations

import csv
import json
import subprocess
import time
from collections import Counter
from collections.abc import Iterable
from itertools import zip_longest
from pathlib import Path
from typing import Any

import claiming
import pytest
from asking import order
from house import NPI, ORGANIZATION, House
from test_claim_commands import batch as claims_batch
from test_claim_commands import cells
from test_commands import one_line

from bots import now
from bots.holds import count_answer

HELD = 18
ROWS = 4


@pytest.fixture
def office(house: House) -> House:
    """A house with small numbers."""
    house.env |= {"PORTALKEEPER_TRIPWIRE_ROWS": str(ROWS), "PORTALKEEPER_TRIPWIRE_HISTORY": str(ROWS)}
    return house


def members(house: House, payer: str, count: int) -> list[dict[str, Any]]:
    found = house.world.members("uhc" if payer == "87726" else "availity", "active")
    return [each for each in found if each["payer"] == payer and each["relationship"] == "self"][:count]


def batch(path: Path, asked: Iterable[dict[str, Any]]) -> Path:
    with path.open("w", newline="") as file:
        rows = [
            {
                "reference": f"R{number}",
                "payer": member["payer"],
                "organization": ORGANIZATION.name,
                "provider_npi": NPI,
                "service_date": str(now.utc().date()),
                **json.loads(one_line(member)),
            }
            for number, member in enumerate(asked)
        ]
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def rows_of(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.open()))


def lookups(house: House, portal: str, user: str) -> int:
    return int(house.world.account(portal, user)["lookups"])


def told(house: House, *arguments: str) -> Any:
    return json.loads(house.pk(*arguments, "--json").stdout)


class Scene:
    """A batch about patients of Aetna and Humana, by one account. Aetna has a history; then nobody is covered."""

    def __init__(self, office: House, folder: Path) -> None:
        self.office, self.out = office, folder / "out.csv"
        _, self.user = office.account()
        self.aetna, humana = members(office, "60054", 2 * ROWS), members(office, "61101", ROWS - 1)
        self.asked = [each for pair in zip_longest(self.aetna, humana) for each in pair if each]
        self.file = batch(folder / "in.csv", self.asked)
        with office.inventory.write() as db:
            for _ in range(ROWS):
                count_answer(db, "an-earlier-run", "aetna", "eligibility", "active")
        order(office, "availity", self.user, "nobody_covered", times=None)

    def ask(self, *more: str) -> subprocess.CompletedProcess[str]:
        return self.office.pk("eligibility", "--batch", str(self.file), "--out", str(self.out), *more)

    def held(self, *more: str) -> None:
        ended = self.ask(*more)
        assert ended.returncode == HELD, ended.stderr
        assert "AnswersHeld: aetna: 4 of 4 answers say inactive, usual are 0 in 100" in ended.stderr

    def outcomes(self, payer: str) -> Counter[tuple[str, str]]:
        """Outcome and coverage of the rows of a payer."""
        pairs = zip(self.asked, rows_of(self.out), strict=True)
        return Counter((row["outcome"], row["coverage"]) for member, row in pairs if member["payer"] == payer)


@pytest.fixture
def scene(office: House, tmp_path: Path) -> Scene:
    return Scene(office, tmp_path)


def test_an_odd_share_stops_one_payer_until_a_person_decides(scene: Scene, tmp_path: Path) -> None:
    office, (_, uhc_user) = scene.office, scene.office.account("uhc")
    scene.asked += members(office, "87726", 2)
    scene.file = batch(tmp_path / "in.csv", scene.asked)
    scene.held()
    for _ in range(2):
        assert scene.outcomes("60054") == {("held", ""): 2 * ROWS}
        assert scene.outcomes("61101") == {("answered", "inactive"): ROWS - 1}  # no history, no usual
        assert scene.outcomes("87726") == {("answered", "active"): 2}
        assert (lookups(office, "availity", scene.user), lookups(office, "uhc", uhc_user)) == (2 * ROWS - 1, 2)
        rows = [row for row in rows_of(scene.out) if row["outcome"] == "held"]
        assert {row["reason_not_answered"].partition(":")[0] for row in rows} == {"AnswersHeld"}
        assert not any(row["returned_member_id"] or row["plan_name"] for row in rows)
        office.world.clear_faults()
        scene.held()  # a second start asks no further and hands nothing out
    refused = office.pk("incident", "close", "INC-0001", "--because", "seems fine")
    assert (refused.returncode, "pk held release|discard INC-0001" in refused.stderr) == (2, True)
    assert "HELD          aetna: 4 of 4" in scene.ask("--preview").stdout


def test_a_person_is_told_and_no_patient_is_named(scene: Scene) -> None:
    office = scene.office
    scene.held()
    assert sum(bool(row["asked_at"]) for row in rows_of(scene.out) if row["outcome"] == "held") == ROWS
    [hold] = told(office, "held", "list")
    assert (hold["payer"], hold["flow"], hold["answers"]) == ("aetna", "eligibility", ROWS)
    listed, report = office.pk("incident", "list").stdout, " ".join(office.pk("report").stdout.split())
    assert "aetna eligibility" in listed
    assert "Aetna, eligibility ANSWERS HELD" in report
    assert "pk held release INC-0001 --because" in report
    office.inventory.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    needles = {text for each in scene.aetna for text in (each["member_id"], each["patient"]["last_name"])}
    files = [file for file in office.home.rglob("*") if file.is_file() and "answers" not in file.parts]
    texts = [listed, report, *(file.read_bytes().decode("latin-1") for file in files)]
    assert [needle for needle in needles for text in texts if needle.casefold() in text.casefold()] == []
    asked = ["eligibility", "--payer", "aetna", "--provider", NPI, "--organization", ORGANIZATION.name, "--json"]
    answer = json.loads(office.pk(*asked, given=one_line(scene.aetna[-1])).stdout)
    assert answer["coverage"] == "inactive"  # a person may ask, and it counts
    counted = office.inventory.rows("SELECT answers FROM outcomes WHERE word = 'inactive' AND payer = 'aetna'")
    assert sorted(row["answers"] for row in counted) == [1, ROWS]


def test_released_answers_count_and_the_batch_goes_on(scene: Scene) -> None:
    office = scene.office
    scene.held()
    released = office.pk("held", "release", "INC-0001", "--because", "a list of lapsed patients")
    assert released.returncode == 0, released.stderr
    assert told(office, "held", "list") == []
    ended = scene.ask()
    assert ended.returncode == 0, ended.stderr
    assert scene.outcomes("60054") == {("answered", "inactive"): 2 * ROWS}  # vouched for: not odd again today
    assert lookups(office, "availity", scene.user) == len(scene.asked)
    again = office.pk("held", "discard", "INC-0001", "--because", "x")
    assert (again.returncode, "closed already" in again.stderr) == (2, True)
    trail = [entry["because"] for entry in told(office, "audit", "list") if entry["action"] == "close hold"]
    assert trail == ["answers released: a list of lapsed patients"]


def test_discarded_answers_are_asked_again_and_never_become_usual(scene: Scene) -> None:
    office = scene.office
    for number in (1, 2):
        scene.held()
        decided = office.pk("held", "discard", f"INC-000{number}", "--because", "the page has lost its data")
        assert decided.returncode == 0, decided.stderr
    office.world.clear_faults()
    ended = scene.ask()
    assert ended.returncode == 0, ended.stderr
    assert scene.outcomes("60054") == {("answered", "active"): 2 * ROWS}
    assert lookups(office, "availity", scene.user) == len(scene.asked) + 2 * ROWS


@pytest.mark.slow
def test_a_kill_in_the_middle_of_a_hold_lets_nothing_pass(scene: Scene) -> None:
    office = scene.office
    process = office.start("eligibility", "--batch", str(scene.file), "--out", str(scene.out))
    while process.poll() is None and not office.inventory.rows("SELECT 1 FROM holds"):
        time.sleep(0.002)  # polls for the moment of the attack
    process.kill()
    process.communicate(timeout=60)
    office.world.clear_faults()
    seen = lookups(office, "availity", scene.user)
    scene.held()
    assert scene.outcomes("60054") == {("held", ""): 2 * ROWS}
    assert len(office.inventory.rows("SELECT 1 FROM incidents WHERE kind = 'hold'")) == 1
    assert lookups(office, "availity", scene.user) <= seen + ROWS  # Humana's, and what was in flight


def test_one_page_for_two_patients_needs_no_history(office: House, tmp_path: Path) -> None:
    _, user = office.account()
    asked = members(office, "60054", 3)
    order(office, "availity", user, "half_stale", times=None)
    file, out = batch(tmp_path / "in.csv", asked), tmp_path / "out.csv"
    ended = office.pk("eligibility", "--batch", str(file), "--out", str(out))
    assert ended.returncode == HELD, ended.stderr
    assert "one and the same page for different patients" in ended.stderr
    assert [row["outcome"] for row in rows_of(out)] == ["held"] * 3
    assert lookups(office, "availity", user) == 2


def test_claims_of_one_patient_shown_for_another_are_held(office: House, tmp_path: Path) -> None:
    _, user = office.account("uhc")
    own = [each for each in office.world.claims("uhc") if each["patient"]]
    first = own[0]
    second = next(each for each in own if each["patient"]["birth_date"] != first["patient"]["birth_date"])
    days = claiming.span([first, second])
    file, out = claims_batch(tmp_path / "in.csv", [cells(each, **days) for each in (first, second)]), tmp_path / "o.csv"
    order(office, "uhc", user, "half_stale", times=None)
    ended = office.pk("claim-status", "--batch", str(file), "--out", str(out))
    assert ended.returncode == HELD, ended.stderr
    assert {row["outcome"] for row in rows_of(out)} == {"held"}
    assert "claims" not in {*rows_of(out)[0]}
    [hold] = told(office, "held", "list")
    assert (hold["payer"], hold["flow"]) == ("united-healthcare", "claim_status")


def test_claims_that_are_suddenly_unknown_are_held(office: House, tmp_path: Path) -> None:
    _, user = office.account("uhc")
    patients = {each["member_id"] + each["patient"]["first_name"]: each for each in office.world.claims("uhc")}
    asked = [cells(each) for each in [*patients.values()][: ROWS + 1]]
    file, out = claims_batch(tmp_path / "in.csv", asked), tmp_path / "out.csv"
    assert office.pk("claim-status", "--batch", str(file), "--out", str(out)).returncode == 0
    order(office, "uhc", user, "nobody_known", times=None)
    ended = office.pk("claim-status", "--batch", str(file), "--out", str(out), "--fresh")
    assert ended.returncode == HELD, ended.stderr
    assert {row["outcome"] for row in rows_of(out)} == {"held"}
    assert lookups(office, "uhc", user) == ROWS + 1 + ROWS
