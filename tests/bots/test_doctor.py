"""The doctor tells what would make a run fail, in one line each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from office import Office
from pydantic import SecretStr
from twilio_double import ACCOUNT, PUBLIC, TOKEN, TwilioServer

from bots import now, settings
from bots.codes.secrets import ChannelSecrets
from bots.codes.text_inbox import TextInbox
from bots.doctor import examine
from bots.inventory import Inventory, stamp
from bots.inventory.audit import record_audit
from bots.sealing import create_key, load_key
from bots.vault import create_vault
from payers.registry import find_portal


def told(home: Path, what: str) -> tuple[bool, str]:
    finding = next(each for each in examine(settings.load(home)) if each.what == what)
    return finding.good, finding.words


@pytest.mark.parametrize(("hours", "good"), [(-1, True), (1, False)])
def test_a_clock_that_was_set_back_is_told(tmp_path: Path, hours: int, good: bool) -> None:
    inventory = Inventory(settings.load(tmp_path).database)
    with inventory.write() as db:
        record_audit(db, at=stamp(now.utc() + timedelta(hours=hours)), who="Ann", action="x")
    inventory.close()
    well, words = told(tmp_path, "clock")
    assert well is good
    assert good or "Set the clock right" in words


def test_where_letters_are_to_arrive_has_to_be_a_maildir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(tmp_path, "letters") == (True, "none are expected: mail_server is not set")
    monkeypatch.setenv("PORTALKEEPER_MAIL_SERVER", "mx.practice.example")
    assert told(tmp_path, "letters")[0] is False
    (tmp_path / "mail" / "new").mkdir(parents=True)
    assert told(tmp_path, "letters") == (True, str(tmp_path / "mail"))


def texting(home: Path, monkeypatch: pytest.MonkeyPatch, server: TwilioServer, source: str = "twilio") -> None:
    """A data folder whose one account gets its codes by text message."""
    chosen = settings.load(home)
    key = create_key(chosen.key_file)
    create_vault(chosen.vault_folder, key).put("a", password=SecretStr("x"))
    ChannelSecrets(chosen.codes_folder, key).put("sms", SecretStr(TOKEN))
    values = {"sms_source": source, "sms_account": ACCOUNT, "sms_address": server.address}
    values |= {"sms_public_address": PUBLIC, "sms_senders": '{"availity": ["22395"]}'}
    for name, value in values.items():
        monkeypatch.setenv(f"PORTALKEEPER_{name.upper()}", value)
    office = Office(home)
    with office.inventory.write() as db:
        db.table("accounts").update("a", {"code_ways": "sms", "registered_phone": "(555) 010-0199"})
    office.inventory.close()
    portal = replace(find_portal("availity"), text_digits=6)
    for place in ("bots.codes.texting.find_portal", "bots.doctor.find_portal"):
        monkeypatch.setattr(place, lambda name: portal)


@pytest.fixture
def server() -> Iterator[TwilioServer]:
    made = TwilioServer()
    yield made
    made.stop()


def test_text_messages_are_looked_at_where_accounts_have_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: TwilioServer
) -> None:
    assert told(tmp_path, "text messages") == (True, "none are expected: sms_source is not set")
    texting(tmp_path, monkeypatch, server)
    assert told(tmp_path, "text messages") == (True, f"account {ACCOUNT} of Twilio is open")
    server.numbers.clear()
    assert "ending in 0199 any more" in told(tmp_path, "text messages")[1]
    server.token = "another"
    assert "pk codes set sms" in told(tmp_path, "text messages")[1]
    monkeypatch.setenv("PORTALKEEPER_SMS_SENDERS", "{}")
    for what in ("text messages", "account a"):
        good, words = told(tmp_path, what)
        assert not good
        assert "sms_senders" in words


def test_numbers_that_no_account_has_are_told_for_a_week(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: TwilioServer
) -> None:
    texting(tmp_path, monkeypatch, server, "webhook")
    assert told(tmp_path, "text messages") == (True, f"brought to {PUBLIC}")
    chosen = settings.load(tmp_path)
    TextInbox(chosen.texts_folder, load_key(chosen.key_file)).stray("+15550100777")
    good, words = told(tmp_path, "text messages")
    assert not good
    assert "ending in 0777" in words
    later = now.utc() + timedelta(days=8)
    monkeypatch.setattr("bots.now.utc", lambda: later)
    assert told(tmp_path, "text messages")[0]


@pytest.mark.parametrize(
    ("ways", "said"),
    [
        ("authenticator", "pk vault set a --totp"),
        ("email", "registered_email"),
        ("backup", "pk codes backup a"),
        ("person", ""),
        ("", ""),
    ],
)
def test_each_way_of_an_account_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: TwilioServer, ways: str, said: str
) -> None:
    texting(tmp_path, monkeypatch, server)
    inventory = Inventory(settings.load(tmp_path).database)
    with inventory.write() as db:
        db.table("accounts").update("a", {"code_ways": ways or None})
    inventory.close()
    words = told(tmp_path, "account a")[1]
    assert said in words
    assert said or not any(word in words for word in ("code", "registered", "authenticator"))
