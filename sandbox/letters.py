"""The mail the portals send: letters, and the mailbox they arrive in, kept as a Maildir where one is named."""

import asyncio
import contextlib
import mailbox
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from html import escape
from itertools import count
from pathlib import Path
from typing import Any

from sandbox.clock import written

_numbers = count(1)


@dataclass(frozen=True)
class Letter:
    """One message; `link` and `code` are what it carries, `home` is the portal's own address."""

    portal: str
    user: str
    sender: str
    to: str
    subject: str
    at: float
    home: str
    greeting: str
    link: str | None = None
    code: str | None = None
    dkim: str = "pass"
    id: str = field(default_factory=lambda: f"mail-{next(_numbers)}")

    def message(self) -> EmailMessage:
        """The letter by RFC 5322: plain text, and HTML with the link."""
        domain = parseaddr(self.sender)[1].partition("@")[2]
        message = EmailMessage(SMTP)
        message["From"], message["To"], message["Subject"] = self.sender, self.to, self.subject
        message["Date"] = format_datetime(datetime.fromtimestamp(self.at, UTC))
        message["Message-ID"] = f"<{self.id}.{self.at:.0f}@{domain}>"
        message["Authentication-Results"] = f"mx.worker.example; dkim={self.dkim} header.d={domain}"
        message.set_content(self.text())
        message.add_alternative(self.html(), subtype="html")
        return message

    def text(self) -> str:
        """The plain alternative."""
        return "\n\n".join([self.greeting, *filter(None, [self.link, self.code]), f"Sign in: {self.home}"]) + "\n"

    def html(self) -> str:
        """The page; a second link leads to the portal's front door."""
        parts = [f"<p>{escape(self.greeting)}</p>"]
        if self.link:
            parts.append(f'<p><a href="{escape(self.link)}">Reset your password</a></p>')
        if self.code:
            parts.append(f"<p>Your One-Time Access Code: <strong>{escape(self.code)}</strong></p>")
        parts.append(f'<p><small><a href="{escape(self.home)}">Sign in</a></small></p>')
        return f"<!doctype html><html><body>{''.join(parts)}</body></html>"

    def public(self) -> dict[str, Any]:
        """The letter as the control interface shows it."""
        names = ("id", "portal", "user", "sender", "to", "subject", "link", "code", "dkim")
        shown = {name: getattr(self, name) for name in names}
        return shown | {"date": written(self.at), "text": self.text(), "html": self.html()}


def _maildir(folder: Path) -> mailbox.Maildir:
    for name in ("tmp", "new", "cur"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    return mailbox.Maildir(folder)


class Mailbox:
    """What has arrived, oldest first, for all accounts together."""

    def __init__(self, folder: Path | None = None, program: Sequence[str] = ()) -> None:
        """Letters go into a Maildir at `folder`, and to a `program`, such as a mail server's delivery agent."""
        self._maildir = None if folder is None else _maildir(folder)
        self._program = program
        self._under_way: set[asyncio.Task[object]] = set()
        self._keys: list[str] = []
        self._on_the_way: list[asyncio.TimerHandle] = []
        self.letters: list[Letter] = []

    def take(self, letter: Letter, after: float = 0.0) -> None:
        """Let a letter arrive, now or after some real seconds."""
        if not after:
            self._arrive(letter)
            return
        self._on_the_way.append(asyncio.get_running_loop().call_later(after, self._arrive, letter))

    def empty(self) -> None:
        """Forget every letter, those on the way too."""
        for timer in self._on_the_way:
            timer.cancel()
        for key in self._keys:
            self._discard(key)
        self._on_the_way, self._keys, self.letters = [], [], []

    def _discard(self, key: str) -> None:
        if self._maildir is not None:
            with contextlib.suppress(OSError):
                self._maildir.discard(key)

    def _arrive(self, letter: Letter) -> None:
        self.letters.append(letter)
        if self._maildir is not None:
            self._keys.append(self._maildir.add(letter.message().as_bytes()))
        if self._program:
            given = letter.message().as_bytes()
            task = asyncio.ensure_future(asyncio.to_thread(subprocess.run, self._program, input=given, check=True))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
