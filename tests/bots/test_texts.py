"""Codes by text message: polled and brought, believed only when all fits, used once, and gone after an hour."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from pydantic import SecretStr
from twilio_double import ACCOUNT, OURS, PUBLIC, SENDER, TOKEN, TwilioServer, new_sid, signed

from bots import now, settings
from bots.codes import text_inbox, twilio
from bots.codes.secrets import ChannelSecrets
from bots.codes.sms_webhook import app_of, sms_app
from bots.codes.text_inbox import TextInbox
from bots.codes.texting import check_complete
from bots.codes.texts import Text, Texts, number
from bots.codes.twilio import TwilioMessages, signature
from bots.sealing import create_key
from flows.errors import CodeNotReceived, InputError
from payers.portals.availity import PORTAL as AVAILITY
from payers.registry import find_portal

PORTAL = replace(AVAILITY, text_digits=6)
SENDERS = {PORTAL.name: [SENDER]}
NEEDLE = "Your code is 482913. Do not share it."


@pytest.fixture
def inbox(tmp_path: Path) -> TextInbox:
    return TextInbox(tmp_path / "texts", create_key(tmp_path / "vault.key"))


@pytest.fixture
async def webhook(inbox: TextInbox) -> AsyncIterator[httpx.AsyncClient]:
    app = sms_app(inbox, PUBLIC, ACCOUNT, lambda: SecretStr(TOKEN), lambda each: number(each) == OURS)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[TwilioServer]:
    monkeypatch.setattr(twilio, "POLL_SECONDS", 0.02)
    made = TwilioServer()
    yield made
    made.stop()


@pytest.fixture
def polled(server: TwilioServer) -> TwilioMessages:
    return TwilioMessages(server.address, ACCOUNT, lambda: SecretStr(TOKEN))


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_inbox, "POLL_SECONDS", 0.02)


def text(body: str = NEEDLE, *, sender: str = SENDER, to: str = OURS, ago: timedelta = timedelta(0)) -> Text:
    return Text(new_sid(), sender, to, now.utc() - ago, SecretStr(body))


# the signature, and what is brought


def test_the_signature_of_twilios_own_example() -> None:
    form = {"CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234"}
    form |= {"From": "+14158675309", "To": "+18005551212"}
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert signature("12345", url, form.items()) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


async def test_a_signed_message_is_kept_sealed_and_its_code_used_once(
    webhook: httpx.AsyncClient, inbox: TextInbox, tmp_path: Path
) -> None:
    texts = Texts(inbox, SENDERS)
    mark = await texts.mark(PORTAL, "a", "(555) 010-0199")
    form, headers = signed(NEEDLE)
    with structlog.testing.capture_logs() as logs:
        answer = await webhook.post("/sms/twilio", data=form, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert "482913" not in str(logs)
    assert not any(b"482913" in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert (await texts.wait(PORTAL, OURS, mark, 60)).get_secret_value() == "482913"
    with pytest.raises(CodeNotReceived, match="no text message with a code came"):
        await texts.wait(PORTAL, OURS, mark, 0.1)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"Body": "Your code is 111111"}, 403),
        ({"From": "99999"}, 403),
        ({"Extra": "x"}, 403),
        ({"Body": "x" * 40_000}, 413),
    ],
)
async def test_what_was_changed_on_its_way_is_refused(
    webhook: httpx.AsyncClient, inbox: TextInbox, change: dict[str, str], status: int
) -> None:
    form, headers = signed(NEEDLE)
    assert (await webhook.post("/sms/twilio", data=form | change, headers=headers)).status_code == status
    assert [*inbox._files()] == []


async def test_without_a_signature_by_another_account_elsewhere_or_otherwise_nothing_is_kept(
    webhook: httpx.AsyncClient, inbox: TextInbox
) -> None:
    form, headers = signed(NEEDLE)
    assert (await webhook.post("/sms/twilio", data=form)).status_code == 403
    other, its_headers = signed(NEEDLE, AccountSid="AC" + "1" * 32)
    assert (await webhook.post("/sms/twilio", data=other, headers=its_headers)).status_code == 403
    assert (await webhook.post("/sms/another", data=form, headers=headers)).status_code == 404
    assert (await webhook.get("/sms/twilio")).status_code == 405
    evil, its_headers = signed(NEEDLE, MessageSid="../../vault/a")
    assert (await webhook.post("/sms/twilio", data=evil, headers=its_headers)).status_code == 200
    assert [*inbox._files()] == []


async def test_a_request_that_is_sent_again_is_no_new_message_even_when_the_first_is_gone(
    webhook: httpx.AsyncClient, inbox: TextInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    form, headers = signed(NEEDLE)
    await webhook.post("/sms/twilio", data=form, headers=headers)
    [file] = inbox._files()
    later = now.utc() + timedelta(hours=1, seconds=1)
    monkeypatch.setattr("bots.now.utc", lambda: later)
    assert await inbox.place(OURS) == frozenset()
    inbox.purge()
    assert file.read_bytes() == b""
    texts = Texts(inbox, SENDERS)
    mark = await texts.mark(PORTAL, "a", OURS)
    assert (await webhook.post("/sms/twilio", data=form, headers=headers)).status_code == 200
    with pytest.raises(CodeNotReceived):
        await texts.wait(PORTAL, OURS, mark, 0.1)


async def test_a_number_that_no_account_has_is_told_and_what_came_to_it_is_not_kept(
    webhook: httpx.AsyncClient, inbox: TextInbox
) -> None:
    form, headers = signed(NEEDLE, To="+15550100777")
    assert (await webhook.post("/sms/twilio", data=form, headers=headers)).status_code == 200
    assert [*inbox._files()] == []
    assert [*inbox.strays()] == ["0777"]


async def test_two_that_wait_for_one_message_do_not_both_get_it(inbox: TextInbox) -> None:
    other = TextInbox(inbox._folder, inbox._key)
    marks = [await Texts(each, SENDERS).mark(PORTAL, "a", OURS) for each in (inbox, other)]
    inbox.put(text())
    waits = [
        Texts(each, SENDERS).wait(PORTAL, OURS, mark, 0.5) for each, mark in zip((inbox, other), marks, strict=True)
    ]
    got = await asyncio.gather(*waits, return_exceptions=True)
    assert sorted(isinstance(each, CodeNotReceived) for each in got) == [False, True]


async def test_a_damaged_message_does_not_stand_in_the_way(inbox: TextInbox) -> None:
    texts = Texts(inbox, SENDERS)
    mark = await texts.mark(PORTAL, "a", OURS)
    inbox.put(text())
    [file] = inbox._files()
    file.write_bytes(file.read_bytes()[:-9])
    inbox.put(text("Your code is 555555"))
    assert (await texts.wait(PORTAL, OURS, mark, 60)).get_secret_value() == "555555"


# what is believed


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({}, "482913"),
        ({"body": "Code: 482 913"}, "482913"),
        ({"body": "Code: 482-913 expires"}, "482913"),
        ({"body": "4 8 2 9 1 3 is your code"}, "482913"),
        ({"to": "(555) 010-0199"}, "482913"),
        ({"sender": "+15550100222"}, "from another number"),
        ({"body": "482913 or 482914"}, "2 codes"),
        ({"body": "Welcome"}, "no codes"),
        ({"body": "Your code is 48291"}, "no codes"),
        ({"ago": timedelta(minutes=3)}, "before it was asked for"),
    ],
)
async def test_a_message_is_used_when_all_fits(inbox: TextInbox, message: dict[str, Any], code: str) -> None:
    texts = Texts(inbox, SENDERS)
    mark = await texts.mark(PORTAL, "a", OURS)
    inbox.put(text(**message))
    if code == "482913":
        assert (await texts.wait(PORTAL, OURS, mark, 60)).get_secret_value() == code
    else:
        with pytest.raises(CodeNotReceived, match=code) as told:
            await texts.wait(PORTAL, OURS, mark, 0.1)
        assert "48291" not in str(told.value)


async def test_what_was_there_or_is_to_another_account_is_not_used(inbox: TextInbox) -> None:
    texts = Texts(inbox, SENDERS)
    inbox.put(text("Your code is 111111"))
    mark = await texts.mark(PORTAL, "a", OURS)
    inbox.put(text("Your code is 222222", to="+15550100200"))
    with pytest.raises(CodeNotReceived):
        await texts.wait(PORTAL, OURS, mark, 0.1)


@pytest.mark.parametrize(
    ("senders", "phone", "said"),
    [({}, OURS, "sms_senders"), (SENDERS, "", "pk account set a --set registered_phone"), (SENDERS, "x", "registered")],
)
async def test_where_no_message_could_be_believed_none_is_asked_for(
    inbox: TextInbox, senders: dict[str, list[str]], phone: str, said: str
) -> None:
    with pytest.raises(CodeNotReceived, match=said):
        await Texts(inbox, senders).mark(PORTAL, "a", phone)


# Twilio's list


async def test_a_message_is_found_in_the_list_over_all_its_pages(server: TwilioServer, polled: TwilioMessages) -> None:
    texts = Texts(polled, SENDERS)
    for _ in range(5):
        server.send("Your code is 111111")
    server.send("Your code is 333333", ago=timedelta(days=3))
    mark = await texts.mark(PORTAL, "a", OURS)
    assert len(mark.place) == 5
    waiting = asyncio.create_task(texts.wait(PORTAL, OURS, mark, 60))
    server.send("Your code is 222222", to="+15550100200")
    server.send("Your code is 222222", sender="+15550100222")
    server.send(NEEDLE)
    assert (await waiting).get_secret_value() == "482913"


async def test_an_outage_while_it_is_waited_for_is_borne_and_one_until_the_end_is_told(
    server: TwilioServer, polled: TwilioMessages
) -> None:
    texts = Texts(polled, SENDERS)
    mark = await texts.mark(PORTAL, "a", OURS)
    server.fault = 503
    waiting = asyncio.create_task(texts.wait(PORTAL, OURS, mark, 60))
    while "GET" not in " ".join(server.requests[1:]):
        await asyncio.sleep(0.01)
    server.send(NEEDLE)
    server.fault = 0
    assert (await waiting).get_secret_value() == "482913"
    server.fault = 502
    with pytest.raises(CodeNotReceived, match="answers with status 502"):
        await texts.wait(PORTAL, OURS, mark, 0.2)


async def test_a_wrong_token_and_an_answer_of_another_form_are_told_without_a_secret(
    server: TwilioServer, polled: TwilioMessages, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.token = "another"
    with pytest.raises(CodeNotReceived, match="refuses the worker: pk codes set sms") as told:
        await polled.place(OURS)
    assert "needle" not in f"{told.value} {told.value!r}"
    monkeypatch.setattr(
        server, "answer", lambda *given: {"incoming_phone_numbers": [{"phone_number": OURS}], "messages": [{"sid": 1}]}
    )
    with pytest.raises(CodeNotReceived, match="another form"):
        await polled.place(OURS)


async def test_the_list_leads_to_no_other_address(server: TwilioServer, polled: TwilioMessages) -> None:
    owned = [{"phone_number": OURS}]
    answer = {"incoming_phone_numbers": owned, "messages": [], "next_page_uri": "//evil.example/x"}
    server.answer = lambda *given: answer  # type: ignore[method-assign]
    await polled.place(OURS)
    assert len(server.requests) == 2


async def test_a_number_that_is_somebody_elses_now_is_told(server: TwilioServer, polled: TwilioMessages) -> None:
    assert "is open" in await polled.stand([OURS])
    server.numbers.clear()
    for looked in (polled.stand([OURS]), Texts(polled, SENDERS).mark(PORTAL, "a", OURS)):
        with pytest.raises(CodeNotReceived, match="ending in 0199 any more"):
            await looked


# the listener of a data folder


async def test_the_listener_knows_the_accounts_numbers_and_wants_all_its_settings(tmp_path: Path) -> None:
    key = create_key(tmp_path / "vault.key")
    chosen = settings.load(tmp_path)
    for name, value in {"sms_source": "webhook", "sms_account": ACCOUNT, "sms_public_address": PUBLIC}.items():
        with pytest.raises(InputError, match=f"set {name}"):
            app_of(chosen, key, list)
        chosen = chosen.model_copy(update={name: value})
    with pytest.raises(InputError, match="pk codes set sms"):
        app_of(chosen, key, list)
    ChannelSecrets(chosen.codes_folder, key).put("sms", SecretStr(TOKEN))
    numbers: list[str] = []
    transport = httpx.ASGITransport(app=app_of(chosen, key, lambda: numbers))
    inbox = TextInbox(chosen.texts_folder, key)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        for known in ([], ["(555) 010-0199"]):
            numbers[:] = known
            form, headers = signed(NEEDLE)
            assert (await client.post("/sms/twilio", data=form, headers=headers)).status_code == 200
            assert len([*inbox._files()]) == len(known)


@pytest.mark.parametrize("source", ["twilio", "webhook"])
def test_what_people_are_told_to_set_is_all_there_is_to_set(tmp_path: Path, source: str) -> None:
    told = (Path(__file__).parents[2] / "docs" / "codes.md").read_text().split("```toml\n")
    [recipe] = [part.partition("```")[0] for part in told if part.startswith(f'sms_source = "{source}"')]
    chosen = settings.load(tmp_path)
    chosen.config_file.parent.mkdir()
    chosen.config_file.write_text(recipe)
    chosen = settings.load(tmp_path)
    check_complete(chosen)
    assert (chosen.sms_source, source == "twilio" or chosen.sms_port > 0) == (source, True)
    assert {find_portal(name).text_digits for name in chosen.sms_senders} == {6}
