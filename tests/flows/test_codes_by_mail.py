"""Signing in with a code by e-mail: Okta's light page, the letter through a real mail server, the worker behind it."""

from __future__ import annotations

import asyncio
import importlib
import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator

import dovecot
import pytest
from asking import ask, ledger, order, policies
from house import House, World
from pydantic import SecretStr

from bots import now, requests
from bots.codes.secrets import ChannelSecrets
from bots.inventory import stamp
from bots.runner import run as runs
from bots.runner.password_recovery import recover_password

__all__ = ["policies"]

ONLY_BY_MAIL = {"methods": ["text"]}
CHOICE = {"methods": ["authenticator", "text"]}


@pytest.fixture(scope="module")
def server() -> Iterator[dovecot.Dovecot]:
    with dovecot.dovecot() as server:
        yield server


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, server: dovecot.Dovecot) -> Iterator[World]:
    """A practice world of this module's own, whose letters go to the mail server."""
    clock_file = tmp_path_factory.mktemp("world") / "clock.json"
    places = ["--clock-file", str(clock_file), "--mail-command", shlex.join(server.deliver_command)]
    process = subprocess.Popen([sys.executable, "-m", "sandbox", "--light", *places], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    yield World(json.loads(process.stdout.readline()), clock_file)
    process.terminate()
    process.wait(timeout=60)


@pytest.fixture
def mailed(house: House, server: dovecot.Dovecot, monkeypatch: pytest.MonkeyPatch) -> House:
    """An office that reads the mailbox; short time-outs, and no second try of a run."""
    monkeypatch.setattr(importlib.import_module("payers.identity.okta.failures"), "SCREEN_SECONDS", 8)
    monkeypatch.setattr(runs, "TRIES", 1)
    changes = {**server.settings(), "code_seconds": 8, "letter_seconds": 8}
    house.settings = house.settings.model_copy(update=changes)
    ChannelSecrets(house.settings.codes_folder, house.key).put("mailbox", SecretStr(dovecot.PASSWORD))
    return house


def account(house: House, ways: str = "email", **made: object) -> tuple[str, str]:
    name, user = house.account("tmhp", **{**ONLY_BY_MAIL, **made})
    with house.inventory.write() as db:
        db.table("accounts").update(name, {"code_ways": ways})
    return name, user


@pytest.mark.parametrize("made", [ONLY_BY_MAIL, CHOICE], ids=["sent at once", "chosen"])
async def test_a_code_by_mail(mailed: House, made: dict[str, object]) -> None:
    name, user = account(mailed, **made)
    run, _ = await ask(mailed, name, flow="login")
    assert run.failure is None
    seen = mailed.world.account("tmhp", user)
    assert (seen["codes_sent"], seen["code_submissions"], seen["code_refusals"], seen["sign_ins"]) == (1, 1, 0, 1)
    assert [row for row in ledger(mailed, name) if row[0] != "signed_in"] == [
        ("code_asked", "accepted", 0),
        ("password", "accepted", 1),
        ("code", "accepted", 1),
    ]
    assert not _leaks(mailed, seen)


def _leaks(house: House, seen: dict[str, object]) -> list[str]:
    code = house.world.get("/mail")[-1]["code"]
    said = [
        json.dumps(house.inventory.rows(f"SELECT * FROM {table}")) for table in ("runs", "ledger", "notices", "audit")
    ]
    return [text for text in said if f'"{code}"' in text]


async def test_the_authenticator_goes_first_where_it_is_preferred(mailed: House) -> None:
    """Though the portal has sent its letter already."""
    name, user = account(mailed, "authenticator,email", methods=["text", "authenticator"])
    run, _ = await ask(mailed, name, flow="login")
    assert run.failure is None
    assert mailed.world.account("tmhp", user)["code_submissions"] == 1
    assert mailed.inventory.rows("SELECT time_step FROM ledger WHERE kind = 'code'")[0]["time_step"]


async def test_an_account_that_takes_none_by_mail(mailed: House) -> None:
    name, user = account(mailed, "authenticator")
    run, _ = await ask(mailed, name, flow="login")
    assert run.failure and (run.failure.error, "code_ways=email" in run.failure.message) == ("CodeNotReceived", True)
    assert mailed.world.account("tmhp", user)["code_submissions"] == 0


async def test_nothing_is_typed_while_the_mailbox_can_not_be_read(mailed: House) -> None:
    """The portal would send its code for nothing; the account stays as it is."""
    name, user = account(mailed)
    ChannelSecrets(mailed.settings.codes_folder, mailed.key).put("mailbox", SecretStr("another"))
    run, _ = await ask(mailed, name, flow="login")
    assert run.failure and run.failure.error == "CodeNotReceived"
    assert mailed.world.account("tmhp", user)["password_submissions"] == 0
    assert ledger(mailed, name) == []


async def test_a_letter_that_does_not_come(mailed: House) -> None:
    name, user = account(mailed)
    order(mailed, "tmhp", user, "mail_lost")
    stranger = {
        "portal": "tmhp",
        "user": user,
        "code": "666666",
        "subject": "One-time verification code",
        "dkim": "pass",
    }
    mailed.world.post("/mail", **stranger)
    run, _ = await ask(mailed, name, flow="login")
    assert run.failure and run.failure.error == "CodeNotReceived", run.failure
    seen = mailed.world.account("tmhp", user)
    assert (seen["codes_sent"], seen["code_submissions"], seen["password_refusals"]) == (1, 0, 0)
    assert ("password", "accepted", 1) in ledger(mailed, name)


async def test_a_code_that_is_refused_is_not_given_again(mailed: House) -> None:
    name, user = account(mailed)
    order(mailed, "tmhp", user, "mail_lost")
    wrong = {"from": "IAMOnline <noreply@iamonline.localhost>", "code": "000000", "dkim": "pass"}
    async with mailed.runner() as runner:
        running = asyncio.create_task(runner.run(name, "login"))
        while not mailed.world.account("tmhp", user)["codes_sent"]:
            await asyncio.sleep(0.1)
        mailed.world.post("/mail", portal="tmhp", user=user, subject="One-time verification code", **wrong)
        run = await running
    assert run.failure and run.failure.error == "CodeRejected", run.failure
    seen = mailed.world.account("tmhp", user)
    assert (seen["code_submissions"], seen["code_refusals"]) == (1, 1)
    assert ("code", "refused", 1) in ledger(mailed, name)


async def test_codes_are_asked_for_six_times_an_hour(mailed: House, policies: Callable[..., None]) -> None:
    name, user = account(mailed)
    with mailed.inventory.write() as db:
        for _ in range(requests.CODES_AN_HOUR):
            db.execute(
                "INSERT INTO ledger (account, kind, opened_at, verdict, submissions) VALUES (?, 'code_asked', ?, 'accepted', 0)",
                (name, _now()),
            )
    run, _ = await ask(mailed, name, flow="login")
    assert run.failure and run.failure.error == "AccountHeld"
    assert mailed.world.account("tmhp", user)["password_submissions"] == 0


def _now() -> str:
    return stamp(now.utc())


async def test_two_accounts_of_one_portal_each_get_their_own(mailed: House) -> None:
    pairs = [account(mailed) for _ in range(2)]
    async with mailed.runner() as runner:
        found = await asyncio.gather(*(runner.run(name, "login") for name, _ in pairs))
    assert [each.failure for each in found] == [None, None]
    for _, user in pairs:
        seen = mailed.world.account("tmhp", user)
        assert (seen["code_submissions"], seen["code_refusals"]) == (1, 0)


async def test_a_password_is_recovered_by_a_link_out_of_the_mailbox(mailed: House) -> None:
    name, user = mailed.account("availity")
    async with mailed.runner() as runner:
        found = await recover_password(runner, mailed.inventory, mailed.vault, mailed.settings, name, by="test")
    assert found.failure is None, found.failure
    seen = mailed.world.account("availity", user)
    assert (seen["links_sent"], seen["links_used"]) == (1, 1)
    assert mailed.vault.get(name).password.get_secret_value() == seen["password"]
