"""The payments of each payer to each tax number, day after day: known by the calendar, so that the clock may move."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.chance import draw_for
from sandbox.members import PAYERS, Payer
from sandbox.organizations import ORGANIZATIONS, Organization, Provider

ACH, CHECK, NON = "ACH", "CHK", "NON"
_BEGINS = date(2025, 1, 6)
_MONDAY, _TUESDAY, _WEDNESDAY, _THURSDAY, _FRIDAY = range(5)
# payer -> the weekdays on which it pays
_PAYDAYS = {
    "60054": (_TUESDAY, _FRIDAY),
    "61101": (_WEDNESDAY,),
    "62308": (_THURSDAY,),
    "florida-blue": (_MONDAY,),
    "87726": (_MONDAY, _WEDNESDAY, _FRIDAY),
    "texas-medicaid": (_FRIDAY,),
}
_WEEKLY = "texas-medicaid"
_CENTRAL = ZoneInfo("America/Chicago")
_PREFIXES = {"60054": "88", "61101": "H", "62308": "C0", "florida-blue": "FB", "87726": "1TR", "texas-medicaid": "TX"}
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Payment:
    """One payment, or an advice without one (`NON`), whose file is there from `posted` on."""

    payer: Payer
    organization: Organization
    payee: Provider
    trace: str
    method: str
    paid_on: date
    posted: datetime
    seed: int
    revision: int = 0

    @property
    def posted_on(self) -> date:
        """The day on which the portal got the file, as the payer's zone has it."""
        return self.posted.astimezone(_CENTRAL).date()

    @property
    def listed_on(self) -> date:
        """The day by which a list is searched: that of the weekly cycle, else that of the payment."""
        return self.posted_on if self.payer.id == _WEEKLY else self.paid_on

    def revised(self, posted: datetime) -> "Payment":
        """The same payment with another file, posted now."""
        return replace(self, posted=posted, revision=self.revision + 1)

    def public(self) -> dict[str, Any]:
        """The payment as the control interface shows it."""
        return {
            "portal": self.payer.portal,
            "payer": self.payer.id,
            "payer_name": self.payer.name,
            "organization": self.organization.name,
            "tin": self.payee.tin,
            "npi": self.payee.npi,
            "trace": self.trace,
            "method": self.method,
            "paid_on": self.paid_on.isoformat(),
            "listed_on": self.listed_on.isoformat(),
            "posted_on": self.posted_on.isoformat(),
            "revision": self.revision,
        }


def payments(seed: int, payer: str, tin: str, first: date, last: date) -> list[Payment]:
    """All payments of a payer to a tax number that lists between two days hold, newest first."""
    # A file may be some days older than its payment.
    found = [each for month in _months(first, last + timedelta(days=7)) for each in _of_month(seed, payer, tin, *month)]
    return sorted((each for each in found if first <= each.listed_on <= last), key=_age, reverse=True)


def _age(payment: Payment) -> tuple[date, str]:
    return payment.listed_on, payment.trace


def _months(first: date, last: date) -> Iterator[tuple[int, int]]:
    day = max(first, _BEGINS).replace(day=1)
    while day <= last:
        yield day.year, day.month
        day = (day + timedelta(days=32)).replace(day=1)


@lru_cache(maxsize=2000)
def _of_month(seed: int, payer: str, tin: str, year: int, month: int) -> tuple[Payment, ...]:
    whose = next(each for each in PAYERS if each.id == payer)
    organization = next(each for each in ORGANIZATIONS if tin in each.tins)
    days = [date(year, month, 1) + timedelta(days=index) for index in range(31)]
    paydays = [each for each in days if each.month == month and each.weekday() in _PAYDAYS.get(payer, ())]
    return tuple(_payment(seed, whose, organization, tin, each) for each in paydays)


def _payment(seed: int, payer: Payer, organization: Organization, tin: str, day: date) -> Payment:
    draw = draw_for(seed, "payment", payer.id, tin, day.isoformat())
    payees = [each for each in organization.providers if each.tin == tin]
    week = (day - _BEGINS).days // 7
    method = NON if payer.id == "87726" and day.weekday() == _FRIDAY else CHECK if week % 4 == 3 else ACH
    number = f"{_PREFIXES[payer.id]}{draw.randrange(10**9):09d}"
    payee = payees[1 if week % 3 == 2 and len(payees) > 1 else 0]
    return Payment(payer, organization, payee, number, method, day, _posted(payer, day), seed)


def _posted(payer: Payer, day: date) -> datetime:
    """Weekly files come on Monday at six, Central time; others on the morning of the payment."""
    on = day - timedelta(days=_FRIDAY) if payer.id == _WEEKLY else day
    return datetime.combine(on, time(6), _CENTRAL).astimezone(UTC)
