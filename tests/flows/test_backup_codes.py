"""Codes that need no channel: backup codes out of a sealed file, and a person at the terminal."""

from __future__ import annotations

import json
from typing import Any

import pyotp
import pytest
from asking import ask, ledger, order
from house import House

from bots import now
from bots.codes.backup import BackupCodes
from bots.runner import Runner
from bots.runner import run as runs
from bots.runner.runner import RunResult
from flows.errors import CodesExhausted, InputError


@pytest.fixture(autouse=True)
def once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No second try of a run."""
    monkeypatch.setattr(runs, "TRIES", 1)


def account(house: House, ways: str, totp: bool = True) -> tuple[str, str, list[str]]:
    name, user = house.account("availity")
    codes = house.world.account("availity", user)["backup_codes"]
    with house.inventory.write() as db:
        db.table("accounts").update(name, {"code_ways": ways})
    if not totp:
        house.vault.put(name, totp_secret=None)
    return name, user, codes


def stored(house: House) -> BackupCodes:
    return BackupCodes(house.settings.backup_codes_folder, house.key)


async def sign_in(house: House, name: str) -> RunResult:
    (house.settings.state_folder / f"{name}.age").unlink(missing_ok=True)
    run, _ = await ask(house, name, flow="login")
    return run


async def test_each_backup_code_is_used_once(house: House) -> None:
    name, user, codes = account(house, "backup")
    told = house.pk("codes", "backup", name, given="\n".join(codes[:3]))
    assert told.returncode == 0, told.stderr
    assert not any(code in told.stdout + told.stderr for code in codes)
    for left in (2, 1):
        assert (await sign_in(house, name)).failure is None
        assert house.inventory.row("SELECT backup_codes_left AS left FROM accounts WHERE name = ?", (name,)) == {
            "left": left
        }
    assert house.world.account("availity", user)["backup_codes"] == codes[2:]
    due = json.loads(house.pk("due", "--json").stdout)
    assert "1 backup code left" in str(due)
    sealed = b"".join(path.read_bytes() for path in house.home.rglob("*") if path.is_file())
    assert not any(code.encode() in sealed for code in codes)


async def test_a_code_is_out_of_the_file_before_it_is_typed(house: House) -> None:
    """The portal counted it, and its answer was lost: it is not given again."""
    name, user, codes = account(house, "backup")
    stored(house).put(name, codes[:2])
    order(house, "availity", user, "server_error", "code_post")
    assert (await sign_in(house, name)).failure
    assert stored(house).first(name).get_secret_value() == codes[1]
    assert (await sign_in(house, name)).failure is None
    assert house.world.account("availity", user)["code_submissions"] <= 2


async def test_a_code_that_an_older_copy_brings_back_is_passed_over(house: House) -> None:
    name, user, codes = account(house, "backup")
    stored(house).put(name, codes[:2])
    assert (await sign_in(house, name)).failure is None
    stored(house).put(name, codes[:2])
    assert (await sign_in(house, name)).failure is None
    assert house.world.account("availity", user)["code_refusals"] == 0


async def test_no_code_is_left(house: House) -> None:
    name, user, _ = account(house, "backup")
    failure = (await sign_in(house, name)).failure
    assert failure and (failure.error, "pk codes backup" in failure.message) == ("CodesExhausted", True)
    assert house.world.account("availity", user)["code_submissions"] == 0
    assert ledger(house, name) == [("password", "accepted", 1)]


def test_what_can_not_be_codes_is_refused_and_not_repeated(house: House) -> None:
    backup = stored(house)
    backup.put("a", ["11112222"])
    for wrong in ([], ["  "], ["1111 2222"], ["12"], ["code: 33334444"]):
        with pytest.raises(InputError) as told:
            backup.put("a", wrong)
        assert "3333" not in str(told.value)
    assert backup.first("a").get_secret_value() == "11112222"
    assert "11112222" not in repr(backup.first("a"))
    with pytest.raises(CodesExhausted):
        backup.first("b")


async def asked(house: House, name: str, answer: Any) -> tuple[RunResult, list[str]]:
    questions: list[str] = []

    async def person(words: str, seconds: float) -> str | None:
        questions.append(words)
        return answer() if callable(answer) else answer

    runner = Runner(house.settings, house.inventory, house.vault, house.key, source="command", by="test", ask=person)
    try:
        return await runner.run(name, "login"), questions
    finally:
        await runner.stop()


async def test_a_person_gives_the_code(house: House) -> None:
    name, user, _ = account(house, "authenticator,person", totp=False)
    secret = house.world.account("availity", user)["totp_secret"]
    run, questions = await asked(house, name, lambda: _spaced(pyotp.TOTP(secret).at(now.utc())))
    assert run.failure is None, run.failure
    assert len(questions) == 1
    assert name in questions[0]
    assert user not in questions[0]
    assert ("code", "accepted") in [row[:2] for row in ledger(house, name)]


def _spaced(code: str) -> str:
    return f" {code[:3]} {code[3:]}\n"


@pytest.mark.parametrize(("ways", "questions"), [("authenticator,person", 1), ("authenticator", 0)])
async def test_nobody_gives_a_code(house: House, ways: str, questions: int) -> None:
    name, user, _ = account(house, ways, totp=False)
    run, put = await asked(house, name, None)
    assert run.failure and run.failure.error == ("CodeNotReceived" if questions else "CodesExhausted")
    assert len(put) == questions
    assert house.world.account("availity", user)["code_submissions"] == 0
