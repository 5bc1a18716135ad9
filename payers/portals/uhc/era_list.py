"""The list of payments in UnitedHealthcare's document library: its pages, and the files of the rows that are chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from playwright.async_api import Download

from flows.era_download import EraDownloadInquiry, ListedPayment
from flows.errors import AnswerUnreadable, PortalkeeperError
from flows.session import Session
from payers.kit import AnyOf, PaymentPage, Screen, downloaded
from payers.portals.uhc.era_reading import read
from payers.portals.uhc.era_screens import NoFile, PaymentRow, Payments, PaymentsRedrawn
from payers.portals.uhc.failures import failures, meaning, reach

PAGE_SECONDS = 30
FILE_SECONDS = 120


@dataclass
class PaymentsFound:
    """What was found, a page at a time; all files of a page come together, in a zip when they are several."""

    session: Session
    inquiry: EraDownloadInquiry
    at_once: int = 10
    _shown: tuple[ListedPayment, ...] = ()
    _redrawn: bool = True

    async def read(self) -> PaymentPage:
        """The payments of this page."""
        async with self.session.step("read the payments"):
            found = await read(Payments(self.session.page), self.inquiry, self.session.payer)
        self._shown = found.payments
        return found

    async def fetch(self, places: Sequence[int]) -> Download:
        """Choose the rows, and press for their files; the portal marks them by itself and draws the page anew."""
        page = self.session.page
        found = Payments(page)
        async with self.session.step("download"):
            for place, payment in enumerate(self._shown):
                if payment.offered:
                    row = PaymentRow(page, place)
                    if payment.trace not in await row.landmark.inner_text():
                        raise AnswerUnreadable(
                            "the list has changed since it was read", screen="Payments", locator="rows"
                        )
                    await row.box.set_checked(place in places)
            await found.body.evaluate("body => { body.dataset.before = '' }")
            ends = [AnyOf(NoFile(page)), *failures(page)]
            file = await downloaded(page, found.download, failures=ends, meaning=_meaning, seconds=FILE_SECONDS)
        self._redrawn = False
        return file

    async def mark(self, place: int) -> None:
        """Nothing: the portal marks what it gives out."""

    async def turn(self) -> bool:
        """The next page, where the button for it is not grey."""
        page = self.session.page
        found = Payments(page)
        if not self._shown:
            return False
        async with self.session.step("turn the page"):
            if not self._redrawn:
                await reach(page, PaymentsRedrawn(page), seconds=PAGE_SECONDS)
            if await found.next.is_disabled():
                return False
            await found.body.evaluate("body => { body.dataset.before = '' }")
            await found.next.click()
            await reach(page, PaymentsRedrawn(page), seconds=PAGE_SECONDS)
        self._redrawn = True
        return True


def _meaning(screen: Screen) -> PortalkeeperError:
    if isinstance(screen, NoFile):
        return AnswerUnreadable("the portal could not give the file", phrase="no_file", screen="NoFile")
    return meaning(screen)
