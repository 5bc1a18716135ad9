"""ERA download: the payments that a portal lists, and the remittance advices (835) that come with them."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from pydantic import Field, model_validator

from flows.parties import Npi, Organization, Provider, Record, Tin
from flows.session import Session


class EraDownloadInquiry(Record):
    """Which files are wanted: those of the payments to an organization's tax id, paid in a span of days.

    `provider` narrows it to one payee; without it every payee of the tax id counts. `traces` (TRN02) names payments;
    without it all are wanted whose file is not on disk.
    """

    organization: Organization
    provider: Provider | None = None
    paid_from: date
    paid_to: date
    traces: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _days_in_order(self) -> EraDownloadInquiry:
        if self.paid_to < self.paid_from:
            raise ValueError("paid_to is before paid_from")
        return self


class Mark(StrEnum):
    """What the portal says of a payment's file: nobody had it yet, or somebody had."""

    NEW = "new"
    DOWNLOADED = "downloaded"


class ListedPayment(Record):
    """One payment as the portal lists it, before any file is opened. Holds no member data.

    `trace` is the number of the check or EFT (TRN02), `amount` what is paid (BPR02) in US dollars, `paid_on` its date
    (BPR16). `posted_on` is the day on which the portal got this file: a revised one has a later day. A payment that
    is not `offered` has no file that could be had now.
    """

    trace: str = Field(min_length=1, max_length=50)
    amount: Decimal
    paid_on: date
    method: str
    payee_tin: Tin
    payee_npi: Npi
    posted_on: date | None = None
    mark: Mark = Mark.NEW
    offered: bool = True


class Allowed(Record):
    """What may be done with a list of payments, by their places on it.

    `fetch` are those whose file is not on disk, `mark` those whose file is. The rest come another way than by the
    portal, and are left as they are.
    """

    fetch: tuple[int, ...] = ()
    mark: tuple[int, ...] = ()


class KeptEra(Record):
    """A file that is on disk: the SHA-256 of its bytes as they came, their number, and the payments it came for."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int
    payments: tuple[ListedPayment, ...]


class RefusedEra(Record):
    """A download that gave no file: for which payments, and in our words why. Nothing was marked."""

    payments: tuple[ListedPayment, ...]
    why: str


class EraDownloadAnswer(Record):
    """What the portal lists for the question, and which files were fetched. Nothing listed is an answer too.

    `organization` and `payee_tin` are read back from the page. `left_alone` are the listed ones that come another way.
    `asked_at` is an instant.
    """

    organization: str
    payee_tin: Tin
    listed: tuple[ListedPayment, ...] = ()
    kept: tuple[KeptEra, ...] = ()
    refused: tuple[RefusedEra, ...] = ()
    left_alone: tuple[ListedPayment, ...] = ()
    portal_words: str = ""
    asked_at: datetime | None = None


class DownloadEras(Protocol):
    """A portal's list of payments: walk it, and fetch what is not on disk yet."""

    def __call__(self, session: Session, inquiry: EraDownloadInquiry, /) -> Awaitable[EraDownloadAnswer]:
        """List and fetch."""
