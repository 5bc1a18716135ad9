"""`claim-status` as a person uses it, on the sandbox."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import time
from pathlib import Path
from typing import Any

import claiming
import pytest
from asking import order
from house import NPI, ORGANIZATION, House

from bots.worklist import CLAIM_STATUS, template


def cells(claim: dict[str, Any], **changes: str) -> dict[str, str]:
    """The columns of a question about one synthetic claim."""
    patient, expected = claim["patient"], claim["expects"]
    return {
        "payer": claim["payer"],
        "billing_npi": claim["npi"],
        "member_id": claim["member_id"],
        "patient_last_name": patient["last_name"],
        "patient_first_name": patient["first_name"],
        "patient_birth_date": patient["birth_date"],
        "service_from": expected["service_from"],
        "service_to": expected["service_to"],
        **changes,
    }


def batch(path: Path, rows: list[dict[str, str]]) -> Path:
    names = dict.fromkeys(name for row in rows for name in row)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["reference", "organization", *names])
        writer.writeheader()
        writer.writerows(
            {"reference": f"R{number}", "organization": ORGANIZATION.tin, **row} for number, row in enumerate(rows)
        )
    return path


def found_outside_the_answers(house: House, claims: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Where member data or claim numbers stand in the data folder, the answers apart."""
    house.inventory.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    needles = {
        text
        for claim in claims
        for text in (claim["member_id"], claim["patient"]["last_name"], claim["expects"]["payer_claim_number"],
                     claim["expects"]["patient_control_number"])
    }  # fmt: skip
    files = [file for file in house.home.rglob("*") if file.is_file() and "answers" not in file.parts]
    assert any(file.name == "portalkeeper.log" for file in files)
    return [
        (file.name, needle) for file in files for needle in needles if needle in file.read_bytes().decode("latin-1")
    ]


def rows_of(file: Path) -> list[dict[str, str]]:
    return [*csv.DictReader(io.StringIO(file.read_text(), newline=""))]


def asked(claim: dict[str, Any], *more: str) -> list[str]:
    return ["claim-status", "--payer", claim["payer"], "--provider", NPI, "--organization", ORGANIZATION.name, *more]


def line_of(claim: dict[str, Any], **changes: str) -> str:
    given = {name: value for name, value in cells(claim, **changes).items() if name not in ("payer", "billing_npi")}
    return json.dumps(given)


@pytest.mark.parametrize("portal", ["availity", "uhc"])
def test_one_question_from_standard_input(house: House, portal: str) -> None:
    name, user = house.account(portal)
    claim, other = claiming.of_one_member(house.world.claims(portal), 2)
    answer = json.loads(house.pk(*asked(claim, "--json"), given=line_of(claim)).stdout)
    assert (answer["match"], answer["account"], answer["organization"]) == ("exact", name, ORGANIZATION.name)
    [found] = answer["claims"]
    assert (found["status"], found["billed"]) == (claim["expects"]["status"], claim["expects"]["billed"])
    number = other["expects"]["payer_claim_number"]
    span = claiming.span([claim, other])
    by_number = house.pk(*asked(claim, "--claim"), given=line_of(claim, payer_claim_number=number, **span))
    assert by_number.returncode == 0, by_number.stderr
    assert number in by_number.stdout
    assert claim["expects"]["payer_claim_number"] not in by_number.stdout
    assert "claims found" in by_number.stdout
    lacking = house.pk(*asked(claim, "--claim"), given=line_of(claim))
    assert (lacking.returncode, "claim number" in lacking.stderr) == (2, True)
    assert house.world.account(portal, user)["lookups"] == 2


def test_a_batch_gives_a_row_for_each_claim_and_their_lines(house: House, tmp_path: Path) -> None:
    """Two payers on two portals, several claims in an answer, none in another; nothing is asked twice."""
    (_, user), (_, uhc_user) = house.account(), house.account("uhc")
    own = house.world.claims("availity")
    mine = claiming.of_one_member(own, 2)
    later = mine[1]["expects"]
    uhc = house.world.claims("uhc", "paid")[0]
    rows = [
        cells(mine[0], **claiming.span(mine), patient_control_number=later["patient_control_number"], Chart="=00"),
        cells(mine[0], service_from="2020-01-02", service_to="2020-01-03", Chart="1"),
        cells(uhc, billed_amount=uhc["expects"]["billed"], Chart="2"),
        cells(mine[0], service_from="2020-01-02", service_to="tomorrow", Chart="3"),
    ]
    file, out = batch(tmp_path / "in.csv", rows), tmp_path / "out.csv"
    previewed = house.pk("claim-status", "--batch", str(file), "--preview", "--json")
    assert previewed.returncode == 0, previewed.stderr
    preview = json.loads(previewed.stdout)
    assert sum(preview["to_ask"].values()) == 3
    assert house.world.account("availity", user)["lookups"] == 0
    ended = house.pk("claim-status", "--batch", str(file), "--out", str(out), "--json")
    assert ended.returncode == 3, ended.stderr  # one row can't be asked
    answers = rows_of(out)
    assert tuple(answers[0]) == ("reference", "Chart", *CLAIM_STATUS.answers)
    assert [row["reference"] for row in answers] == ["R0", "R0", "R1", "R2", "R3"]
    assert [row["Chart"] for row in answers] == ["=00", "=00", "1", "2", "3"]
    first, second, none, paid, wrong = answers
    assert [(row["claims_found"], row["claim_rank"], row["matched_by"]) for row in answers] == [
        ("2", "1", "control_number"), ("2", "2", ""), ("0", "", ""), ("1", "1", "dates_and_amount"), ("", "", ""),
    ]  # fmt: skip
    assert [first["payer_claim_number"], second["payer_claim_number"]] == [
        claim["expects"]["payer_claim_number"] for claim in mine[::-1]
    ]
    assert [first["status"], second["status"]] == [claim["expects"]["status"] for claim in mine[::-1]]
    assert (none["outcome"], none["status"], none["category_code"]) == ("answered", "not_on_file", "A4")
    expected = uhc["expects"]
    assert {column: paid[column] for column in ("billed", "allowed", "paid", "payment_number", "status")} == {
        column: expected[column] for column in ("billed", "allowed", "paid", "payment_number", "status")
    }
    assert (wrong["outcome"], wrong["reason_not_answered"].startswith("InputError: service_to")) == ("not_asked", True)
    lines = rows_of(tmp_path / "out.lines.csv")
    counts = {claim["expects"]["payer_claim_number"]: len(claim["expects"]["lines"]) for claim in (*mine, uhc)}
    assert {number: sum(row["payer_claim_number"] == number for row in lines) for number in counts} == counts
    assert {row["reference"] for row in lines} == {"R0", "R2"}
    again = json.loads(house.pk("claim-status", "--batch", str(file), "--out", str(out), "--json").stdout)
    assert (again["known"], again["asked"]) == (3, 0)
    assert rows_of(out) == answers
    assert (house.world.account("availity", user)["lookups"], house.world.account("uhc", uhc_user)["lookups"]) == (2, 1)


def test_an_answer_about_somebody_else_is_no_answer(house: House, tmp_path: Path) -> None:
    _, user = house.account()
    claims = house.world.claims("availity", "paid")[:2]
    file, out = batch(tmp_path / "in.csv", [cells(claim) for claim in claims]), tmp_path / "out.csv"
    order(house, "availity", user, "other_member")
    assert house.pk("claim-status", "--batch", str(file), "--out", str(out)).returncode == 3
    wrong, right = rows_of(out)
    assert (wrong["outcome"], wrong["status"], wrong["paid"]) == ("no_answer", "", "")
    assert wrong["reason_not_answered"].startswith("AnswerUnreadable: ")
    assert (right["outcome"], right["paid"]) == ("answered", claims[1]["expects"]["paid"])
    assert found_outside_the_answers(house, claims) == []


@pytest.mark.slow
def test_a_killed_batch_loses_no_answer_and_asks_one_question_again(house: House, tmp_path: Path) -> None:
    _, user = house.account()
    claims = house.world.claims("availity")[:10]
    file, out = batch(tmp_path / "in.csv", [cells(claim) for claim in claims]), tmp_path / "out.csv"
    process = house.start("claim-status", "--batch", str(file), "--out", str(out))
    journal = house.settings.answers_folder / "journal"
    while process.poll() is None and sum(len(f.read_bytes().splitlines()) for f in journal.glob("*.jsonl")) < 4:
        time.sleep(0.01)  # polls for the moment of the attack
    process.kill()
    process.communicate(timeout=60)
    before = house.world.account("availity", user)["lookups"]
    assert before < len(claims)
    second: subprocess.CompletedProcess[str] = house.pk("claim-status", "--batch", str(file), "--out", str(out))
    assert second.returncode == 0, second.stderr
    answers = rows_of(out)
    assert [(row["outcome"], row["payer_claim_number"]) for row in answers] == [
        ("answered", claim["expects"]["payer_claim_number"]) for claim in claims
    ]
    seen = house.world.account("availity", user)
    assert seen["lookups"] <= len(claims) + 1
    assert seen["password_submissions"] == 1


def test_the_template_is_printed_and_nobody_is_contacted(house: House) -> None:
    assert house.pk("claim-status", "--template").stdout == template(CLAIM_STATUS).replace("\r\n", "\n")
    refused = house.pk("claim-status")
    assert (refused.returncode, "--payer" in refused.stderr) == (2, True)
