"""Walking a portal's list of payments: page after page, each file kept before anything else happens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Protocol

from pydantic import ValidationError

from flows.era_download import (
    Allowed,
    EraDownloadAnswer,
    EraDownloadInquiry,
    KeptEra,
    ListedPayment,
    Mark,
    RefusedEra,
)
from flows.errors import AnswerUnreadable, PortalkeeperError, ScreenNotRecognised
from flows.parties import Record, Tin
from flows.session import Session
from payers.kit.arriving import AnyOf, Screen, shown

if TYPE_CHECKING:
    from playwright.async_api import Download, Locator, Page

ROUNDS = 2  # what could not be had in the first is looked for once more
LOOK_SECONDS = 0.5


class PaymentPage(Record):
    """One page of a list, as it was read: who was asked for, and the payments from top to bottom.

    `total` is how many payments all pages hold; `words` are the portal's where there are none.
    """

    organization: str
    payee_tin: Tin
    payments: tuple[ListedPayment, ...] = ()
    total: int = 0
    words: str = ""


class PaymentList(Protocol):
    """A portal's list, open at one of its pages. `at_once` is how many files one download may hold."""

    @property
    def at_once(self) -> int:
        """How many files may be asked for together."""

    async def read(self) -> PaymentPage:
        """The page that is shown."""

    async def fetch(self, places: Sequence[int]) -> Download:
        """Press for the files of these rows. Raises `AnswerUnreadable` when the portal has none for them."""

    async def mark(self, place: int) -> None:
        """Say, where the portal wants it said, that somebody has this row's file."""

    async def turn(self) -> bool:
        """Go on to the next page, if there is one."""


@dataclass
class _Found:
    """What came of the pages so far."""

    listed: list[ListedPayment] = field(default_factory=list)
    left_alone: list[ListedPayment] = field(default_factory=list)
    kept: list[KeptEra] = field(default_factory=list)
    refused: list[RefusedEra] = field(default_factory=list)


async def fetch_all(
    session: Session, inquiry: EraDownloadInquiry, search: Callable[[], Awaitable[PaymentList]]
) -> EraDownloadAnswer:
    """Fetch what `search` lists and is not on disk; once more what could not be had."""
    found = _Found()
    for _ in range(ROUNDS):
        found.listed, found.left_alone, found.refused = [], [], []
        page = await _walk(session, inquiry, await search(), found)
        whole = len(set(found.listed)) == page.total
        if whole and not found.refused:
            break
    if not whole:
        raise AnswerUnreadable("the pages do not hold as many payments as they say", screen="Payments", locator="total")
    return EraDownloadAnswer(
        organization=page.organization,
        payee_tin=page.payee_tin,
        listed=tuple(found.listed),
        kept=tuple(found.kept),
        refused=tuple(found.refused),
        left_alone=tuple(found.left_alone),
        portal_words=page.words,
    )


async def _walk(session: Session, inquiry: EraDownloadInquiry, pages: PaymentList, found: _Found) -> PaymentPage:
    """Go through all pages; the last one."""
    while True:
        page = await pages.read()
        await _fetch_page(session, inquiry, pages, page.payments, found)
        if not await pages.turn():
            return page


async def _fetch_page(
    session: Session,
    inquiry: EraDownloadInquiry,
    pages: PaymentList,
    payments: Sequence[ListedPayment],
    found: _Found,
) -> None:
    """Mark what is on disk, and keep what is missing; what comes another way is left as it is."""
    found.listed += payments
    allowed = await session.listed(payments) if payments else Allowed()
    left = set(range(len(payments))) - {*allowed.fetch, *allowed.mark}
    found.left_alone += [payments[place] for place in sorted(left)]
    asked = {
        place for place, each in enumerate(payments) if each.offered and each.trace in (inquiry.traces or [each.trace])
    }
    wanted = [place for place in allowed.fetch if place in asked]
    for place in allowed.mark:
        if place in asked and payments[place].mark is Mark.NEW:
            await pages.mark(place)
    for places in _parts(wanted, pages.at_once):
        mine = [payments[place] for place in places]
        try:
            found.kept.append(await session.keep(await pages.fetch(places), *mine))
        except AnswerUnreadable as error:
            found.refused.append(RefusedEra(payments=tuple(mine), why=str(error)))
            continue
        for place in places:
            if payments[place].mark is Mark.NEW:
                await pages.mark(place)


def listed_payment(inquiry: EraDownloadInquiry, screen: str, **values: object) -> ListedPayment:
    """A row as it was read. Raises `AnswerUnreadable` for one that can't be, or is of another payee than asked for."""
    try:
        payment = ListedPayment.model_validate(values)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise AnswerUnreadable(f"a payment's {name} can't be read", screen=screen, locator=name) from None
    if payment.payee_tin != inquiry.organization.tin:
        raise AnswerUnreadable("a payment is to another tax id than asked for", screen=screen, locator="payee_tin")
    if inquiry.provider and payment.payee_npi != inquiry.provider.npi:
        raise AnswerUnreadable("a payment is to another NPI than asked for", screen=screen, locator="payee_npi")
    return payment


def _parts(places: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for first in range(0, len(places), size):
        yield places[first : first + size]


def spans(first: date, last: date, days: int) -> Iterator[tuple[date, date]]:
    """The days from `first` to `last` in spans of at most so many days, newest first."""
    while last >= first:
        begins = max(first, last - timedelta(days=days - 1))
        yield begins, last
        last = begins - timedelta(days=1)


def joined(answers: Sequence[EraDownloadAnswer]) -> EraDownloadAnswer:
    """The answers of several spans of days as one."""
    return answers[0].model_copy(
        update={
            name: tuple(each for answer in answers for each in getattr(answer, name))
            for name in ("listed", "kept", "refused", "left_alone")
        }
    )


async def downloaded(
    page: Page,
    control: Locator,
    *,
    failures: Sequence[AnyOf],
    meaning: Callable[[Screen], PortalkeeperError],
    seconds: float,
) -> Download:
    """Press `control`, and wait for the file, or for a failure in its place, whose `meaning` is raised."""
    arrived: asyncio.Queue[Download] = asyncio.Queue()
    page.on("download", arrived.put_nowait)
    clock = asyncio.get_running_loop().time
    deadline = clock() + seconds
    try:
        await control.click()
        while clock() < deadline:
            try:
                return await asyncio.wait_for(arrived.get(), LOOK_SECONDS)
            except TimeoutError:
                for failure in failures:
                    if await shown(failure):
                        raise meaning(await failure.which()) from None
    finally:
        page.remove_listener("download", arrived.put_nowait)
    raise ScreenNotRecognised(f"no file came within {seconds:.0f} s", screen="Download", locator="file")
