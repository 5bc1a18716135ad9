"""Letters by which a portal tells that an account was changed, believed as those with a code are."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from enum import StrEnum
from typing import Protocol

from bots import now
from bots.codes.letters import NotBelieved, addresses, check_sender, domains_of, sent_at, texts
from payers.model import Portal

_BETWEEN = r"\b.{0,60}?\b"  # such as: of your account
_UNSURE = re.compile(r"\b(if|once|when|whenever|after|until|unless|before|whether)\b")


class About(StrEnum):
    """What was changed."""

    PASSWORD = "password"  # noqa: S105 - what a letter is about
    PROFILE = "profile"


@dataclass(frozen=True)
class Watched:
    """An account whose letters come to `email`; its portal is at `address`."""

    account: str
    portal: Portal
    address: str
    email: str

    @property
    def domains(self) -> frozenset[str]:
        """Whose letters are believed."""
        return frozenset(domain for letter in self.portal.letters for domain in domains_of(letter, self.address))


@dataclass(frozen=True)
class Told:
    """What a letter tells: of which accounts (several may share an address), and when. `mark` is a hash of its id."""

    accounts: tuple[str, ...]
    about: About
    at: datetime
    mark: str


class Place(Protocol):
    """A mailbox that can be looked through."""

    name: str

    async def recent(
        self, back: timedelta, senders: Collection[str], known: Collection[str]
    ) -> list[tuple[str, bytes]]:
        """Each letter that came so lately, with a name for it, without those that are known. It stays as it is.

        Letters from others than the domains `senders` may be left out. Raises `CodeNotReceived`.
        """


def read_change(data: bytes, watched: Mapping[str, Sequence[Watched]], server: str) -> Told | None:
    """What a letter tells of the watched accounts; nothing of one that is not believed or about something else.

    `watched` has the accounts by address in lower case; `server` is as for `Reader`.
    """
    try:
        letter = message_from_bytes(data, policy=default)
        if not isinstance(letter, EmailMessage):
            return None
        meant = [one for to in sorted(addresses(letter, "To")) for one in watched.get(to, ())]
        for one in meant:
            if about := _told(letter, one, server):
                names = [each.account for each in meant if each.portal.name == one.portal.name]
                return Told(tuple(names), about, _at(letter), _mark(letter, data))
    except (LookupError, ValueError):  # a charset or header of somebody's invention
        pass
    return None


def _told(letter: EmailMessage, one: Watched, server: str) -> About | None:
    subject = str(letter["Subject"] or "")
    if any(other.subject.casefold() in subject.casefold() for other in one.portal.letters):
        return None
    try:
        check_sender(letter, one.domains, server)
    except NotBelieved:
        return None
    notice = one.portal.change_notice
    said = [*_sentences(subject), *(each for text in texts(letter, "plain", "html") for each in _sentences(text))]
    for about, phrases in ((About.PASSWORD, notice.password), (About.PROFILE, notice.profile)):
        if any(_says(sentence, phrase.casefold()) for sentence in said for phrase in phrases):
            return about
    return None


def _sentences(text: str) -> Iterator[str]:
    plain = re.sub(r"\b(successfully|recently|just) ", "", " ".join(text.casefold().split()))
    yield from re.split(r"(?<=[.!?;]) ", plain)


def _says(sentence: str, phrase: str) -> bool:
    """Whether it is said as something that has happened: neither asked nor on a condition."""
    wanted = _BETWEEN.join(map(re.escape, phrase.split(" ... ")))
    found = re.search(wanted, sentence)
    return found is not None and not sentence.endswith("?") and not _UNSURE.search(sentence[: found.end()])


def _at(letter: EmailMessage) -> datetime:
    """When it was sent; now, for one whose date can't be read."""
    try:
        return sent_at(letter).astimezone(UTC)
    except NotBelieved:
        return now.utc()


def _mark(letter: EmailMessage, data: bytes) -> str:
    name = str(letter["Message-ID"] or "").strip()
    return hashlib.sha256(name.encode() if name else data).hexdigest()
