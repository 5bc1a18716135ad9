"""The letters of the portal of the chaos, put into the Maildir that the worker reads."""

from __future__ import annotations

import mailbox
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

HOST = "chaos.localhost"
SUBJECT = "Reset your Chaos password"
LINK = "reset-password?token="
SERVER = "mx.worker.example"
ADDRESSEE = "u@worker.example"
TWO_DAYS = 172_800.0  # further back than a clock is set wrong
LETTER_FAULTS = ("lost", "late", "stale", "foreign link", "unsigned")


@dataclass(frozen=True)
class Letter:
    """One letter with the link to a new password, by RFC 5322."""

    token: str
    at: float
    host: str = HOST
    signed: bool = True

    def deliver(self, folder: Path) -> None:
        """Put it into the Maildir."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = f"noreply@{HOST}", ADDRESSEE, SUBJECT
        message["Date"] = format_datetime(datetime.fromtimestamp(self.at, UTC))
        found = f"dkim={'pass' if self.signed else 'none'} header.d={HOST}"
        message["Authentication-Results"] = f"{SERVER}; {found}"
        message.set_content(f"Set a new password: http://{self.host}/{LINK}{self.token}\n")
        mailbox.Maildir(folder).add(message.as_bytes())


def false_ones(kind: str, token: str, at: float) -> list[Letter]:
    """The letter that may not be believed and comes before the good one, if a fault of this kind was ordered."""
    false = {
        "stale": Letter(token, at - TWO_DAYS),
        "foreign link": Letter(token, at, host="stranger.localhost"),
        "unsigned": Letter(token, at, signed=False),
    }
    return [false[kind]] if kind in false else []
