"""The list of payments in Availity's remittance viewer: its pages, its files and its marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from playwright.async_api import Download, Locator, Page

from flows.era_download import EraDownloadInquiry, ListedPayment
from flows.errors import AnswerUnreadable, PortalkeeperError
from flows.session import Session
from payers.kit import AnyOf, PaymentPage, Screen, downloaded, reach
from payers.portals.availity.era_reading import read
from payers.portals.availity.era_screens import NoFile, PaymentRow, Payments, PaymentSearch, PaymentsRedrawn
from payers.portals.availity.failures import failures, meaning

PAGE_SECONDS = 30
FILE_SECONDS = 120


@dataclass
class PaymentsFound:
    """What was found, a page at a time."""

    session: Session
    inquiry: EraDownloadInquiry
    at_once: int = 1
    _shown: tuple[ListedPayment, ...] = ()

    async def read(self) -> PaymentPage:
        """The payments of this page."""
        async with self.session.step("read the payments"):
            found = await read(Payments(self.session.page), self.inquiry, self.session.payer)
        self._shown = found.payments
        return found

    async def fetch(self, places: Sequence[int]) -> Download:
        """The 835 of a row."""
        page, row = self.session.page, await self._row(places[0])
        ends = [AnyOf(NoFile(page)), *failures(page)]
        async with self.session.step("download"):
            return await downloaded(page, row.download, failures=ends, meaning=_meaning, seconds=FILE_SECONDS)

    async def mark(self, place: int) -> None:
        """Mark a row; the page is drawn anew."""
        row = await self._row(place)
        async with self.session.step("mark as downloaded"):
            await self._redraw(row.mark)

    async def turn(self) -> bool:
        """The next page, where the button for it is not grey."""
        found = Payments(self.session.page)
        if not self._shown or await found.next.is_disabled():
            return False
        async with self.session.step("turn the page"):
            await self._redraw(found.next)
        return True

    async def _redraw(self, control: Locator) -> None:
        """Press what draws the table anew, and wait until it is."""
        page = self.session.page
        await Payments(page).table.evaluate("table => { table.dataset.before = '' }")
        await control.click()
        await show(page, PaymentsRedrawn(page), PAGE_SECONDS)

    async def _row(self, place: int) -> PaymentRow:
        """The row that was read at this place. Raises `AnswerUnreadable` when another one is there now."""
        row = PaymentRow(self.session.page, place)
        if self._shown[place].trace not in await row.landmark.inner_text():
            raise AnswerUnreadable("the list has changed since it was read", screen="Payments", locator="rows")
        return row


async def show(page: Page, screen: PaymentSearch | Payments | PaymentsRedrawn, seconds: float) -> None:
    """Wait for a screen of the viewer; raise what a failure in its place means."""
    await reach(page, screen, failures=failures(page), meaning=meaning, seconds=seconds, settle=0)


def _meaning(screen: Screen) -> PortalkeeperError:
    if isinstance(screen, NoFile):
        return AnswerUnreadable("the portal could not give the file", phrase="no_file", screen="NoFile")
    return meaning(screen)
