"""Text messages that portals send, and the provider of the worker's numbers: a list that can be asked, and a webhook.

The provider is shaped after Twilio: its list of messages, its list of numbers, and its signed requests.
"""

import asyncio
import base64
import hashlib
import hmac
import re
import secrets
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from sandbox.clock import written

ACCOUNT, TOKEN = "AC" + "5" * 32, "practice-auth-token"
SENDERS = {"uhc": "62401", "availity": "22395"}
_ANSWER_SECONDS = 10


@dataclass(frozen=True)
class Text:
    """One message; the numbers are with their country, or a short code."""

    sender: str
    to: str
    body: str
    at: float
    sid: str

    def listed(self) -> dict[str, Any]:
        """The message as the provider's list has it."""
        date = format_datetime(datetime.fromtimestamp(self.at, UTC))
        told = {"sid": self.sid, "from": self.sender, "to": self.to, "body": self.body, "direction": "inbound"}
        return told | {"status": "received", "date_created": date, "date_sent": date}

    def public(self) -> dict[str, Any]:
        """The message as the control interface shows it."""
        return {"sid": self.sid, "from": self.sender, "to": self.to, "body": self.body, "date": written(self.at)}


def with_country(phone: str) -> str:
    """A number as the provider writes it; a short code stays as it is."""
    digits = re.sub(r"\D", "", phone)
    return digits if len(digits) < 10 else f"+{digits}" if len(digits) > 10 else f"+1{digits}"


def new_sid() -> str:
    """A name for a message that none had before."""
    return f"SM{secrets.token_hex(16)}"


class Texts:
    """What came to the provider, oldest first. It has every number but those that were given back.

    Each message is brought to `webhook` too, where one is named, signed for the address `signed_for`.
    """

    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[object]] = set()
        self.empty()

    def empty(self) -> None:
        """Forget every message and what was ordered."""
        self.texts: list[Text] = []
        self.given_back: set[str] = set()
        self.webhook = self.signed_for = ""
        self.answers: list[int] = []

    def take(self, text: Text) -> None:
        """Let a message arrive; one to a number that was given back goes to whoever has it now."""
        if text.to in self.given_back:
            return
        if all(each.sid != text.sid for each in self.texts):
            self.texts.append(text)
        if self.webhook:
            task = asyncio.ensure_future(asyncio.to_thread(self._bring, text))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    def _bring(self, text: Text) -> None:
        form = {"MessageSid": text.sid, "AccountSid": ACCOUNT, "From": text.sender, "To": text.to, "Body": text.body}
        signed = self.signed_for + "".join(name + form[name] for name in sorted(form))
        mac = hmac.digest(TOKEN.encode(), signed.encode(), hashlib.sha1)
        headers = {"X-Twilio-Signature": base64.b64encode(mac).decode()}
        request = urllib.request.Request(self.webhook, urlencode(form).encode(), headers)  # noqa: S310 - http, to 127.0.0.1
        try:
            with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS) as answer:  # noqa: S310 - http, to 127.0.0.1
                self.answers.append(answer.status)
        except OSError as error:
            self.answers.append(getattr(error, "code", 0))
