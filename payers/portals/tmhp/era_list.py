"""The list of payments in TMHP's Electronic Remittance Advice, and the old files beside it.

A file that was given out leaves the list for the old files, where it stays for some days. So the old files are looked
into whenever the list has given something out: a run that was killed may have left a file there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from playwright.async_api import Download

from flows.era_download import EraDownloadInquiry, ListedPayment, Mark
from flows.errors import AnswerUnreadable
from flows.session import Session
from payers.kit import PaymentPage, downloaded, shown
from payers.portals.tmhp.era_reading import read
from payers.portals.tmhp.era_screens import OldFiles, PaymentRow, Payments
from payers.portals.tmhp.failures import failures, meaning, reach

PAGE_SECONDS = 30
FILE_SECONDS = 120


@dataclass
class PaymentsFound:
    """The list, which is one page. `_old` says which of its rows are among the old files, and where."""

    session: Session
    inquiry: EraDownloadInquiry
    at_once: int = 1
    _shown: tuple[ListedPayment, ...] = ()
    _old: dict[int, int] = field(default_factory=dict)

    async def read(self) -> PaymentPage:
        """The payments; one that was given out is offered as long as it is among the old files."""
        page, payer = self.session.page, self.session.payer
        async with self.session.step("read the payments"):
            found = await read(Payments(page), self.inquiry, payer)
            if any(each.mark is Mark.DOWNLOADED for each in found.payments):
                await self._go_to_old()
                old = (await read(OldFiles(page), self.inquiry, payer)).payments
                self._old = {
                    place: old.index(each) for place, each in enumerate(map(_offered, found.payments)) if each in old
                }
        self._shown = tuple(_offered(each) if place in self._old else each for place, each in enumerate(found.payments))
        return found.model_copy(update={"payments": self._shown})

    async def fetch(self, places: Sequence[int]) -> Download:
        """The 835 of a row, from the list or from the old files."""
        page, [place] = self.session.page, places
        async with self.session.step("download"):
            await (self._go_to_old() if place in self._old else self._go_to_new())
            row = PaymentRow(page, self._old.get(place, place))
            if self._shown[place].trace not in await row.landmark.inner_text():
                raise AnswerUnreadable("the list has changed since it was read", screen="Payments", locator="rows")
            return await downloaded(page, row.download, failures=failures(page), meaning=meaning, seconds=FILE_SECONDS)

    async def mark(self, place: int) -> None:
        """Nothing: the portal marks what it gives out."""

    async def turn(self) -> bool:
        """The list is one page."""
        return False

    async def _go_to_old(self) -> None:
        page = self.session.page
        if not await shown(OldFiles(page)):
            await Payments(page).old_folder.click()
            await reach(page, OldFiles(page), seconds=PAGE_SECONDS)

    async def _go_to_new(self) -> None:
        page = self.session.page
        if not await shown(Payments(page)):
            await OldFiles(page).new_folder.click()
            await reach(page, Payments(page), seconds=PAGE_SECONDS)


def _offered(payment: ListedPayment) -> ListedPayment:
    return payment.model_copy(update={"offered": True})
