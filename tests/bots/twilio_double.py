"""Twilio's list of messages and its requests to a webhook, as far as the worker uses them."""

from __future__ import annotations

import base64
import secrets
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from web_doubles import Double, Refused

from bots import now
from bots.codes.twilio import signature

ACCOUNT, TOKEN = "AC" + "0" * 32, "needle-auth-token"
OURS, SENDER = "+15550100199", "22395"
PUBLIC = "https://codes.example.org/sms/twilio"


def new_sid() -> str:
    return f"SM{secrets.token_hex(16)}"


class TwilioServer(Double):
    """`page_size` messages a page, newest first; `numbers` are those of the account."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[dict[str, Any]] = []
        self.numbers, self.page_size, self.token = [OURS], 2, TOKEN

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def send(self, body: str, *, sender: str = SENDER, to: str = OURS, ago: timedelta = timedelta(0)) -> None:
        at = now.utc() - ago
        told = {"sid": new_sid(), "from": sender, "to": to, "body": body, "direction": "inbound", "status": "received"}
        with self.lock:
            self.messages.insert(0, told | {"at": at, "date_sent": format_datetime(at), "date_created": None})

    def answer(self, method: str, path: str, query: dict[str, list[str]], headers: Any, body: bytes) -> Any:
        wanted = base64.b64encode(f"{ACCOUNT}:{self.token}".encode()).decode()
        if headers.get("Authorization") != f"Basic {wanted}":
            raise Refused(401, "Authenticate")
        base = f"/2010-04-01/Accounts/{ACCOUNT}"
        if path == f"{base}/IncomingPhoneNumbers.json":
            found = [{"phone_number": each} for each in self.numbers if each == query["PhoneNumber"][0]]
            return {"incoming_phone_numbers": found}
        assert path == f"{base}/Messages.json"
        to, day = query.get("To", [""])[0], query.get("DateSent>", ["2000-01-01"])[0]
        since = datetime.fromisoformat(day).replace(tzinfo=UTC)
        found = [each for each in self.messages if to in ("", each["to"]) and each["at"] >= since]
        page = int(query.get("Page", ["0"])[0])
        shown = found[page * self.page_size : (page + 1) * self.page_size]
        further = len(found) > (page + 1) * self.page_size
        uri = f"{path}?To=%2B{to[1:]}&DateSent%3E={day}&Page={page + 1}" if further else None
        told = [{name: value for name, value in each.items() if name != "at"} for each in shown]
        return {"messages": told, "next_page_uri": uri}


def signed(body: str, **other: str) -> tuple[dict[str, str], dict[str, str]]:
    """The fields and headers of its request for a message."""
    form = {"MessageSid": new_sid(), "AccountSid": ACCOUNT, "From": SENDER, "To": OURS, "Body": body} | other
    return form, {"X-Twilio-Signature": signature(TOKEN, PUBLIC, form.items())}
