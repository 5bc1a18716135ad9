"""Whether codes by text message could be received and believed, as the settings and the accounts have it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from bots import now
from bots.codes.channels import text_source
from bots.codes.secrets import ChannelSecrets
from bots.codes.text_inbox import TextInbox
from bots.codes.texts import number
from bots.codes.twilio import TwilioMessages
from bots.sealing import Key
from bots.settings import Settings, is_loopback
from flows.errors import InputError
from payers.registry import find_portal

STRAYS_FOR = timedelta(days=7)
PATH = "/sms/twilio"


def check_texts(settings: Settings, key: Key, accounts: Iterable[Mapping[str, Any]]) -> str:
    """How the source of text messages stands, for the rows of the accounts that have the way *sms*.

    Raises `InputError` or `CodeNotReceived`, saying what to do, where none could be received or believed.
    """
    rows = [*accounts]
    check_complete(settings)
    for row in rows:
        check_account_texts(settings, row)
    source = text_source(settings, key)
    ChannelSecrets(settings.codes_folder, key).get("sms")
    if isinstance(source, TwilioMessages):
        return asyncio.run(source.stand(row["registered_phone"] for row in rows))
    if isinstance(source, TextInbox):
        return _brought(source, settings)
    raise InputError(f"no text message could be read: set sms_source in {settings.config_file}")


def check_complete(settings: Settings) -> None:
    """Raise `InputError` for settings that are missing."""
    if not re.fullmatch(r"AC[0-9a-f]{32}", settings.sms_account):
        raise InputError(f"set sms_account in {settings.config_file}: the Account SID of Twilio, AC and 32 digits")
    public = settings.sms_public_address
    whole = public.startswith("https://") or is_loopback(public)
    if settings.sms_source == "webhook" and not (whole and public.partition("?")[0].endswith(PATH)):
        raise InputError(
            f"set sms_public_address in {settings.config_file}: the whole address that Twilio is given, https://...{PATH}"
        )


def check_account_texts(settings: Settings, row: Mapping[str, Any]) -> None:
    """Raise `InputError`, saying what to do, where no text message for this account could be believed."""
    name, portal = row["name"], find_portal(row["portal"])
    if not portal.text_digits:
        raise InputError(f"{portal.title} sends no codes by text message that the worker knows: another way for {name}")
    if not settings.sms_senders.get(portal.name):
        raise InputError(f"name the numbers that {portal.title} sends from, in sms_senders of {settings.config_file}")
    if not re.fullmatch(r"\+\d{8,15}", number(row["registered_phone"] or "")):
        raise InputError(f"the number of {name} is not known: pk account set {name} --set registered_phone=+1...")


def _brought(inbox: TextInbox, settings: Settings) -> str:
    recent = [ending for ending, at in inbox.strays().items() if datetime.fromisoformat(at) > now.utc() - STRAYS_FOR]
    if recent:
        raise InputError(
            f"text messages came to numbers that no account has, ending in {', '.join(sorted(recent))}: correct "
            "registered_phone of its account, or give the number back"
        )
    return f"brought to {settings.sms_public_address}"
