"""Promise 1, attacked: a refused password is never submitted again, and no crash costs the account."""

from __future__ import annotations

import csv
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from asking import ask, ledger, order
from house import NPI, ORGANIZATION, House, question
from pydantic import SecretStr

from bots import guard
from bots.desk import SignIn
from payers.portals.availity import PORTAL

WRONG = "Wr0ng-pass$1"
HEADINGS = [
    "reference",
    "payer",
    "organization",
    "provider_npi",
    "member_id",
    "patient_last_name",
    "patient_first_name",
    "patient_birth_date",
    "service_date",
    "relationship",
    "account",
]


def write_batch(path: Path, house: House, account: str, count: int) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        for number, member in enumerate(house.world.members("availity", "active")[:count]):
            asked = question(member).inquiry
            patient = asked.member.patient
            writer.writerow(
                [
                    f"R{number}",
                    member["payer"],
                    ORGANIZATION.name,
                    NPI,
                    asked.member.member_id,
                    patient.last_name,
                    patient.first_name,
                    patient.birth_date,
                    asked.service_date,
                    member["relationship"],
                    account,
                ]
            )
    return path


@pytest.mark.parametrize("portal", ["availity", "uhc", "epaces", "medi_cal"])
async def test_a_wrong_password_and_a_wrong_correction_never_lock(house: House, portal: str) -> None:
    """Under the second one a kept connection is cut: by itself this browser would send it again, and lock."""
    name, user = house.account(portal, password=WRONG)
    runs = [(await ask(house, name, flow="login"))[0]]
    order(house, portal, user, "cut_after", "login_post", connection="reused")
    for correction in ("Wr0ng-pass$2", "Wr0ng-pass$3"):
        house.vault.put(name, password=SecretStr(correction))
        runs.append((await ask(house, name, flow="login"))[0])
    errors = [run.failure and run.failure.error for run in runs]
    assert errors == ["InvalidCredentials", "PortalUnavailable", "AccountHeld"]
    seen = house.world.account(portal, user)
    assert ledger(house, name) == [("password", "refused", 1), ("password", "unknown", 1)]
    assert (seen["password_submissions"], seen["locked"]) == (2, False)


def test_a_refused_password_is_submitted_once(house: House) -> None:
    name, user = house.account(password=WRONG)
    first = house.process("sign-in", name)
    assert first.returncode == 10, first.stderr
    assert first.stderr.startswith("InvalidCredentials: ")
    for _ in range(2):
        again = house.process("sign-in", name)
        assert again.returncode == 15
        assert "pk vault set" in again.stderr
    assert house.world.account("availity", user)["password_submissions"] == 1


@pytest.mark.slow
def test_twenty_starts_with_a_wrong_password_never_lock(house: House, tmp_path: Path) -> None:
    name, user = house.account(password=WRONG)
    batch = write_batch(tmp_path / "batch.csv", house, name, 3)
    chance = random.Random(20)
    starts = [("sign-in", name), ("eligibility", "--batch", str(batch))] * 10
    while starts:
        wave = [house.start(*starts.pop()) for _ in range(min(4, len(starts)))]
        for process in wave[::2]:
            time.sleep(chance.uniform(0.3, 1.5))  # when the kill falls is the attack, not a wait
            process.send_signal(signal.SIGKILL)
        for process in wave:
            process.communicate(timeout=60)
    seen = house.world.account("availity", user)
    assert 1 <= seen["password_submissions"] <= 2
    assert not seen["locked"]
    assert seen["lock_count"] == 0


@pytest.mark.slow
def test_kills_in_mid_login_end_signed_in_or_held(house: House) -> None:
    name, user = house.account()
    chance = random.Random(7)
    for _ in range(8):
        process = house.start("sign-in", name)
        time.sleep(chance.uniform(0.6, 1.8))  # when the kill falls is the attack, not a wait
        process.kill()
        process.communicate(timeout=60)
    house.world.advance(31)
    last = house.pk("sign-in", name)
    assert last.returncode in (0, 15), last.stderr
    if last.returncode == 15:
        assert "pk account unfreeze" in last.stderr
    assert not house.world.account("availity", user)["locked"]


def test_two_commands_at_once_sign_in_once(house: House) -> None:
    name, user = house.account()
    both = [house.start("sign-in", name) for _ in range(2)]
    ends = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], ends
    assert any("is in use by" in err for _, err in ends)
    seen = house.world.account("availity", user)
    assert (seen["password_submissions"], seen["sign_ins"], seen["max_open_sessions"]) == (1, 1, 1)


async def test_a_run_that_reuses_a_session_opens_no_attempt(house: House) -> None:
    name, _ = house.account()
    async with house.runner() as runner:
        await runner.run(name, "login")
        before = house.inventory.rows("SELECT count(*) AS n FROM ledger WHERE account = ?", (name,))
        second = await runner.run(name, "login")
    after = house.inventory.rows("SELECT count(*) AS n FROM ledger WHERE account = ?", (name,))
    assert second.sign_in is SignIn.STORED
    assert before == after


async def test_a_submission_without_a_verdict_is_not_repeated_in_the_run(house: House) -> None:
    name, user = house.account()
    house.world.post("/faults", portal="availity", user=user, kind="server_error", at="login_post")
    async with house.runner() as runner:
        run = await runner.run(name, "login")
    assert run.failure is not None
    assert house.world.account("availity", user)["password_submissions"] == 1
    standing = guard.standing(house.inventory, name, PORTAL.policy)
    assert (standing.possible_failures, standing.freeze) == (1, None)


async def test_a_cut_connection_counts_once(house: House) -> None:
    name, user = house.account()
    house.world.post("/faults", portal="availity", user=user, kind="cut_after", at="login_post", times=None)
    async with house.runner() as runner:
        run = await runner.run(name, "login")
    assert run.failure is not None
    standing = guard.standing(house.inventory, name, PORTAL.policy)
    assert (house.world.account("availity", user)["password_submissions"], standing.possible_failures) == (1, 1)


async def test_the_freeze_lifts_with_another_password_and_not_with_the_old_one(house: House) -> None:
    from pydantic import SecretStr

    name, user = house.account(password=WRONG)
    right = house.world.account("availity", user)["password"]
    async with house.runner() as runner:
        refused = await runner.run(name, "login")
        house.vault.put(name, password=SecretStr("An0ther-wr$ng"))
        house.vault.put(name, password=SecretStr(WRONG))  # A, B, and A again
        still = await runner.run(name, "login")
        house.vault.put(name, password=SecretStr(right))
        good = await runner.run(name, "login")
    assert refused.failure and refused.failure.error == "InvalidCredentials"
    assert still.failure and still.failure.error == "AccountFrozen"
    assert good.failure is None
    assert house.world.account("availity", user)["password_submissions"] == 2
    assert guard.standing(house.inventory, name, PORTAL.policy).possible_failures == 0


async def test_the_last_try_is_kept_for_a_person(house: House) -> None:
    from pydantic import SecretStr

    name, user = house.account(password=WRONG)
    async with house.runner() as runner:
        for password in (WRONG, "Sec0nd-wr$ng", "Th1rd-wrong$"):
            house.vault.put(name, password=SecretStr(password))
            run = await runner.run(name, "login")
    assert run.failure and run.failure.error == "AccountHeld"
    assert house.world.account("availity", user)["password_submissions"] == 2
    assert not house.world.account("availity", user)["locked"]


@pytest.mark.slow
def test_a_killed_batch_loses_no_answer_and_asks_one_question_again(house: House, tmp_path: Path) -> None:
    name, user = house.account()
    batch = write_batch(tmp_path / "batch.csv", house, name, 14)
    out = tmp_path / "out.csv"
    process = house.start("eligibility", "--batch", str(batch), "--out", str(out))
    journal = house.settings.answers_folder / "journal"
    while process.poll() is None and sum(len(f.read_bytes().splitlines()) for f in journal.glob("*.jsonl")) < 5:
        time.sleep(0.01)  # polls for the moment of the attack
    process.kill()
    process.communicate(timeout=60)
    kept = sum(len(f.read_bytes().splitlines()) for f in journal.glob("*.jsonl"))
    assert kept >= 5
    second: subprocess.CompletedProcess[str] = house.pk("eligibility", "--batch", str(batch), "--out", str(out))
    assert second.returncode == 0, second.stderr
    rows = list(csv.DictReader(out.open()))
    assert [row["outcome"] for row in rows] == ["answered"] * 14
    assert house.world.account("availity", user)["lookups"] <= 14 + 1
    assert house.world.account("availity", user)["password_submissions"] == 1
