"""Signing in with a code by text message: a provider's list or its webhook, the portal's page, and the worker between."""

from __future__ import annotations

import asyncio
import importlib
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from asking import ask, codes_at_once, control, ledger, order, policies
from house import House
from pydantic import SecretStr

from bots.codes import twilio
from bots.codes.secrets import ChannelSecrets
from bots.codes.sms_webhook import app_of
from bots.codes.text_inbox import TextInbox
from bots.runner import run as runs
from bots.runner.runner import RunResult

__all__ = ["codes_at_once", "policies"]

SENDERS = {"uhc": ["62401"], "availity": ["22395"]}
PUBLIC = "https://codes.example.org/sms/twilio"
GOOD = [("password", "accepted", 1), ("code_asked", "accepted", 0), ("code", "accepted", 1)]
_numbers = itertools.count(1000)


@pytest.fixture
def texted(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """An office that reads the provider's list; short time-outs, and no second try of a run."""
    for module in ("payers.identity.one_healthcare_id.sign_in", "payers.portals.availity.sign_in"):
        monkeypatch.setattr(importlib.import_module(module), "SCREEN_SECONDS", 8)
    monkeypatch.setattr(runs, "TRIES", 1)
    monkeypatch.setattr(twilio, "POLL_SECONDS", 0.1)
    provider = house.world.get("/texts")
    changes: dict[str, Any] = {"sms_source": "twilio", "sms_account": provider["account"], "code_seconds": 3}
    changes |= {"sms_address": house.world.control, "sms_senders": SENDERS, "sms_public_address": PUBLIC}
    house.settings = house.settings.model_copy(update=changes)
    ChannelSecrets(house.settings.codes_folder, house.key).put("sms", SecretStr(provider["token"]))
    yield house
    house.world.post("/texts/provider")


@pytest.fixture
def brought(texted: House) -> Iterator[House]:
    """The same, with the worker's own listener in the list's place."""
    texted.settings = texted.settings.model_copy(update={"sms_source": "webhook"})
    phones = "SELECT registered_phone FROM accounts WHERE registered_phone IS NOT NULL"
    app = app_of(
        texted.settings, texted.key, lambda: [row["registered_phone"] for row in texted.inventory.rows(phones)]
    )
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    texted.world.post("/texts/provider", webhook=f"http://127.0.0.1:{port}/sms/twilio", signed_for=PUBLIC)
    yield texted
    server.should_exit = True
    thread.join()


def account(
    house: House, ways: str = "sms", portal: str = "uhc", methods: tuple[str, ...] = ("text",)
) -> tuple[str, str]:
    name, user = house.account(portal, methods=list(methods), phone=f"(555) 010-{next(_numbers)}")
    with house.inventory.write() as db:
        phone = house.world.account(portal, user)["phone"]
        db.table("accounts").update(name, {"code_ways": ways, "registered_phone": phone})
    return name, user


def send(house: House, phone: str, code: str, **changes: object) -> None:
    """A message that the portal did not send, or not now; as the portal words it."""
    said = {"from": SENDERS["uhc"][0], "to": phone, "body": f"Your access code is {code}. Do not share it."}
    house.world.post("/texts", **{**said, **changes})


async def lost_one_in_place_of_which(house: House, name: str, user: str, *sent: dict[str, Any]) -> RunResult:
    """A sign-in whose message is lost, while these come once it was asked for."""
    order(house, "uhc", user, "text_lost")
    before = house.world.account("uhc", user)["codes_sent"]
    async with house.runner() as runner:
        running = asyncio.create_task(runner.run(name, "login"))
        while house.world.account("uhc", user)["codes_sent"] == before:
            assert not running.done(), running.result()
            await asyncio.sleep(0.05)
        for each in sent:
            send(house, **each)
        return await running


def counted(house: House, name: str) -> list[tuple[str, str, int]]:
    return [row for row in ledger(house, name) if row[0] != "signed_in"]


@pytest.mark.parametrize("portal", ["uhc", "availity"])
async def test_a_code_out_of_the_list(texted: House, portal: str, policies: Callable[..., None]) -> None:
    policies("availity", announcements=False)  # closing one counts too
    name, user = account(texted, portal=portal, methods=("authenticator", "text"))
    run, _ = await ask(texted, name, flow="login")
    assert run.failure is None, run.failure
    seen = texted.world.account(portal, user)
    assert (seen["codes_sent"], seen["code_submissions"], seen["code_refusals"], seen["sign_ins"]) == (1, 1, 0, 1)
    assert counted(texted, name) == GOOD
    code = texted.world.get("/texts")["texts"][-1]["body"].split()[4].strip(".")
    said = [json.dumps(texted.inventory.rows(f"SELECT * FROM {table}")) for table in ("runs", "ledger", "notices")]
    assert not [text for text in said if f'"{code}"' in text]


async def test_a_code_that_is_brought_and_one_that_is_brought_again(brought: House) -> None:
    name, user = account(brought)
    run, _ = await ask(brought, name, flow="login")
    assert run.failure is None, run.failure
    assert counted(brought, name) == GOOD
    provider = brought.world.get("/texts")
    assert provider["answers"] == [200]
    used = provider["texts"][-1]
    control(brought, "DELETE", "/sessions", portal="uhc", user=user)
    again = {"phone": used["to"], "code": "", "body": used["body"], "sid": used["sid"]}
    run = await lost_one_in_place_of_which(brought, name, user, again)
    assert run.failure and run.failure.error == "CodeNotReceived", run.failure
    seen = brought.world.account("uhc", user)
    assert (seen["codes_sent"], seen["code_submissions"], seen["password_refusals"], seen["locked"]) == (2, 1, 0, False)
    assert brought.world.get("/texts")["answers"] == [200, 200]
    assert TextInbox(brought.settings.texts_folder, brought.key).strays() == {}


async def test_a_stale_or_foreign_message_is_never_used(texted: House) -> None:
    name, user = account(texted)
    phone = texted.world.account("uhc", user)["phone"]
    send(texted, phone, "111111")  # of a sign-in before this
    run = await lost_one_in_place_of_which(
        texted,
        name,
        user,
        {"phone": phone, "code": "222222", "age_seconds": 600},
        {"phone": phone, "code": "333333", "from": "+15550100777"},
        {"phone": "(555) 010-0999", "code": "444444"},
        {"phone": phone, "code": "555555 or 666666"},
    )
    assert run.failure and run.failure.error == "CodeNotReceived", run.failure
    assert "another number than those of sms_senders" in run.failure.message
    seen = texted.world.account("uhc", user)
    assert (seen["codes_sent"], seen["code_submissions"], seen["password_refusals"]) == (1, 0, 0)
    assert counted(texted, name) == GOOD[:2]


async def test_the_code_of_whoever_had_the_number_before_is_given_once(texted: House) -> None:
    """It can't be told from the account's own; refused, it is not given again, and no other is asked for."""
    name, user = account(texted)
    phone = texted.world.account("uhc", user)["phone"]
    run = await lost_one_in_place_of_which(texted, name, user, {"phone": phone, "code": "000000"})
    assert run.failure and run.failure.error == "CodeRejected", run.failure
    seen = texted.world.account("uhc", user)
    assert (seen["codes_sent"], seen["code_submissions"], seen["code_refusals"]) == (1, 1, 1)
    assert counted(texted, name)[2:] == [("code", "refused", 1)]


async def test_none_is_sent_to_a_number_that_is_somebody_elses_now(texted: House) -> None:
    name, user = account(texted)
    texted.world.post("/texts/provider", given_back=[texted.world.account("uhc", user)["phone"]])
    run, _ = await ask(texted, name, flow="login")
    assert run.failure and run.failure.error == "CodeNotReceived", run.failure
    assert "Register another number" in run.failure.message
    assert texted.world.account("uhc", user)["codes_sent"] == 0
    assert counted(texted, name) == [("password", "accepted", 1)]


@pytest.mark.parametrize("ways", ["authenticator,sms", "sms,authenticator"])
@pytest.mark.usefixtures("codes_at_once")
async def test_the_first_way_that_is_of_use_is_taken(texted: House, ways: str) -> None:
    """With a number that is somebody else's now that is the authenticator, in either order."""
    name, user = account(texted, ways, methods=("authenticator", "text"))
    if ways.startswith("sms"):
        texted.world.post("/texts/provider", given_back=[texted.world.account("uhc", user)["phone"]])
    run, _ = await ask(texted, name, flow="login")
    assert run.failure is None, run.failure
    assert texted.world.account("uhc", user)["codes_sent"] == 0
    assert counted(texted, name) == [GOOD[0], GOOD[2]]


@pytest.mark.parametrize(
    ("ways", "methods", "error", "said"),
    [
        ("authenticator", ("text",), "ActionRequired", "code_ways=sms"),
        ("sms", ("authenticator",), "CodeNotReceived", "offers no code by sms"),
    ],
)
async def test_a_way_that_the_portal_does_not_offer(
    texted: House, ways: str, methods: tuple[str, ...], error: str, said: str
) -> None:
    name, user = account(texted, ways, methods=methods)
    run, _ = await ask(texted, name, flow="login")
    assert run.failure and (run.failure.error, said in run.failure.message) == (error, True), run.failure
    seen = texted.world.account("uhc", user)
    assert (seen["codes_sent"], seen["code_submissions"]) == (0, 0)
