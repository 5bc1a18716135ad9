"""A session that is asked for a code by text message: counted before it is sent, used once, another way where none comes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from test_texts import OURS, PORTAL, SENDERS, text

from bots.challenge import Challenge
from bots.codes import text_inbox
from bots.codes.backup import BackupCodes
from bots.codes.channels import Ask, Channels
from bots.codes.inbox import Inbox, Maildir
from bots.codes.text_inbox import TextInbox
from bots.codes.texts import Texts
from bots.sealing import create_key
from bots.vault import create_vault
from flows.errors import CodeNotReceived
from flows.parties import Account, CodeWay


class Told:
    """Desk and attempts, as far as a code needs them: what was asked of them, in order."""

    def __init__(self) -> None:
        self.story: list[str] = []
        self.handed_out: set[str] = set()

    async def ask_for_code(self) -> None:
        self.story.append("asked for")

    async def settle_code(self, verdict: object) -> None:
        """Nothing was open."""

    async def settle_taken(self) -> None:
        """Nothing was open."""

    async def open_code(self, code: str, time_step: int | None = None, fingerprint: str | None = None) -> None:
        assert fingerprint
        self.story.append(f"code {code}")


class Seat:
    def __init__(self, home: Path, ways: str = "sms", ask: Ask | None = None, **account: Any) -> None:
        self.told = Told()
        key = create_key(home / "vault.key")
        self.inbox = TextInbox(home / "texts", key)
        channels = Channels(
            inbox=Inbox(Maildir(home / "mail"), "mx"),
            turns=home / "leases",
            letter_seconds=0.3,
            code_seconds=0.3,
            backup=BackupCodes(home / "backup", key),
            ask=ask,
            texts=Texts(self.inbox, SENDERS),
        )
        named = {"name": "a", "portal": PORTAL.name, "username": "u", "phone": OURS} | account
        person = Account(code_ways=tuple(CodeWay(way) for way in ways.split(",")), **named)
        vault = create_vault(home / "vault", key)
        vault.put("a", password=SecretStr("x"))
        told: Any = self.told
        self.channels = channels
        self.challenge = Challenge(person, PORTAL, "https://portal.example", channels, told, vault, told)


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_inbox, "POLL_SECONDS", 0.02)


async def test_it_is_counted_before_it_is_sent_and_used_once(tmp_path: Path) -> None:
    seat = Seat(tmp_path)
    seat.inbox.put(text("Your code is 111111"))  # of another sign-in
    await seat.challenge.expect_code(CodeWay.SMS)
    seat.inbox.put(text())
    assert (await seat.challenge.code(CodeWay.SMS)).get_secret_value() == "482913"
    assert seat.told.story == ["asked for", "code 482913"]
    assert seat.told.handed_out == {"482913"}


async def test_one_request_is_under_way_for_a_portal_and_the_next_gets_its_turn(tmp_path: Path) -> None:
    seat = Seat(tmp_path)
    await seat.challenge.expect_code(CodeWay.SMS)
    with pytest.raises(CodeNotReceived, match="another account has waited"):
        await seat.channels.turn("texts", PORTAL.name)
    seat.challenge.over()
    (await seat.channels.turn("texts", PORTAL.name)).leave()


@pytest.mark.parametrize(
    ("account", "said"),
    [({"phone": ""}, "registered_phone"), ({"portal": PORTAL.name, "ways": "email"}, "code_ways=sms")],
)
async def test_where_none_could_come_none_is_asked_for(tmp_path: Path, account: dict[str, str], said: str) -> None:
    seat = Seat(tmp_path, **account)
    with pytest.raises(CodeNotReceived, match=said):
        await seat.challenge.expect_code(CodeWay.SMS)
        await seat.challenge.code(CodeWay.SMS)
    assert seat.told.story == []
    (await seat.channels.turn("texts", PORTAL.name)).leave()  # which is free again


async def test_a_person_is_asked_when_none_comes(tmp_path: Path) -> None:
    async def ask(words: str, seconds: float) -> str:
        assert "code by sms" in words
        return "482-914"

    seat = Seat(tmp_path, "sms,person", ask)
    await seat.challenge.expect_code(CodeWay.SMS)
    assert (await seat.challenge.code(CodeWay.SMS)).get_secret_value() == "482914"


async def test_a_source_that_is_not_set_is_told(tmp_path: Path) -> None:
    seat = Seat(tmp_path)
    seat.challenge._channels = replace(seat.channels, texts=None)
    with pytest.raises(CodeNotReceived, match="set sms_source"):
        await asyncio.wait_for(seat.challenge.expect_code(CodeWay.SMS), 5)
