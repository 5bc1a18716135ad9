"""The commands for text messages: what is stored, what is looked at, and the listener as a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from managers import free_port
from test_doctor import texting
from test_vault_moving import Desk
from twilio_double import ACCOUNT, TOKEN, TwilioServer, signed

from bots.cli.office import office
from flows.errors import InputError


@pytest.fixture
def server() -> Iterator[TwilioServer]:
    made = TwilioServer()
    yield made
    made.stop()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: TwilioServer) -> Iterator[Desk]:
    made = Desk(tmp_path / "home", monkeypatch)
    yield made
    office.__dict__.clear()


def test_the_token_is_stored_unseen_and_tried(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, server: TwilioServer
) -> None:
    monkeypatch.setenv("PORTALKEEPER_SMS_SOURCE", "twilio")
    monkeypatch.setenv("PORTALKEEPER_SMS_ACCOUNT", ACCOUNT)
    monkeypatch.setenv("PORTALKEEPER_SMS_ADDRESS", server.address)
    with pytest.raises(InputError, match="pk codes set sms"):
        desk.run("codes", "check")
    stored = desk.run("codes", "set", "sms", given=f"{TOKEN}\n").output
    assert TOKEN not in stored
    assert f"account {ACCOUNT} of Twilio is open" in desk.run("codes", "check", "--json").output
    assert not any(TOKEN.encode() in file.read_bytes() for file in desk.home.rglob("*") if file.is_file())
    with pytest.raises(InputError, match="there are: mailbox, sms"):
        desk.run("codes", "set", "pigeon", given="x\n")


def test_the_listener_takes_a_signed_message_on_this_machine_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: TwilioServer
) -> None:
    home, port = tmp_path / "office", free_port()
    home.mkdir()
    texting(home, monkeypatch, server, "webhook")
    monkeypatch.setenv("PORTALKEEPER_HOME", str(home))
    monkeypatch.setenv("PORTALKEEPER_SMS_PORT", str(port))
    process = subprocess.Popen([sys.executable, "-m", "bots", "codes", "listen"], stderr=subprocess.PIPE)
    try:
        url = f"http://127.0.0.1:{port}/sms/twilio"
        form, headers = signed("Your code is 482913")
        deadline = time.monotonic() + 60
        while not _answers(url):
            assert process.poll() is None, process.stderr and process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert httpx.post(url, data=form).status_code == 403
        assert httpx.post(url, data=form, headers=headers).status_code == 200
        listening = [at.laddr.ip for at in psutil.Process(process.pid).net_connections() if at.status == "LISTEN"]
        assert listening == ["127.0.0.1"]
    finally:
        process.terminate()
        process.wait()
    [kept] = (home / "codes" / "texts").glob("*.age")
    assert b"482913" not in kept.read_bytes()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 405
    except httpx.TransportError:
        return False
