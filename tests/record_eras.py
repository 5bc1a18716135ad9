"""Record a portal's lists of payments."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flows.era_download import EraDownloadAnswer, EraDownloadInquiry
from flows.errors import PortalkeeperError
from payers.kit import PaymentPage
from payers.portals.tmhp.era_reading import read
from payers.portals.tmhp.era_screens import OldFiles
from tests.record_pages import DAY, ORGANIZATION, Book, Seat, application, reading

DAYS = {"several": 20, "none": 1, "outage": 20, "payer-down": 20, "too-long-ago": 900}
FAULTS = {"outage": "outage_text", "payer-down": "payer_down"}
QUIET = DAY - timedelta(days=1)  # a Sunday


async def record_eras(book: Book, seat: Seat) -> None:
    """A list with a new, a downloaded and a late payment, none, and what is shown in the place of a list."""
    name, user = book.portal.name, seat.account.username
    book.practice.post("/policy", portal=name, era_days=395)
    payer = next(iter(book.payer.payer_ids), book.payer.name)
    first = DAY - timedelta(days=DAYS["several"] - 1)
    address = f"/payments?portal={name}&user={user}&payer={payer}&tin={ORGANIZATION.tin}&first={first}&last={DAY}"
    new, had, late, *_ = [row["trace"] for row in book.practice.get(address)]
    book.practice.post("/payments", portal=name, user=user, trace=late, late=True)
    if name != "tmhp":  # where a list that gave something out leads on to the old files
        await _fetch(book, seat, "several", had)
    for case in DAYS:
        if case in FAULTS:
            book.practice.post("/faults", portal=name, user=user, kind=FAULTS[case], at="era_lookup")
        inquiry, found = await _fetch(book, seat, case)
        said: dict[str, Any] = {"flow": "era_download", "payer": book.payer.name}
        said["outcome"] = "good" if case == "several" else "refused"
        reads = _page(found) if isinstance(found, EraDownloadAnswer) else reading(found)
        if case == "several" and not {new, had, late} <= {each["trace"] for each in reads["payments"]}:
            raise SystemExit(f"{case}: read {reads}, but the sandbox lists {new}, {had} and {late}")
        said |= {"inquiry": inquiry.model_dump(mode="json"), "reads": reads}
        await book.keep(application(seat.page), "payments", case, said)
    if name == "tmhp":
        await _fetch(book, seat, "several", had)
        inquiry, _ = await _fetch(book, seat, "several")
        page = await read(OldFiles(seat.page), inquiry, book.payer)
        if [each.trace for each in page.payments] != [had]:
            raise SystemExit(f"the old files are {page}, but the sandbox gave {had} out")
        said = {"flow": "era_download", "payer": book.payer.name, "outcome": "good", "screen": "OldFiles"}
        reads = page.model_dump(mode="json", exclude_defaults=True)
        await book.keep(
            seat.page, "payments", "old-files", said | {"inquiry": inquiry.model_dump(mode="json"), "reads": reads}
        )


def every_payment() -> EraDownloadInquiry:
    """The question about all payments of the last days."""
    return EraDownloadInquiry(organization=ORGANIZATION, paid_from=DAY - timedelta(days=19), paid_to=DAY)


async def _fetch(
    book: Book, seat: Seat, case: str, *traces: str
) -> tuple[EraDownloadInquiry, EraDownloadAnswer | PortalkeeperError]:
    """What the flow says of a case; nothing is fetched but the payments with these numbers."""
    assert book.portal.era_download
    last = QUIET if case == "none" else DAY
    if case == "too-long-ago":
        last -= timedelta(days=800)
    inquiry = EraDownloadInquiry(
        organization=ORGANIZATION,
        paid_from=last - timedelta(days=min(DAYS[case], 20) - 1),
        paid_to=last,
        traces=traces or ("none of these",),
    )
    try:
        return inquiry, await book.portal.era_download(seat, inquiry)
    except PortalkeeperError as error:
        return inquiry, error


def _page(found: EraDownloadAnswer) -> dict[str, Any]:
    page = PaymentPage(
        organization=found.organization,
        payee_tin=found.payee_tin,
        payments=found.listed,
        total=len(found.listed),
        words=found.portal_words,
    )
    return page.model_dump(mode="json", exclude_defaults=True)
