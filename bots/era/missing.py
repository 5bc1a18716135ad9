"""What should be there and is not: 835s that lists, rhythm or bank tell of, and payments that billing does not have.

Business days are the banks' (`bots.era.banking_days`). CORE 370 lets an 835 and its EFT be three of them apart; more
than `late_after` (four) is late.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from statistics import median_low
from typing import Any

from bots.era.banking_days import after, business_days
from bots.era.config import EraConfig
from bots.era.drop import picked_up
from bots.era.listed import not_here
from bots.era.paid_claims import paid_not_here
from bots.era.payment import in_cents
from bots.era.routes import Routes
from bots.inventory import Inventory

LISTED, DEPOSIT, CLAIMS = "not received", "deposit without 835", "claims without 835"
PAYMENTS = (LISTED, DEPOSIT, CLAIMS)
"""The signs of one payment whose 835 is not here, the best first."""

_ASK = "Ask the payer's EDI desk: trace, date, amount, TIN, NPI."
_SHOW = "See: pk era show {trace}"
_LEAST_DATES = 4
_MOST_DATES = 13
_TIMES = 3
_HERE = "state <> 'quarantined'"


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that is missing or waits. `late` needs a person; what is not late yet is told for those who look.

    `key` names it for as long as it is found. `days` are banking days since `since`.
    """

    key: str
    kind: str
    late: bool
    since: str
    days: int
    payer: str
    payee: str
    payee_tin: str
    trace: str
    method: str
    amount: str
    words: str
    do: str

    def as_dict(self) -> dict[str, Any]:
        """All fields by name."""
        return asdict(self)


def find_missing(inventory: Inventory, config: EraConfig, routes: Routes, today: date) -> list[Missing]:
    """Everything that is missing or waits, what is late first. Contacts nobody, changes nothing."""
    found = [
        *_listed(inventory, config, routes, today),
        *_deposits(inventory, config, routes, today),
        *_claims(inventory, config, routes, today),
        *_not_deposited(inventory, config, today),
        *_rhythm(inventory, config, routes, today),
        *_for_a_person(inventory, today),
        *_not_with_billing(inventory, config, today),
    ]
    return sorted(_once(found), key=lambda one: (not one.late, one.since, one.trace))


def _once(found: list[Missing]) -> Iterator[Missing]:
    """A payment that several signs tell of stands once, by the best of them."""
    by_trace: dict[str, list[Missing]] = defaultdict(list)
    for one in found:
        if one.kind in PAYMENTS and one.trace.strip("0"):
            by_trace[one.trace].append(one)
        else:
            yield one
    for signs in by_trace.values():
        payments: dict[str, Missing] = {}
        for one in sorted(signs, key=lambda sign: PAYMENTS.index(sign.kind)):
            alike = one.amount if one.kind != CLAIMS else next(iter(payments), "")  # claims do not tell the whole sum
            best = payments.setdefault(alike, one)
            payments[alike] = replace(best, late=best.late or one.late, days=max(best.days, one.days))
        yield from payments.values()


def _missing(
    kind: str, about: object, row: dict[str, Any], since: str, days: int, words: str, do: str, *, late: bool
) -> Missing:
    return Missing(
        key=f"{kind} {about}",
        kind=kind,
        late=late,
        since=since,
        days=days,
        payer=row.get("payer") or row.get("payer_title") or "",
        payee=row.get("payee_npi") or row.get("payee_tin") or "",
        payee_tin=row.get("payee_tin") or "",
        trace=row["trace"] or "",
        method=row.get("method") or "",
        amount=row["amount"] or "",
        words=words,
        do=do.format(trace=row["trace"]),
    )


def _listed(inventory: Inventory, config: EraConfig, routes: Routes, today: date) -> Iterator[Missing]:
    """Payments on a portal's list whose 835 has not come, where it should come by the portal."""
    for row in not_here(inventory, routes):
        since = row["paid_on"]
        days = business_days(date.fromisoformat(since), today)
        words = f"{row['portal']} lists the payment; its 835 is not here"
        late = days > config.late_after and not row["on_its_way"]
        yield _missing(LISTED, row["id"], row, since, days, words, _ASK, late=late)


def _deposits(inventory: Inventory, config: EraConfig, routes: Routes, today: date) -> Iterator[Missing]:
    """Deposits without their 835, unless it comes another way, or of another amount."""
    for row in inventory.rows("SELECT * FROM era_deposits ORDER BY deposited_on"):
        told = inventory.rows(
            f"""SELECT amount FROM era_payments WHERE trace = ? AND {_HERE}
                AND (? IN ('', company_id) OR company_id = '')""",
            (row["trace"], row["company_id"]),
        )
        days = business_days(date.fromisoformat(row["deposited_on"]), today)
        payment = {**row, "payer": row["company_id"]}
        about = " ".join(row[name] for name in ("company_id", "trace", "amount", "deposited_on"))
        if not told and _elsewhere(inventory, routes, row["company_id"]):
            continue
        if not told:
            words = "the bank has the deposit; its 835 is not here"
            late = days > config.late_after
            yield _missing(DEPOSIT, about, payment, row["deposited_on"], days, words, _ASK, late=late)
        elif row["amount"] not in {one["amount"] for one in told}:
            words = f"the bank has {row['amount']}, the 835 says {told[0]['amount']}"
            yield _missing("deposit differs", about, payment, row["deposited_on"], days, words, _SHOW, late=True)


def _elsewhere(inventory: Inventory, routes: Routes, company: str) -> bool:
    """Whether the 835s of the company that a deposit is from come another way, by all the names that it has here."""
    sql = f"SELECT DISTINCT payer, payer_id FROM era_payments WHERE company_id = ? AND {_HERE}"
    known = inventory.rows(sql, (company,)) if company else []
    return routes.elsewhere([company, *(name for row in known for name in row.values())])


def _not_deposited(inventory: Inventory, config: EraConfig, today: date) -> Iterator[Missing]:
    """835s of EFTs that the bank does not show, within the days that its file covers."""
    span = inventory.rows("SELECT min(deposited_on) AS first, max(deposited_on) AS last FROM era_deposits")[0]
    if not span["first"]:
        return
    sql = """SELECT * FROM era_payments p WHERE method = 'ACH' AND state = 'passed' AND paid_on BETWEEN ? AND ?
        AND NOT EXISTS (SELECT 1 FROM era_deposits d WHERE d.trace = p.trace) ORDER BY paid_on"""
    for row in inventory.rows(sql, (span["first"], span["last"])):
        days = business_days(date.fromisoformat(row["paid_on"]), date.fromisoformat(span["last"]))
        if Decimal(row["amount"]) > 0 and days > config.late_after:
            words = "the 835 is here; the bank shows no deposit"
            yield _missing("835 without deposit", row["id"], row, row["paid_on"], days, words, _ASK, late=True)


def _claims(inventory: Inventory, config: EraConfig, routes: Routes, today: date) -> Iterator[Missing]:
    """Payments that claims tell of: they are paid by their status, and the 835 has not come."""
    for row in paid_not_here(inventory, routes, config.claims_after):
        about = " ".join(row[name] for name in ("payer", "payee_npi", "payee_tin", "trace", "paid_on"))
        days = business_days(date.fromisoformat(row["paid_on"]), today)
        count = "1 claim is" if row["claims"] == 1 else f"{row['claims']} claims are"
        words = f"{count} paid by their status; the 835 is not here"
        yield _missing(CLAIMS, about, row, row["paid_on"], days, words, _ASK, late=days > config.claims_after)


def _rhythm(inventory: Inventory, config: EraConfig, routes: Routes, today: date) -> Iterator[Missing]:
    """Payers that paid a payee regularly and have stopped: three times the usual gap, or four days over it."""
    dates: dict[tuple[str, str], list[date]] = defaultdict(list)
    tins: dict[tuple[str, str], str] = {}
    sql = """SELECT DISTINCT payer, payee_npi, payee_tin, paid_on FROM era_payments
        WHERE state = 'passed' AND paid_on IS NOT NULL AND payer <> '' ORDER BY paid_on"""
    for row in inventory.rows(sql):
        if routes.opens(row["payer"], row["payee_npi"], row["payee_tin"]):
            name = (row["payer"], row["payee_npi"] or row["payee_tin"])
            dates[name].append(date.fromisoformat(row["paid_on"]))
            tins[name] = row["payee_tin"]
    for (payer, payee), all_days in dates.items():
        days = sorted(set(all_days))[-_MOST_DATES:]
        if len(days) < _LEAST_DATES:
            continue
        gap = max(1, median_low(business_days(one, other) for one, other in pairwise(days)))
        waited = business_days(days[-1], today)
        if waited > min(_TIMES * gap, gap + config.late_after):
            words = f"paid every {gap} banking days until {days[-1]}; nothing since"
            expected = after(days[-1], gap).isoformat()
            known = {"payer": payer, "payee_npi": payee, "payee_tin": tins[payer, payee], "trace": "", "amount": ""}
            do = "Look on the portal's list; " + _ASK
            yield _missing("rhythm", f"{payer} {payee} {days[-1]}", known, expected, waited - gap, words, do, late=True)


def _for_a_person(inventory: Inventory, today: date) -> Iterator[Missing]:
    """What is held, and what is quarantined and has not come in a sound copy."""
    sql = f"""SELECT p.*, f.received_at FROM era_payments p JOIN era_files f USING (sha256)
        WHERE f.source = 'portal' AND (p.state = 'held' OR (p.state = 'quarantined'
        AND NOT EXISTS (SELECT 1 FROM era_payments q WHERE q.{_HERE}
        AND q.trace IN (p.trace, f.listed_trace) AND q.trace <> ''))) ORDER BY f.received_at"""
    for row in inventory.rows(sql):
        day = row["received_at"][:10]
        words = f"{row['verdict']}: {row['reasons'].replace(' ', ', ')}"
        do = _SHOW if row["trace"] else "See: pk era list"
        days = business_days(date.fromisoformat(day), today)
        yield _missing(row["state"], row["id"], row, day, days, words, do, late=True)


def _not_with_billing(inventory: Inventory, config: EraConfig, today: date) -> Iterator[Missing]:
    """Files that the drop folder did not take, and files that nobody took from it."""
    sql = "SELECT d.*, f.received_at FROM era_drops d JOIN era_files f USING (sha256) WHERE d.picked_up_at IS NULL"
    for drop in inventory.rows(sql):
        rows = inventory.rows("SELECT * FROM era_payments WHERE drop_id = ? ORDER BY id", (drop["id"],))
        row = {**rows[0], "amount": in_cents(sum((Decimal(one["amount"]) for one in rows), Decimal()))}
        day = (drop["dropped_at"] or drop["received_at"])[:10]
        days = business_days(date.fromisoformat(day), today)
        if drop["state"] != "dropped":
            words = f"{drop['folder']} does not take the file"
            yield _missing(
                "not dropped", drop["id"], row, day, days, words, "Look at folder, group and disk.", late=True
            )
        elif not picked_up(drop) and days > config.pick_up_within:
            words = f"{drop['name']} lies in {drop['folder']} untouched"
            yield _missing(
                "not picked up", drop["id"], row, day, days, words, "See why billing has not taken it.", late=True
            )
