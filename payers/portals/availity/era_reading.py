"""Reading Availity's remittance viewer: a page of the list in, its payments out. Needs no session."""

from __future__ import annotations

import re
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
from payers.portals.availity.era_screens import Payments
from payers.portals.availity.phrases import PHRASES
from payers.portals.availity.reading import told_of

COLUMNS = [
    "Check/EFT Number",
    "Payment Date",
    "Payment Amount",
    "Payment Method",
    "Tax ID",
    "NPI",
    "Received Date",
    "Status",
    "835",
]
MARKS = {"New": Mark.NEW, "Downloaded": Mark.DOWNLOADED}
OUTAGES = ("payer_down", "no_answer", "outage", "not_processed")


async def read(screen: Payments, inquiry: EraDownloadInquiry, payer: Payer) -> PaymentPage:
    """A page of the list, or that nothing is listed. Raises when the search was refused or got no answer."""
    return await steady(screen.text, lambda: _read(screen, inquiry, payer))


async def _read(screen: Payments, inquiry: EraDownloadInquiry, payer: Payer) -> PaymentPage:
    organization, summary = inquiry.organization, await pairs(screen.summary)
    words = " ".join(await screen.alert.all_inner_texts()).strip()
    phrase = phrase_in(words, PHRASES)
    if phrase in OUTAGES:
        raise PayerUnavailable("the payer does not answer", phrase=phrase, screen="Payments")
    if phrase in ("era_span", "era_days"):
        raise InputError("the portal does not go so far back, or takes no span of so many days", phrase=phrase)
    check_asked(summary, _asked(inquiry, payer), "Payments")
    if phrase == "no_remits":
        return PaymentPage(organization=organization.name, payee_tin=organization.tin, words=words)
    if words:
        raise AnswerUnreadable("the portal shows an alert that is not listed", screen="Payments", locator="alert")
    rows, total = await _rows(screen)
    payments = tuple(_payment(row, inquiry) for row in rows)
    return PaymentPage(organization=organization.name, payee_tin=organization.tin, payments=payments, total=total)


async def _rows(screen: Payments) -> tuple[list[list[str]], int]:
    """The rows of this page, and how many there are on all of them."""
    heads = await screen.heads.all_inner_texts()
    if not heads:
        phrase = phrase_in(await screen.text.inner_text(), PHRASES)
        if phrase in OUTAGES:
            raise PayerUnavailable("the list holds an outage message", phrase=phrase, screen="Payments")
        raise AnswerUnreadable("no list of payments is shown", screen="Payments", locator="heads")
    rows = table_rows([heads, *await cells(screen.rows)], COLUMNS)
    shown_of = re.fullmatch(r"(\d+)–(\d+) of (\d+)", (await screen.shown_of.inner_text()).strip())
    if shown_of is None or int(shown_of[2]) - int(shown_of[1]) + 1 != len(rows):
        raise AnswerUnreadable("the list does not say which rows it shows", screen="Payments", locator="shown_of")
    return rows, int(shown_of[3])


def _payment(row: Sequence[str], inquiry: EraDownloadInquiry) -> ListedPayment:
    trace, paid_on, amount, method, tin, npi, posted_on, status, action = row
    if status not in MARKS:
        raise AnswerUnreadable("a status is not a listed one", screen="Payments", locator="Status")
    return listed_payment(
        inquiry,
        screen="Payments",
        trace=trace,
        amount=read_money(amount, "Payment Amount"),
        paid_on=read_date(paid_on, "Payment Date"),
        method=method,
        payee_tin=tin,
        payee_npi=npi,
        posted_on=read_date(posted_on, "Received Date"),
        mark=MARKS[status],
        offered=action != "Not available yet",
    )


def _asked(inquiry: EraDownloadInquiry, payer: Payer) -> dict[str, str]:
    return told_of(payer) | {
        "Organization": inquiry.organization.name,
        "Tax ID": inquiry.organization.tin,
        "NPI": inquiry.provider.npi if inquiry.provider else "All",
        "Payment Dates": f"{inquiry.paid_from:%m/%d/%Y} - {inquiry.paid_to:%m/%d/%Y}",
    }
