"""Codes and links out of a real mailbox: a Dovecot over IMAPS, letters handed in as a mail server does."""

from __future__ import annotations

import asyncio
import logging
import statistics
import time
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import format_datetime
from pathlib import Path

import dovecot
import psutil
import pytest
from dovecot import PASSWORD, USER, Dovecot

from bots import now
from bots.codes.imap import ImapMailbox, Login
from bots.codes.inbox import Inbox
from bots.codes.turns import Turn
from flows.errors import CodeNotReceived
from payers.model import Letter

SERVER = "mx.practice.example"
PORTAL, OTHER = "https://portal.example.com", "https://another.example.net"
TO = "portals+ann@practice.example"
CODES = Letter(domains=frozenset({"example.com"}), subject="code", code_digits=6)
OTHERS = Letter(domains=frozenset({"example.net"}), subject="code", code_digits=6)
LINKS = Letter(domains=frozenset({"example.com"}), subject="reset", link="/reset?")


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with dovecot.dovecot() as server:
        yield server


def login(server: Dovecot, secret: str = PASSWORD, **changes: object) -> Login:
    given = {"host": "localhost", "port": server.port, "user": USER, "secret": lambda: secret}
    return Login(**{**given, "authority": server.authority, **changes})


def inbox(server: Dovecot, **changes: object) -> Inbox:
    return Inbox(ImapMailbox(login(server, **changes)), SERVER)


def letter(text: str = "", html: str = "", domain: str = "example.com", **headers: str) -> bytes:
    made = EmailMessage()
    made["Authentication-Results"] = f"{SERVER}; dkim=pass header.d={domain}"
    standing = {"From": f"Portal <noreply@{domain}>", "To": TO, "Subject": "Your code"}
    for name, value in {**standing, "Date": format_datetime(now.utc()), **headers}.items():
        made[name] = value
    if text:
        made.set_content(text)
    if html and text:
        made.add_alternative(html, subtype="html")
    elif html:
        made.set_content(html, subtype="html")
    return made.as_bytes()


async def received(box: Inbox, wanted: Letter = CODES, to: str = TO, seconds: float = 10) -> str:
    """What comes of a letter that is handed in by the caller after the mark."""
    mark = await box.mark()
    return (await box.wait(wanted, to, PORTAL, mark, seconds)).get_secret_value()


async def handed_in(server: Dovecot, *letters: bytes) -> None:
    for each in letters:
        await asyncio.to_thread(server.deliver, each)


async def answer(server: Dovecot, *letters: bytes, wanted: Letter = CODES, seconds: float = 10) -> str:
    box = inbox(server)
    mark = await box.mark()
    waiting = asyncio.create_task(box.wait(wanted, TO, PORTAL, mark, seconds))
    await handed_in(server, *letters)
    return (await waiting).get_secret_value()


HTML = "<style>p{color:#112233}</style><p style='color:#445566'>Use <b>123456</b></p><p>10 minutes</p>"
BODIES = {  # text, HTML
    "plain": ("Your code is 123456.", ""),
    "two parts": ("Your code is 123456.", "<p>Your code is <b>123456</b>. Colour: #654321</p>"),
    "html only": ("", HTML),
    "blank": ("Your code: 123 456\n", ""),
    "dash": ("Your code: 123-456\n", ""),
    "cells": ("", "<td>1</td><td>2</td><td>3</td><td>4</td><td>5</td><td>6</td>"),
    "other numbers": (
        "123456 is your code. Questions? Call 800-555-1212 or 8005551212.\nSee https://example.com/111222",
        "",
    ),
    "empty plain part": ("This page needs HTML.", "<p>Use 123&nbsp;456</p>"),
}


@pytest.mark.parametrize("body", BODIES)
async def test_a_code_is_read_however_it_is_written(server: Dovecot, body: str) -> None:
    assert await answer(server, letter(*BODIES[body])) == "123456"


async def test_a_link_is_read(server: Dovecot) -> None:
    link = "https://id.example.com/reset?token=x&y=1"
    made = letter(f"Go to {link}", f'<a href="{link.replace("&", "&amp;")}">here</a>', Subject="Please reset it")
    assert await answer(server, made, wanted=LINKS) == link


def forwarded() -> bytes:
    outer = EmailMessage()
    outer.set_content("see below")
    outer.add_attachment(message_from_bytes(letter("111111"), policy=default))
    return letter("x").split(b"Content-Type")[0] + outer.as_bytes()


FOREIGN = {  # made when they are sent, for an old letter is refused in any case
    "another recipient": lambda: letter("111111", To="portals+bo@practice.example"),
    "another subject": lambda: letter("111111", Subject="Your bill"),
    "another signer": lambda: letter("111111", domain="stranger.example"),
    "another sender": lambda: letter("111111", From="Portal <noreply@stranger.example>"),
    "no signature": lambda: letter("111111").replace(b"dkim=pass", b"dkim=fail"),
    "another server's word": lambda: letter("111111").replace(SERVER.encode(), b"mx.stranger.example"),
    "an older date": lambda: letter("111111", Date=format_datetime(now.utc() - timedelta(minutes=10))),
    "two codes": lambda: letter("111111 or 222222"),
    "no code": lambda: letter("11111 or 2222222"),
    "a letter inside": forwarded,
}


@pytest.mark.parametrize("foreign", FOREIGN)
async def test_another_letter_is_never_used(server: Dovecot, foreign: str) -> None:
    assert await answer(server, FOREIGN[foreign](), letter("222333")) == "222333"


async def test_an_older_letter_is_never_used(server: Dovecot) -> None:
    """Not the one that came before, though it is right in everything else; and not the one that was used."""
    await handed_in(server, letter("111111"))
    box = inbox(server)
    with pytest.raises(CodeNotReceived, match="no letter"):
        await received(box, seconds=3)
    first = await box.mark()
    await handed_in(server, letter("222222"))
    assert (await box.wait(CODES, TO, PORTAL, first, 10)).get_secret_value() == "222222"
    with pytest.raises(CodeNotReceived):
        await received(box, seconds=3)


async def test_two_accounts_that_wait_on_one_mailbox_each_get_their_own(server: Dovecot) -> None:
    box, other = inbox(server), "portals+bo@practice.example"
    waits = [(CODES, TO, PORTAL), (CODES, other, PORTAL), (OTHERS, TO, OTHER), (OTHERS, other, OTHER)]
    mark = await box.mark()
    waiting = [asyncio.create_task(box.wait(*each, mark, 15)) for each in waits]
    made = [
        letter(f"{number}{number}" * 3, domain=domain, To=to)
        for number, (domain, to) in enumerate(
            [("example.com", TO), ("example.com", other), ("example.net", TO), ("example.net", other)], 1
        )
    ]
    await handed_in(server, *reversed(made))
    assert [each.get_secret_value() for each in await asyncio.gather(*waiting)] == [
        "111111",
        "222222",
        "333333",
        "444444",
    ]


@pytest.mark.parametrize("idle", [True, False], ids=["told at once", "asked again and again"])
async def test_how_long_a_code_takes(idle: bool) -> None:
    """Within two seconds of its delivery, by the median."""
    taken: list[float] = []
    with dovecot.dovecot(idle=idle) as own:
        box = inbox(own)
        for number in range(7):
            mark = await box.mark()
            waiting = asyncio.create_task(box.wait(CODES, TO, PORTAL, mark, 15))
            await asyncio.sleep(0.3 * number)  # at any moment of the watch
            await handed_in(own, letter(f"{100000 + number}"))
            delivered = time.monotonic()
            assert (await waiting).get_secret_value() == f"{100000 + number}"
            taken.append(time.monotonic() - delivered)
    print(f"\nmedian {statistics.median(taken):.2f} s, longest {max(taken):.2f} s, idle {idle}")
    assert statistics.median(taken) < 2


async def test_a_mailbox_that_takes_tokens(server: Dovecot, caplog: pytest.LogCaptureFixture) -> None:
    box = inbox(server, secret=dovecot.TOKEN, by_oauth=True)
    mark = await box.mark()
    waiting = asyncio.create_task(box.wait(CODES, TO, PORTAL, mark, 10))
    await handed_in(server, letter("123456"))
    assert (await waiting).get_secret_value() == "123456"
    with pytest.raises(CodeNotReceived, match="refuses the sign-in"):
        await inbox(server, secret="another", by_oauth=True).mark()


async def test_what_keeps_a_mailbox_from_being_read(server: Dovecot, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for change, words in (
        ({"secret": "wrong $ecret"}, "refuses the sign-in"),
        ({"port": 1}, "can't be reached"),
        ({"authority": None}, "certificate is not trusted"),
        ({"host": "127.0.0.1"}, "certificate is not trusted"),
    ):
        with pytest.raises(CodeNotReceived, match=words) as told:
            await inbox(server, **change).mark()
        assert "ecret" not in str(told.value) + repr(login(server)) + caplog.text


async def test_a_full_mailbox_is_told_before_anything_is_asked_for() -> None:
    with dovecot.dovecot(quota=300_000) as own:
        box = inbox(own)
        await box.mark()
        await handed_in(own, letter("x" * 220_000))
        with pytest.raises(CodeNotReceived, match="full"):
            await box.mark()


async def test_a_server_that_takes_no_more_connections() -> None:
    refused = pytest.raises(CodeNotReceived, match=r"takes nobody now \(LIMIT\)")
    with dovecot.dovecot(connections=1) as own, login(own).opened(), refused:
        await inbox(own).mark()


async def test_a_connection_that_is_cut_is_made_again(server: Dovecot) -> None:
    box = inbox(server)
    mark = await box.mark()
    waiting = asyncio.create_task(box.wait(CODES, TO, PORTAL, mark, 20))
    await asyncio.sleep(1.5)
    mine = [each for each in psutil.Process(server.pid).children(recursive=True) if each.name() == "imap"]
    assert mine
    for each in mine:
        each.kill()
    await handed_in(server, letter("123456"))
    assert (await waiting).get_secret_value() == "123456"


async def test_one_asks_at_a_time(tmp_path: Path) -> None:
    first = await Turn.taken(tmp_path / "letters-portal.turn", 1)
    with pytest.raises(CodeNotReceived, match="another account"):
        await Turn.taken(tmp_path / "letters-portal.turn", 0.3)
    first.leave()
    (await Turn.taken(tmp_path / "letters-portal.turn", 0.3)).leave()
