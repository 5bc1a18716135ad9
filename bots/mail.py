"""Letters from portals: a Maildir into which the practice's mail server delivers, or a program that fetches mail.

A letter is believed when the practice's own mail server found it signed (DKIM) by the portal, when it came after it
was asked for, and when its link leads to the portal. Anybody can send a letter that looks right.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import getaddresses, parsedate_to_datetime
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from bots import now
from bots.settings import is_loopback
from flows.errors import CodeNotReceived
from payers.model import ResetLetter

_FOLDERS = ("new", "cur")
_POLL_SECONDS = 0.5
_CLOCKS_APART = timedelta(minutes=2)
_LINK = re.compile(r"https?://[^\s\"'<>]+")


class NotBelieved(Exception):
    """Why a letter that looks like the wanted one is not used."""


@dataclass(frozen=True)
class Mark:
    """The mailbox at the moment a letter was asked for."""

    at: datetime
    there: frozenset[str]


class Inbox:
    """The mailbox of all accounts: a Maildir, the name that the practice's mail server gives itself in its
    Authentication-Results, and how many seconds a letter may take.
    """

    def __init__(self, folder: Path, server: str, seconds: float) -> None:
        self._folder = folder
        self._server = server
        self._seconds = seconds

    def mark(self) -> Mark:
        """What is there now, so that no older letter is taken for the one that is asked for."""
        return Mark(now.utc(), frozenset(path.name for path in self._letters()))

    async def wait(self, wanted: ResetLetter, to: str, address: str, mark: Mark) -> SecretStr:
        """The link or the code of the letter to `to` that came after `mark`, for the portal at `address`.

        Raises `CodeNotReceived` when none came in time, saying which letters were not believed and why.
        """
        domains = _domains(wanted, address)
        clock = asyncio.get_running_loop().time
        deadline, refused = clock() + self._seconds, dict[str, str]()
        while clock() < deadline:
            for path in await asyncio.to_thread(lambda: [*self._letters()]):
                if path.name in mark.there or path.name in refused:
                    continue
                try:
                    letter = message_from_bytes(path.read_bytes(), policy=default)
                    if isinstance(letter, EmailMessage) and _is_for(letter, wanted, to):
                        return self._content(letter, wanted, domains, mark)
                except FileNotFoundError:  # a mail program moved it; it is found at the next look
                    continue
                except NotBelieved as why:
                    refused[path.name] = str(why)
                except (LookupError, ValueError):  # a charset or header of somebody's invention
                    refused[path.name] = "it can't be read"
            await asyncio.sleep(_POLL_SECONDS)
        raise CodeNotReceived(
            f"no letter with a link or code came to {self._folder} within {self._seconds:.0f} s"
            + "".join(f"; one was not used: {why}" for why in sorted(set(refused.values())))
        )

    def _letters(self) -> Iterator[Path]:
        for name in _FOLDERS:
            yield from (self._folder / name).iterdir()

    def _content(self, letter: EmailMessage, wanted: ResetLetter, domains: frozenset[str], mark: Mark) -> SecretStr:
        """What a letter carries, once it is believed."""
        if not _is_within(self._signer(letter), domains):
            raise NotBelieved("it is not signed by the portal (DKIM)")
        if _sent_at(letter) < mark.at - _CLOCKS_APART:
            raise NotBelieved("it was sent before it was asked for")
        texts = [*_texts(letter), ""]  # the plain one first, where there are two
        return SecretStr(
            _link("\n".join(texts), wanted.link, domains) if wanted.link else _code(texts[0], wanted.code_digits)
        )

    def _signer(self, letter: EmailMessage) -> str:
        """The domain whose signature the practice's own server found good; only its topmost word counts."""
        words = str(letter.get("Authentication-Results", ""))
        server, _, results = words.partition(";")
        if server.split()[:1] != [self._server]:
            return ""
        signed = re.search(r"\bdkim=pass\b[^;]*\bheader\.d=([\w.-]+)", results)
        return signed[1] if signed else ""


def _domains(wanted: ResetLetter, address: str) -> frozenset[str]:
    """Whose signature and whose links are believed; the sandbox's names are the real ones' first words."""
    if is_loopback(address):
        return frozenset(f"{domain.split('.')[0]}.localhost" for domain in wanted.domains)
    return wanted.domains


def _is_within(host: str, domains: frozenset[str]) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def _is_for(letter: EmailMessage, wanted: ResetLetter, to: str) -> bool:
    addresses = {address.casefold() for _, address in getaddresses(letter.get_all("To", []))}
    return to.casefold() in addresses and wanted.subject.casefold() in str(letter["Subject"] or "").casefold()


def _sent_at(letter: EmailMessage) -> datetime:
    try:
        sent = parsedate_to_datetime(str(letter["Date"]))
    except ValueError:
        raise NotBelieved("its date can't be read") from None
    return sent if sent.tzinfo else sent.replace(tzinfo=UTC)


def _texts(letter: EmailMessage) -> Iterator[str]:
    for part in letter.walk():
        if part.get_content_type() in ("text/plain", "text/html"):
            text = str(part.get_content())
            yield unescape(re.sub(r"<(?!a\s)[^>]*>", " ", text)) if part.get_content_subtype() == "html" else text


def _link(text: str, path: str, domains: frozenset[str]) -> str:
    links: set[str] = {found for found in _LINK.findall(text) if path in found}
    if not links:
        raise NotBelieved("it holds no link to a new password")
    for link in links:
        parts = urlsplit(link)
        host = parts.hostname or ""
        if parts.username or not _is_within(host, domains) or (parts.scheme != "https" and not is_loopback(link)):
            raise NotBelieved(f"its link leads to another host ({re.sub(r'[^a-z0-9.-]', '', host)[:60]})")
    if len(links) > 1:
        raise NotBelieved("it holds several links to a new password")
    return links.pop()


def _code(text: str, digits: int) -> str:
    codes = {found[0] for found in re.finditer(rf"(?<!\d)\d{{{digits}}}(?!\d)", text)}
    if len(codes) != 1:
        raise NotBelieved(f"it holds {len(codes) or 'no'} codes of {digits} digits")
    return str(codes.pop())
