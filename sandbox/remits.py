"""What a portal offers of payments to each of its users: lists, files, marks, and what has become of each file.

Every user has marks of their own, so that nobody's download disturbs another's.
"""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sandbox.accounts import Account
from sandbox.clock import Clock
from sandbox.era_file import EraFile, era_file
from sandbox.members import PAYERS, Member
from sandbox.organizations import organization
from sandbox.payments import Payment, payments
from sandbox.policy import InputError, Policy

FAULTS = ("empty_file", "truncated_file", "login_page_file", "cut_file")
_LOGIN_PAGE = b"<!doctype html>\n<html><head><title>Sign In</title></head><body><h1>Sign In</h1></body></html>\n"


@dataclass
class Had:
    """What one user did with one file."""

    downloads: int = 0
    marked: bool = False
    consumed_at: float | None = None


@dataclass
class _User:
    had: dict[tuple[str, int], Had] = field(default_factory=dict)
    late: set[str] = field(default_factory=set)
    revised: dict[str, Payment] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """A payment in a user's list."""

    payment: Payment
    had: Had
    late: bool
    gone: bool
    old: bool
    file: EraFile

    @property
    def offered(self) -> bool:
        """Whether its file can be had, in the list or among the old files."""
        return not self.late and not self.gone

    @property
    def number(self) -> str:
        """What the portal calls the file."""
        return f"{self.payment.trace}.{self.payment.revision}"


class Remits:
    """The payments of one portal."""

    def __init__(self, portal: str, seed: int, clock: Clock, policy: Policy, members: Sequence[Member]) -> None:
        self._portal = portal
        self._seed = seed
        self._clock = clock
        self._policy = policy
        self._members = members
        self._users: dict[str, _User] = {}
        self._files: dict[tuple[str, int], EraFile] = {}

    def rows(self, account: Account, payer: str, tin: str, first: date, last: date, npi: str = "") -> list[Row]:
        """What the list shows, newest first: of one payer, tax number and, where one is asked for, payee."""
        user = self._users.setdefault(account.user, _User())
        found = payments(self._seed, payer, tin, first, last)
        listed = [*(each for each in user.revised.values() if each.trace in {one.trace for one in found}), *found]
        return [
            self._row(user, each)
            for each in listed
            if each.posted.timestamp() <= self._clock.now() and npi in ("", each.payee.npi)
        ]

    def row(self, account: Account, number: str) -> Row | None:
        """The row of one file, if it is one of the account's."""
        return next((each for each in self._all(account) if each.number == number), None)

    def refusal(self, first: date, last: date) -> str:
        """Why a search by these days is refused; empty when it isn't."""
        policy, today = self._policy, self._clock.today()
        if policy.era_span_days and (last - first).days >= policy.era_span_days:
            return f"The date range may not be longer than {policy.era_span_days} days."
        if policy.era_days and first < today - timedelta(days=policy.era_days):
            return f"Remittances are available for {policy.era_days} days. Choose a later start date."
        return ""

    def take(self, account: Account, row: Row) -> bytes:
        """Give a file out: counted, marked where the portal marks by itself, and consumed where it does that."""
        row.had.downloads += 1
        account.tally.era_downloads += 1
        if self._policy.era_marks_itself or self._policy.era_consumed:
            row.had.marked = True
        if self._policy.era_consumed and row.had.consumed_at is None:
            row.had.consumed_at = self._clock.now()
        return row.file.body

    def order(self, account: Account, trace: str, wanted: dict[str, Any]) -> dict[str, Any]:
        """An order about one payment of a user: its file is late, or revised now."""
        user = self._users.setdefault(account.user, _User())
        row = next((each for each in self._all(account) if each.payment.trace == trace), None)
        if row is None:
            raise InputError(f"no payment {trace!r} in the list of {account.user}")
        if "late" in wanted:
            (user.late.add if wanted["late"] else user.late.discard)(trace)
        if wanted.get("revised"):
            user.revised[trace] = row.payment.revised(self._clock.moment())
        return self.public(self._row(user, user.revised.get(trace, row.payment)))

    def public(self, row: Row) -> dict[str, Any]:
        """A row as the control interface shows it."""
        said = {"amount": f"{row.file.amount:.2f}", "offered": row.offered, "old": row.old, "late": row.late}
        return row.payment.public() | said | {"downloads": row.had.downloads, "marked": row.had.marked}

    def _all(self, account: Account) -> list[Row]:
        today = self._clock.today()
        found = [found for each in account.organizations if (found := organization(each))]
        return [
            row
            for payer in PAYERS
            if payer.portal == self._portal
            for each in found
            for tin in each.tins
            for row in self.rows(account, payer.id, tin, today - timedelta(days=400), today + timedelta(days=7))
        ]

    def _row(self, user: _User, payment: Payment) -> Row:
        had = user.had.setdefault((payment.trace, payment.revision), Had())
        taken = had.consumed_at is not None
        kept_until = (had.consumed_at or 0) + self._policy.era_old_days * 86400
        return Row(
            payment=payment,
            had=had,
            late=payment.trace in user.late,
            gone=taken and self._clock.now() >= kept_until,
            old=taken,
            file=self._file(payment),
        )

    def _file(self, payment: Payment) -> EraFile:
        number = payment.trace, payment.revision
        if number not in self._files:
            self._files[number] = era_file(payment, self._members)
        return self._files[number]


def spoiled(body: bytes, kind: str) -> bytes:
    """What is sent in the place of a file. A download that is cut in the middle is cut elsewhere."""
    match kind:
        case "empty_file":
            return b""
        case "truncated_file":
            return body[: len(body) * 2 // 3]
        case "login_page_file":
            return _LOGIN_PAGE
    return body


def zipped(rows: Sequence[Row]) -> bytes:
    """Several files in one."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, row in enumerate(rows, 1):
            archive.writestr(zipfile.ZipInfo(f"remit/{place:03d}.835"), row.file.body)
    return packed.getvalue()
