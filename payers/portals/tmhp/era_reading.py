"""Reading TMHP's remittances: the list or the old files in, payments out. Needs no session."""

from __future__ import annotations

from collections.abc import Sequence

from flows.era_download import EraDownloadInquiry, ListedPayment, Mark
from flows.errors import AnswerUnreadable, InputError, PayerUnavailable
from flows.parties import Payer
from payers.kit import (
    PaymentPage,
    cells,
    check_asked,
    listed_payment,
    pairs,
    phrase_in,
    read_date,
    read_money,
    steady,
    table_rows,
)
from payers.portals.tmhp.era_screens import OldFiles, Payments
from payers.portals.tmhp.phrases import PHRASES

COLUMNS = [
    "R&S Date",
    "Payment Number",
    "Payment Date",
    "Amount",
    "Method",
    "Tax ID",
    "NPI",
    "Status",
    "File",
]
MARKS = {"New": Mark.NEW, "Downloaded": Mark.DOWNLOADED, "Not yet available": Mark.NEW}
OUTAGES = ("outage", "not_processed", "unable_to_respond")
OFFERED = "Download 835"


async def read(screen: Payments | OldFiles, inquiry: EraDownloadInquiry, payer: Payer) -> PaymentPage:
    """The list, or that nothing is listed. Raises when the search was refused or got no answer."""
    return await steady(screen.text, lambda: _read(screen, inquiry))


async def _read(screen: Payments | OldFiles, inquiry: EraDownloadInquiry) -> PaymentPage:
    name = type(screen).__name__
    if words := " ".join(await screen.words.all_inner_texts()).strip():
        raise _refusal(phrase_in(words, PHRASES), name)
    check_asked(await pairs(screen.asked), _asked(inquiry), name)
    organization = inquiry.organization
    if words := " ".join(await screen.none.all_inner_texts()).strip():
        if phrase_in(words, PHRASES) != "no_remittances":
            raise AnswerUnreadable("the list is empty in words that are not listed", screen=name, locator="none")
        return PaymentPage(organization=organization.name, payee_tin=organization.tin, words=words)
    rows = await cells(screen.rows)
    if not rows:
        if phrase_in(await screen.text.inner_text(), PHRASES) in OUTAGES:
            raise PayerUnavailable("the list holds an outage message", screen=name)
        raise AnswerUnreadable("no list of payments is shown", screen=name, locator="rows")
    payments = tuple(_payment(row, inquiry, name) for row in table_rows(rows, COLUMNS))
    if (await screen.count.inner_text()).strip() != f"{len(payments)} remittances":
        raise AnswerUnreadable("the list does not show all its rows", screen=name, locator="count")
    return PaymentPage(
        organization=organization.name, payee_tin=organization.tin, payments=payments, total=len(payments)
    )


def _refusal(phrase: str | None, screen: str) -> Exception:
    if phrase in OUTAGES:
        return PayerUnavailable("the payer does not answer", phrase=phrase, screen=screen)
    if phrase in ("era_span", "era_days"):
        return InputError("the portal does not go so far back, or takes no span of so many days", phrase=phrase)
    return AnswerUnreadable("the portal shows a message that is not listed", screen=screen, locator="words")


def _payment(row: Sequence[str], inquiry: EraDownloadInquiry, screen: str) -> ListedPayment:
    posted_on, trace, paid_on, amount, method, tin, npi, status, file = row
    if status not in MARKS:
        raise AnswerUnreadable("a status is not a listed one", screen=screen, locator="Status")
    return listed_payment(
        inquiry,
        screen=screen,
        trace=trace,
        amount=read_money(amount, "Amount"),
        paid_on=read_date(paid_on, "Payment Date"),
        method=method,
        payee_tin=tin,
        payee_npi=npi,
        posted_on=read_date(posted_on, "R&S Date"),
        mark=MARKS[status],
        offered=file == OFFERED,
    )


def _asked(inquiry: EraDownloadInquiry) -> dict[str, str]:
    return {
        "Organization": inquiry.organization.name,
        "Tax ID": inquiry.organization.tin,
        "NPI": inquiry.provider.npi if inquiry.provider else "All",
        "R&S Dates": f"{inquiry.paid_from:%m/%d/%Y} - {inquiry.paid_to:%m/%d/%Y}",
    }
