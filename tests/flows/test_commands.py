"""The command line as a person uses it, on the sandbox."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from house import NPI, ORGANIZATION, House
from test_no_lockouts import write_batch


def one_line(member: dict) -> str:
    patient = member["patient"]
    return json.dumps(
        {
            "member_id": member["member_id"],
            "patient_last_name": patient["last_name"],
            "patient_first_name": patient["first_name"],
            "patient_birth_date": patient["birth_date"],
        }
    )


def test_one_question_from_standard_input(house: House) -> None:
    name, _ = house.account()
    member = house.world.members("availity", "active")[0]
    asked = [
        "eligibility",
        "--payer",
        member["payer"],
        "--provider",
        NPI,
        "--organization",
        ORGANIZATION.name,
        "--json",
    ]
    answer = json.loads(house.pk(*asked, given=one_line(member)).stdout)
    assert (answer["coverage"], answer["account"], answer["match"]) == ("active", name, "exact")
    assert answer["organization"] == ORGANIZATION.name
    assert answer["provider_npi"] == NPI


def test_member_data_as_options_is_for_a_sandbox_only(house: House) -> None:
    name, user = house.account()
    member = house.world.members("availity", "active")[0]
    patient = member["patient"]
    asked = ["eligibility", "--payer", "aetna", "--provider", NPI, "--organization", ORGANIZATION.name]
    asked += ["--member-id", member["member_id"], "--last-name", patient["last_name"]]
    asked += ["--first-name", patient["first_name"], "--birth-date", patient["birth_date"]]
    assert house.pk(*asked).returncode == 0
    with house.inventory.write() as db:
        db.table("accounts").update(name, {"address": "https://portal.example", "automation": "permitted"})
    (house.home / "sandbox-clock.json").unlink()
    refused = house.pk(*asked)
    assert refused.returncode == 2
    assert "can be seen by everybody" in refused.stderr
    assert house.world.account("availity", user)["lookups"] == 1


def test_a_batch_keeps_order_and_columns_and_is_not_asked_again(house: House, tmp_path: Path) -> None:
    name, user = house.account()
    file = write_batch(tmp_path / "in.csv", house, name, 4)
    rows = list(csv.DictReader(file.open()))
    with file.open("w", newline="") as target:
        writer = csv.DictWriter(target, [*rows[0], "Chart No"])
        writer.writeheader()
        writer.writerows({**row, "Chart No": f"=00{index}"} for index, row in enumerate(rows[::-1]))
    out = tmp_path / "out.csv"
    assert house.pk("eligibility", "--batch", str(file), "--out", str(out)).returncode == 0
    answers = list(csv.DictReader(out.open()))
    assert [row["reference"] for row in answers] == ["R3", "R2", "R1", "R0"]
    assert [row["Chart No"] for row in answers] == ["=000", "=001", "=002", "=003"]
    assert next(iter(answers[0])) == "reference"
    assert out.stat().st_mode & 0o077 == 0
    again = house.pk("eligibility", "--batch", str(file), "--out", str(out), "--json")
    assert json.loads(again.stdout)["known"] == 4
    assert house.world.account("availity", user)["lookups"] == 4
    fresh = house.pk("eligibility", "--batch", str(file), "--out", str(out), "--json", "--fresh")
    assert json.loads(fresh.stdout)["asked"] == 4
    assert house.world.account("availity", user)["lookups"] == 8


def test_a_batch_that_is_stopped_writes_what_it_has(house: House, tmp_path: Path) -> None:
    name, _ = house.account()
    file, out = write_batch(tmp_path / "in.csv", house, name, 30), tmp_path / "out.csv"
    process = house.start("eligibility", "--batch", str(file), "--out", str(out))
    journal = house.settings.answers_folder / "journal"
    while process.poll() is None and not any(part.stat().st_size for part in journal.glob("*.jsonl")):
        time.sleep(0.02)  # polls for the first answer
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 130
    outcomes = [row["outcome"] for row in csv.DictReader(out.open())]
    assert len(outcomes) == 30
    assert "answered" in outcomes
    assert "not_asked" in outcomes


def test_a_frozen_account_holds_its_rows(house: House, tmp_path: Path) -> None:
    name, user = house.account(password="Wr0ng-pass$1")
    file, out = write_batch(tmp_path / "in.csv", house, name, 3), tmp_path / "out.csv"
    first = house.pk("eligibility", "--batch", str(file), "--out", str(out))
    assert first.returncode == 10
    assert {row["outcome"] for row in csv.DictReader(out.open())} == {"held"}
    assert house.pk("eligibility", "--batch", str(file), "--out", str(out)).returncode == 15
    assert house.world.account("availity", user)["password_submissions"] == 1


def test_the_days_limit_holds_the_rest(house: House, tmp_path: Path) -> None:
    name, user = house.account()
    with house.inventory.write() as db:
        db.table("accounts").update(name, {"lookups_per_day": 2})
    file, out = write_batch(tmp_path / "in.csv", house, name, 4), tmp_path / "out.csv"
    assert house.pk("eligibility", "--batch", str(file), "--out", str(out)).returncode == 15
    assert [row["outcome"] for row in csv.DictReader(out.open())] == ["answered", "answered", "held", "held"]
    assert house.world.account("availity", user)["lookups"] == 2


def test_why_and_runs_tell_the_same_story(house: House) -> None:
    name, _ = house.account(password="Wr0ng-pass$1")
    house.pk("sign-in", name)
    why = house.pk("why", name)
    assert "frozen" in why.stdout
    assert f"pk vault set {name}" in why.stdout
    assert "not recognized" in why.stdout  # the portal's listed words
    [run] = json.loads(house.pk("runs", name, "--json").stdout)
    assert (run["error"], run["phrase"]) == ("InvalidCredentials", "password_refused")
    assert house.pk("check", name).returncode == 15


def test_freezing_by_hand_stops_runs_until_it_is_undone(house: House) -> None:
    name, user = house.account()
    assert house.pk("account", "freeze", name, "--because", "owner on leave").returncode == 0
    assert house.pk("sign-in", name).returncode == 15
    assert house.world.account("availity", user)["password_submissions"] == 0
    assert house.pk("account", "unfreeze", name, "--because", "back").returncode == 0
    assert house.pk("sign-in", name).returncode == 0


def test_the_report_goes_by_the_same_clock(house: House) -> None:
    name, _ = house.account()
    house.world.advance(3600)
    assert house.pk("sign-in", name).returncode == 0
    report = json.loads(house.pk("report", "--json").stdout)
    [account] = [line for line in report["accounts"] if line["name"] == name]
    assert account["last_good_sign_in"] <= report["at"]


@pytest.mark.slow
def test_the_service_runs_what_is_due_and_ends_when_told(house: House) -> None:
    name, user = house.account()
    (house.home / "schedules.yaml").write_text(
        f'each-minute:\n  flow: login\n  accounts: [{name}]\n  cron: "* * * * *"\n  zone: America/New_York\n'
    )
    service = house.start("serve")
    assert service.stderr
    assert "next due" in service.stderr.readline()
    house.world.advance(60)
    deadline = time.monotonic() + 60
    while not house.inventory.rows("SELECT * FROM due WHERE state = 'done'"):
        assert time.monotonic() < deadline
        time.sleep(0.1)  # polls for the due row
    service.terminate()
    out, _ = service.communicate(timeout=30)
    assert service.returncode == 0
    assert [json.loads(line)["event"] for line in out.splitlines()][-1] == "service stopped"
    assert house.world.account("availity", user)["sign_ins"] == 1


def test_the_sandbox_command_serves_until_it_is_told_to_stop(house: House) -> None:
    (house.home / "sandbox-clock.json").unlink()
    process = house.start("sandbox", "--seed", "3")
    assert process.stdout
    ready = json.loads(process.stdout.readline())
    assert {"availity", "uhc"} <= set(ready["portals"])
    assert json.loads((house.home / "sandbox-clock.json").read_text())["offset_seconds"] == 0
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_nothing_is_left_behind(house: House, tmp_path: Path) -> None:
    name, _ = house.account()
    house.env["TMPDIR"] = str(tmp_path / "temporary")
    (tmp_path / "temporary").mkdir()
    assert house.process("sign-in", name).returncode == 0
    process = house.start("sign-in", name)
    time.sleep(1)  # when the kill falls is the attack, not a wait
    process.kill()
    process.communicate(timeout=60)
    deadline = time.monotonic() + 20
    while browsers := running(str(tmp_path / "temporary")):
        assert time.monotonic() < deadline, browsers
        time.sleep(0.1)  # polls for the end of what the kill orphaned
    assert list((tmp_path / "temporary").iterdir()) == []


def running(mark: str) -> list[str]:
    """Processes that name `mark` in their command line."""
    found = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
    return [line for line in found.splitlines() if mark in line and sys.executable not in line]
