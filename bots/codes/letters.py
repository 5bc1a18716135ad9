"""Letters from portals, and when one is believed: anybody can send a letter that looks right.

The practice's own mail server found it signed (DKIM) by the portal, it is from and to whom it should be, it was sent
after it was asked for, and its link leads to the portal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from email.utils import getaddresses, parsedate_to_datetime
from html import unescape
from urllib.parse import urlsplit

from bots.settings import is_loopback
from payers.model import Letter

CLOCKS_APART = timedelta(minutes=2)
_LINK = re.compile(r"https?://[^\s\"'<>]+")
_HIDDEN = re.compile(r"<(style|script|title)\b.*?</\1>", re.DOTALL | re.IGNORECASE)


class NotBelieved(Exception):
    """Why a letter that looks like the wanted one is not used."""


class Reader:
    """Reads letters of one kind: those that `wanted` describes, to one address, about the portal at `address`.

    `server` is the name that the practice's mail server gives itself in its Authentication-Results.
    """

    def __init__(self, wanted: Letter, to: str, address: str, server: str) -> None:
        self._wanted = wanted
        self._to = to.casefold()
        self._domains = domains_of(wanted, address)
        self._server = server

    def read(self, data: bytes, asked_at: datetime) -> str | None:
        """The link or the code of a letter, none if it is another one. Raises `NotBelieved`."""
        try:
            letter = message_from_bytes(data, policy=default)
            if isinstance(letter, EmailMessage) and self._is_the_one(letter):
                return self._content(letter, asked_at)
        except (LookupError, ValueError):  # a charset or header of somebody's invention
            raise NotBelieved("it can't be read") from None
        return None

    def _is_the_one(self, letter: EmailMessage) -> bool:
        subject = str(letter["Subject"] or "").casefold()
        return self._to in addresses(letter, "To") and self._wanted.subject.casefold() in subject

    def _content(self, letter: EmailMessage, asked_at: datetime) -> str:
        check_sender(letter, self._domains, self._server)
        if sent_at(letter) < asked_at - CLOCKS_APART:
            raise NotBelieved("it was sent before it was asked for")
        if self._wanted.link:
            return _link("\n".join(texts(letter, "plain", "html")), self._wanted.link, self._domains)
        plain = "\n".join(texts(letter, "plain"))
        digits = self._wanted.code_digits
        return code_in(plain if _codes(plain, digits) else "\n".join(texts(letter, "html")), digits)


def check_sender(letter: EmailMessage, domains: frozenset[str], server: str) -> None:
    """Raise `NotBelieved` unless a letter is signed by one of the domains, by the word of `server`, and from them."""
    if not _is_within(_signer(letter, server), domains):
        raise NotBelieved("it is not signed by the portal (DKIM)")
    if not all(_is_within(each.rpartition("@")[2], domains) for each in addresses(letter, "From")):
        raise NotBelieved("it is not from the portal")


def _signer(letter: EmailMessage, server: str) -> str:
    """The domain whose signature the practice's own server found good; only its topmost word counts."""
    words = str(letter.get("Authentication-Results", ""))
    said_by, _, results = words.partition(";")
    if said_by.split()[:1] != [server]:
        return ""
    signed = re.search(r"\bdkim=pass\b[^;]*\bheader\.d=([\w.-]+)", results)
    return signed[1].casefold() if signed else ""


def domains_of(wanted: Letter, address: str) -> frozenset[str]:
    """Whose signature and whose links are believed; the sandbox's names are the real ones' first words."""
    if is_loopback(address):
        return frozenset(f"{domain.split('.')[0]}.localhost" for domain in wanted.domains)
    return wanted.domains


def _is_within(host: str, domains: frozenset[str]) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def addresses(letter: EmailMessage, field: str) -> set[str]:
    """The addresses in one of its headers, in lower case."""
    return {address.casefold() for _, address in getaddresses(map(str, letter.get_all(field, [])))}


def sent_at(letter: EmailMessage) -> datetime:
    """Its date. Raises `NotBelieved` for one that can't be read."""
    try:
        sent = parsedate_to_datetime(str(letter["Date"]))
    except ValueError:
        raise NotBelieved("its date can't be read") from None
    return sent if sent.tzinfo else sent.replace(tzinfo=UTC)


def texts(letter: EmailMessage, *kinds: str) -> Iterator[str]:
    """What a reader sees of each part of these kinds; attachments, and letters inside the letter, don't count."""
    for part in _parts(letter):
        if part.get_content_maintype() == "text" and (kind := part.get_content_subtype()) in kinds:
            text = str(part.get_content())
            yield _shown(text) if kind == "html" else text


def _parts(part: Message) -> Iterator[EmailMessage]:
    if part.get_content_maintype() == "multipart":
        for inner in part.iter_parts() if isinstance(part, EmailMessage) else ():
            yield from _parts(inner)
    elif isinstance(part, EmailMessage) and not part.is_attachment():
        yield part


def _shown(html: str) -> str:
    """The words of a page, each link's address in the place of the link."""
    links = re.sub(
        r"<a\b[^>]*?\bhref\s*=\s*[\"']([^\"']*)[\"'][^>]*>", r" \1 ", _HIDDEN.sub(" ", html), flags=re.IGNORECASE
    )
    return unescape(re.sub(r"<[^>]*>", " ", links))


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


def _codes(text: str, digits: int) -> set[str]:
    """The numbers of so many digits; if there are none, those that a blank or a dash splits, or blanks spell out."""
    words, half = " ".join(_LINK.sub(" ", text).split()), digits // 2
    for shape, apart in (
        (rf"\d{{{digits}}}", "[./:-]"),
        (rf"\d{{{half}}}[ -]\d{{{digits - half}}}", "[ ./:-]"),
        (rf"\d(?: \d){{{digits - 1}}}", "[ ./:-]"),
    ):
        if found := re.findall(rf"(?<!\d)(?<!\d{apart}){shape}(?!\d)(?!{apart}\d)", words):
            return {re.sub(r"\D", "", each) for each in found}
    return set()


def code_in(text: str, digits: int) -> str:
    """The one code of so many digits in a text. Raises `NotBelieved` for none, and for several."""
    codes = _codes(text, digits)
    if len(codes) != 1:
        raise NotBelieved(f"it holds {len(codes) or 'no'} codes of {digits} digits")
    return codes.pop()
