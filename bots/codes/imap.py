"""A mailbox on an IMAP server: read over TLS only, with one connection however many wait for a letter.

A letter counts as new by its UID (RFC 3501, 2.3.1.1), marked before it is asked for. The server tells of new ones at
once (IDLE, RFC 2177); it is asked as well every few seconds, which is all where it knows no IDLE.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from imaplib import IMAP4
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from flows.errors import CodeNotReceived

if TYPE_CHECKING:
    from imap_tools import MailBox

P = ParamSpec("P")
R = TypeVar("R")

LOOK_SECONDS = 2.0
THREADS = 4  # one looks, one may still end; marks are short
CONNECT_SECONDS = 20
ROOM = {b"STORAGE": 100, b"MESSAGE": 1}  # what a letter may need
_AGAIN_SECONDS = 2.0
_MONTHS = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)  # in no tongue but IMAP's
_LONGEST = 1_000_000  # bytes of a letter that are read


@dataclass(frozen=True)
class Login:
    """How one gets into the mailbox. `secret` gives the password, or with `by_oauth` an access token, fresh each time.

    `authority` is the file of a private certificate authority, where the server's certificate is from one.
    """

    host: str
    port: int
    user: str
    secret: Callable[[], str] = field(repr=False)
    by_oauth: bool = False
    authority: Path | None = None

    @property
    def name(self) -> str:
        """The mailbox, for people."""
        return f"{self.user} on {self.host}"

    @contextmanager
    def opened(self) -> Iterator[MailBox]:
        """The inbox, selected. Raises `CodeNotReceived` in plain words."""
        with in_plain_words(self.name):
            box = self._entered()
        try:
            yield box
        finally:
            with suppress(Exception):  # it may be gone
                box.logout()

    def _entered(self) -> MailBox:
        from imap_tools import MailBox  # here, to keep it out of the program's start

        context = ssl.create_default_context(cafile=self.authority)
        secret = self.secret()
        box = MailBox(self.host, self.port, timeout=CONNECT_SECONDS, ssl_context=context)
        return box.xoauth2(self.user, secret) if self.by_oauth else box.login(self.user, secret)


@contextmanager
def in_plain_words(mailbox: str) -> Iterator[None]:
    """Turn what goes wrong with a mailbox into `CodeNotReceived`; servers and libraries may quote what was sent."""
    from imap_tools import ImapToolsError, MailboxLoginError

    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise CodeNotReceived(
            f"the mailbox {mailbox}: its server's certificate is not trusted ({error.verify_message})"
        ) from None
    except OSError as error:
        raise CodeNotReceived(f"the mailbox {mailbox} can't be reached ({type(error).__name__})") from None
    except MailboxLoginError as error:
        full = re.search(r"\[(LIMIT|UNAVAILABLE|INUSE)\]", str(error))  # RFC 5530
        why = f"takes nobody now ({full[1]})" if full else "refuses the sign-in: pk codes set mailbox"
        raise CodeNotReceived(f"the mailbox {mailbox} {why}") from None
    except IMAP4.abort:
        raise CodeNotReceived(f"the mailbox {mailbox} ended the connection") from None
    except IMAP4.error:  # what authenticate() of the standard library raises
        raise CodeNotReceived(f"the mailbox {mailbox} refuses the sign-in: pk codes set mailbox") from None
    except ImapToolsError:
        raise CodeNotReceived(f"the mailbox {mailbox} does not answer as a mailbox does") from None


@dataclass(frozen=True)
class Place:
    """The end of a mailbox: the UID that the next letter gets, as long as `validity` stays."""

    validity: int
    uid: int


class ImapMailbox:
    """One mailbox, watched while somebody waits for a letter."""

    def __init__(self, login: Login) -> None:
        self.name = login.name
        self._login = login
        self._places: list[Place] = []
        self._letters: dict[int, bytes] = {}
        self._validity = 0
        self._trouble: CodeNotReceived | None = None
        self._news = asyncio.Condition()
        self._watch: asyncio.Task[None] | None = None
        self._threads = ThreadPoolExecutor(THREADS, "mail")

    async def place(self) -> Place:
        """The end of what is there now; refused where the mailbox is full, for nothing could come."""
        return await self._in_thread(self._place)

    def _place(self) -> Place:
        with self._login.opened() as box, in_plain_words(self.name):
            if _is_full(box):
                raise CodeNotReceived(f"the mailbox {self.name} is full: delete letters. Nothing was asked for")
            status = box.folder.status("INBOX", ["UIDVALIDITY", "UIDNEXT"])
            return Place(status["UIDVALIDITY"], status["UIDNEXT"])

    def stand(self) -> str:
        """How it stands, for the doctor. Raises `CodeNotReceived` as `place` does."""
        self._place()
        with self._login.opened() as box, in_plain_words(self.name):
            idle = "tells of letters at once" if _can(box, b"IDLE") else "is asked every second"
        return f"open; it {idle}"

    async def since(self, place: Place, seconds: float) -> AsyncIterator[tuple[str, bytes]]:
        """Letters as they come. Raises `CodeNotReceived` when the mailbox could not be read until the end."""
        loop, seen = asyncio.get_running_loop(), set[int]()
        deadline = loop.time() + seconds
        self._places.append(place)
        if self._watch is None:
            self._watch = asyncio.create_task(self._watching())
        try:
            while (left := deadline - loop.time()) > 0:
                async with self._news:
                    if not (fresh := self._behind(place, seen)):
                        with suppress(TimeoutError):
                            await asyncio.wait_for(self._news.wait(), left)
                for uid in fresh:
                    seen.add(uid)
                    yield str(uid), self._letters[uid]
            if self._trouble:
                raise self._trouble
        finally:
            self._places.remove(place)
            if not self._places:
                self._watch.cancel()
                self._watch, self._letters, self._trouble = None, {}, None

    def _behind(self, place: Place, seen: set[int]) -> list[int]:
        fresh = [uid for uid in sorted(self._letters) if uid >= place.uid and uid not in seen]
        if fresh and self._validity != place.validity:
            raise CodeNotReceived(f"the mailbox {self.name} was made anew meanwhile: try again")
        return fresh

    async def recent(
        self, back: timedelta, senders: Collection[str], known: Collection[str]
    ) -> list[tuple[str, bytes]]:
        """Letters of these senders that came so lately, by the server's days."""
        return await self._in_thread(self._recent, datetime.now(UTC) - back - timedelta(days=1), senders, known)

    def _recent(self, since: datetime, senders: Collection[str], known: Collection[str]) -> list[tuple[str, bytes]]:
        with self._login.opened() as box, in_plain_words(self.name):
            validity = box.folder.status("INBOX", ["UIDVALIDITY"])["UIDVALIDITY"]
            days = f"{since.day}-{_MONTHS[since.month - 1]}-{since.year}"
            there = {uid for sender in senders for uid in _found(box, f'SINCE {days} FROM "{sender}"')}
            fresh = [uid for uid in sorted(there) if f"{validity}.{uid}" not in known]
            return [(f"{validity}.{uid}", data) for uid in fresh for data in _letter(box, uid)]

    async def used(self, name: str) -> None:
        """Mark the letter as read, while its reader goes on."""
        self._threads.submit(self._flag, name)

    def _flag(self, name: str) -> None:
        with suppress(CodeNotReceived), self._login.opened() as box, in_plain_words(self.name):
            box.client.uid("STORE", name, "+FLAGS.SILENT", r"(\Seen)")

    async def _watching(self) -> None:
        """Until cancelled: connect, and look for letters."""
        while True:
            stop = _Stop()
            try:
                await self._in_thread(self._look_until, stop, asyncio.get_running_loop())
            except CodeNotReceived as error:
                self._trouble = error
                await asyncio.sleep(_AGAIN_SECONDS)
            finally:
                stop.wanted = True

    def _look_until(self, stop: _Stop, loop: asyncio.AbstractEventLoop) -> None:
        with self._login.opened() as box, in_plain_words(self.name):
            validity = box.folder.status("INBOX", ["UIDVALIDITY"])["UIDVALIDITY"]
            idle = _can(box, b"IDLE")
            while not stop.wanted and (places := [*self._places]):
                found = dict(_fetched(box, min(place.uid for place in places), set(self._letters)))
                asyncio.run_coroutine_threadsafe(self._tell(validity, found), loop)
                if idle:
                    box.idle.wait(LOOK_SECONDS)
                else:
                    time.sleep(LOOK_SECONDS / 2)
                    box.client.noop()

    async def _tell(self, validity: int, found: dict[int, bytes]) -> None:
        self._validity, self._trouble = validity, None
        if found and self._places:
            self._letters.update(found)
            async with self._news:
                self._news.notify_all()

    async def _in_thread(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: call(*args, **kwargs))


@dataclass
class _Stop:
    """Tells the thread that looks that nobody waits any more."""

    wanted: bool = False


def _fetched(box: MailBox, first: int, known: set[int]) -> Iterator[tuple[int, bytes]]:
    """The letters from UID `first` on that are not known yet, without marking them as read."""
    there = _found(box, f"UID {first}:*")
    for uid in sorted(uid for uid in there - known if uid >= first):  # n:* gives the last one even where it is older
        yield from ((uid, letter) for letter in _letter(box, uid))


def _found(box: MailBox, wanted: str) -> set[int]:
    """The UIDs of the letters that a search finds."""
    _, data = box.client.uid("SEARCH", wanted)
    return {int(uid) for line in data if line for uid in line.split()}


def _letter(box: MailBox, uid: int) -> Iterator[bytes]:
    """The letter of that UID, without marking it as read."""
    _, data = box.client.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{_LONGEST}>)")
    yield from (part[1] for part in data if isinstance(part, tuple))


def _can(box: MailBox, what: bytes) -> bool:
    """Whether the server offers that, now that we are in."""
    _, (said, *_) = box.client.capability()
    return what in said.upper().split()


def _is_full(box: MailBox) -> bool:
    """Whether there is no room for a letter, as far as the server says (RFC 2087, in units of 1024 octets)."""
    if not _can(box, b"QUOTA"):
        return False
    _, (_, said) = box.client.getquotaroot("INBOX")
    limits = re.findall(rb"(STORAGE|MESSAGE) (\d+) (\d+)", b" ".join(each for each in said if each))
    return any(int(limit) - int(used) < ROOM[what] for what, used, limit in limits)
