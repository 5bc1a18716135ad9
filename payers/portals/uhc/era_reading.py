"""Reading UnitedHealthcare's payments: a page of the list in, its payments out. Needs no session."""

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
from payers.portals.uhc.era_screens import Payments
from payers.portals.uhc.phrases import PHRASES

COLUMNS = ["", "Payment number", "Payment date", "Amount", "Type", "Tax ID", "NPI", "Posted", "Status"]
MARKS = {"New": Mark.NEW, "Viewed": Mark.DOWNLOADED, "Pending": Mark.NEW}
OUTAGES = ("outage", "not_processed")
EVERYBODY = "All providers"


async def read(screen: Payments, inquiry: EraDownloadInquiry, payer: Payer) -> PaymentPage:
    """A page of the list, or that nothing is listed. Raises when the search was refused or got no answer."""
    return await steady(screen.text, lambda: _read(screen, inquiry))


async def _read(screen: Payments, inquiry: EraDownloadInquiry) -> PaymentPage:
    summary = await pairs(screen.summary)
    if not summary:
        raise _refusal(phrase_in(await screen.words.inner_text(), PHRASES))
    check_asked(summary, _asked(inquiry), "Payments")
    organization = inquiry.organization
    if words := " ".join(await screen.none.all_inner_texts()).strip():
        if phrase_in(words, PHRASES) != "no_documents":
            raise AnswerUnreadable("the list is empty in words that are not listed", screen="Payments", locator="none")
        return PaymentPage(organization=organization.name, payee_tin=organization.tin, words=words)
    rows = await _rows(screen)
    count = re.match(r"(\d+) documents? found$", (await screen.count.inner_text()).strip())
    if count is None:
        raise AnswerUnreadable("the list does not say how many it holds", screen="Payments", locator="count")
    return PaymentPage(
        organization=organization.name,
        payee_tin=organization.tin,
        payments=tuple(_payment(row, inquiry) for row in rows),
        total=int(count[1]),
    )


async def _rows(screen: Payments) -> list[list[str]]:
    heads = await screen.heads.all_inner_texts()
    if not heads:
        phrase = phrase_in(await screen.text.inner_text(), PHRASES)
        if phrase in OUTAGES:
            raise PayerUnavailable("the list holds an outage message", phrase=phrase, screen="Payments")
        raise AnswerUnreadable("no list of payments is shown", screen="Payments", locator="heads")
    return table_rows([heads, *await cells(screen.rows)], COLUMNS)


def _refusal(phrase: str | None) -> Exception:
    if phrase in OUTAGES:
        return PayerUnavailable("the payer does not answer", phrase=phrase, screen="Payments")
    if phrase in ("era_span", "era_days"):
        return InputError("the portal does not go so far back, or takes no span of so many days", phrase=phrase)
    return AnswerUnreadable("the portal shows a message that is not listed", screen="Payments", locator="words")


def _payment(row: Sequence[str], inquiry: EraDownloadInquiry) -> ListedPayment:
    _, trace, paid_on, amount, method, tin, npi, posted_on, status = row
    if status not in MARKS:
        raise AnswerUnreadable("a status is not a listed one", screen="Payments", locator="Status")
    return listed_payment(
        inquiry,
        screen="Payments",
        trace=trace,
        amount=read_money(amount, "Amount"),
        paid_on=read_date(paid_on, "Payment date"),
        method=method,
        payee_tin=tin,
        payee_npi=npi,
        posted_on=read_date(posted_on, "Posted"),
        mark=MARKS[status],
        offered=status != "Pending",
    )


def _asked(inquiry: EraDownloadInquiry) -> dict[str, str]:
    return {
        "Organization": inquiry.organization.name,
        "Tax ID": inquiry.organization.tin,
        "NPI": inquiry.provider.npi if inquiry.provider else EVERYBODY,
        "Payment dates": f"{inquiry.paid_from:%m/%d/%Y} - {inquiry.paid_to:%m/%d/%Y}",
    }
