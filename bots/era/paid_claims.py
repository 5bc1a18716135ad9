"""Claims that a payer calls paid: a sign of an 835 that has to come. No claim number, no member, no patient's day.

What one run was told of one payment stands in one row: payer, payee, trace number and day where they are shown, how
many claims, and what was paid for them together. That may be less than the payment, since nobody asked about the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from bots import now
from bots.era.banking_days import after
from bots.era.payment import in_cents
from bots.era.routes import Routes
from bots.inventory import Inventory
from flows.claim_status import Claim, ClaimStatusAnswer, ClaimStatusInquiry, Status

_PAID = (Status.PAID, Status.PARTLY_PAID)
KEPT = timedelta(days=400)
_DAYS_BEFORE = timedelta(days=3)  # the date of a payment may lie a weekend before the day of its claims

_KEY = "payer = ? AND payee_npi = ? AND payee_tin = ? AND trace = ? AND paid_on = ? AND run_id = ?"
_NOT_HERE = """SELECT c.* FROM era_paid_claims c WHERE c.paid_on >= ifnull((SELECT min(first) FROM (
        SELECT min(paid_on) AS first FROM era_listed WHERE payer = c.payer
        UNION ALL SELECT min(paid_on) FROM era_payments WHERE payer = c.payer)), '9999')
    AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.run_id = c.run_id AND h.payer = c.payer
        AND h.decided IS NOT 'released')
    AND (c.trace = '' OR NOT EXISTS (SELECT 1 FROM era_payments p WHERE p.trace IN (c.trace, ltrim(c.trace, '0'))
        AND p.payer IN ('', c.payer) AND p.state <> 'quarantined'))
    ORDER BY c.claims DESC, c.amount"""
_CAME = """SELECT 1 FROM era_payments WHERE payer IN ('', ?) AND (payee_npi = ? OR payee_tin = ?)
    AND paid_on BETWEEN ? AND ? AND state <> 'quarantined'"""


def note_paid(db: Any, run_id: str, payer: str, inquiry: ClaimStatusInquiry, answer: ClaimStatusAnswer) -> None:
    """Count the paid claims of one answer, inside the caller's transaction."""
    for claim in answer.claims:
        if is_paid(claim):
            _count(db, (payer, answer.provider_npi, inquiry.organization.tin, *payment_of(claim), run_id), claim.paid)


def is_paid(claim: Claim) -> bool:
    """Whether an 835 with money has to come of it."""
    return claim.status in _PAID and (claim.paid is None or claim.paid > 0)


def payment_of(claim: Claim) -> tuple[str, str]:
    """Trace number and day of a claim's payment; without a day of its own the claim's, or today."""
    trace = (claim.payment_number or "").strip()
    day = claim.payment_date or claim.finalized_on or claim.status_date or now.utc().date()
    return trace if trace.strip("0") else "", day.isoformat()


def _count(db: Any, key: tuple[str, ...], paid: Decimal | None) -> None:
    found = db.execute(f"SELECT claims, amount FROM era_paid_claims WHERE {_KEY}", key).fetchone()
    claims, amount = (found["claims"], Decimal(found["amount"])) if found else (0, Decimal())
    db.execute(
        "INSERT OR REPLACE INTO era_paid_claims VALUES (?,?,?,?,?,?,?,?)",
        (*key, claims + 1, in_cents(amount + (paid or Decimal()))),
    )


def forget_old(db: Any, today: date) -> None:
    """Remove what nobody asks about any more, inside the caller's transaction."""
    db.execute("DELETE FROM era_paid_claims WHERE paid_on < ?", ((today - KEPT).isoformat(),))


def paid_not_here(inventory: Inventory, routes: Routes, within: int) -> Iterator[dict[str, Any]]:
    """Paid claims whose 835 is not here, though it should come by the portal; a payment once, by its fullest row.

    Told are those since the first 835 of that payer that was listed or received. Where no trace number is shown, any
    835 from payer to payee within so many banking days counts as theirs.
    """
    told = set()
    for row in inventory.rows(_NOT_HERE):
        payment = (row["payer"], row["payee_npi"], row["payee_tin"], row["trace"], row["paid_on"])
        if payment in told or not routes.opens(row["payer"], row["payee_npi"], row["payee_tin"]):
            continue
        if not row["trace"] and _came(inventory, row, within):
            continue
        told.add(payment)
        yield row


def _came(inventory: Inventory, row: dict[str, Any], within: int) -> bool:
    span = span_of(row["paid_on"], within)
    return inventory.row(_CAME, (row["payer"], row["payee_npi"], row["payee_tin"], *span)) is not None


def span_of(day: str, within: int) -> tuple[str, str]:
    """The first and the last day of a payment whose claims tell of `day` only."""
    paid_on = date.fromisoformat(day)
    return (paid_on - _DAYS_BEFORE).isoformat(), after(paid_on, within).isoformat()
