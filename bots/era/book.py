"""The book of payments: what is in each file, what was there before, and what goes to billing. No PHI.

States: *passed* goes to billing, *held* waits for a person, *dismissed* was settled by one, *skipped* was there before,
*other route* comes to billing another way, *seen* came another way, *quarantined* can't be relied on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from bots.era.config import Drop, EraConfig
from bots.era.gate import Judged
from bots.era.naming import file_name
from bots.era.payment import Payment, in_cents
from bots.era.routes import Route, Routes
from bots.era.verdicts import Finding, Verdict, finding, worst
from bots.inventory.audit import record_audit

_BILLED = "state IN ('passed', 'other route', 'seen')"
_LIKE_ANOTHER = ("revised", "trace_reused")
_TOLD_APART_BY = ("content", "trace", "company_id", "payer_id", "payee_npi", "payee_tin", "amount", "paid_on")
_NOT_TOLD, _TOLD = "not_told", "era seen"
_PAYER_KEY = "CASE company_id WHEN '' THEN payer_id ELSE company_id END"
_PAYEE_KEY = "CASE payee_npi WHEN '' THEN payee_tin ELSE payee_npi END"


@dataclass(frozen=True, slots=True)
class Entry:
    """A payment as it is entered: what was judged, the payer by our name, its route, its copy and its state."""

    judged: Judged
    payer: str
    route: Route | None
    copy: str
    state: str


def decide(db: Any, judged: Judged, source: dict[str, Any], routes: Routes, *, seen: bool) -> Entry:
    """What becomes of a payment, by itself, by what was there before and by its route. Inside the caller's write."""
    payment, payer = judged.payment, source["payer"]
    if payment is None or judged.verdict is Verdict.QUARANTINED:
        return Entry(judged, payer, None, "", "quarantined")
    copy = _copy(db, payment)
    if seen:
        return Entry(judged, payer, None, copy, "seen")
    route = routes.find((payer, payment.payer_id, payment.company_id), (payment.payee_tin, payment.payee_npi))
    more: list[Finding] = [finding("no_route")] if route is None else []
    more += [finding(_NOT_TOLD)] if route is Route.BOTH and not _was_told(db) else []
    more += [finding(copy)] if copy in _LIKE_ANOTHER else []
    more += [finding("not_as_listed")] if _not_as_listed(payment, source) else []
    judged = replace(judged, findings=(*judged.findings, *more))
    if copy != "same" and not judged.passes and _is_there(db, payment, "state IN ('held', 'dismissed')"):
        copy = "same"
    if copy == "same":
        return Entry(judged, payer, route, copy, "skipped")
    if route is not None and not route.by_portal:
        return Entry(judged, payer, route, copy, "other route")
    return Entry(judged, payer, route, copy, "passed" if judged.passes else "held")


def tell(db: Any, *, at: str, by: str) -> list[dict[str, Any]]:
    """What came by the other route is in the book: payments that waited for it are skipped, or on their way.

    The payments that are on their way. Inside the caller's write; it stands in the audit trail, and never expires.
    """
    record_audit(db, at=at, who=by, action=_TOLD, because="what came by another route")
    held = db.execute("SELECT * FROM era_payments WHERE state = 'held' AND instr(reasons, ?)", (_NOT_TOLD,)).fetchall()
    return [row for row in map(dict, held) if _decide_again(db, row) == "passed"]


def _decide_again(db: Any, row: dict[str, Any]) -> str:
    payment = Payment(**{name: row[name] for name in _TOLD_APART_BY})
    copy = _copy(db, payment)
    words = [word for word in row["reasons"].split() if word != _NOT_TOLD] + [copy] * (copy in _LIKE_ANOTHER)
    found = tuple(finding(word) for word in words)
    state = "skipped" if copy == "same" else "passed" if all(one.reason.passes for one in found) else "held"
    db.execute(
        "UPDATE era_payments SET state = ?, copy = ?, reasons = ?, verdict = ? WHERE id = ?",
        (state, copy, " ".join(words), str(worst(found)), row["id"]),
    )
    return state


def _was_told(db: Any) -> bool:
    return db.execute("SELECT 1 FROM audit WHERE action = ?", (_TOLD,)).fetchone() is not None


def _is_there(db: Any, payment: Payment, condition: str) -> bool:
    sql = f"SELECT 1 FROM era_payments WHERE content = ? AND {condition}"
    return db.execute(sql, (payment.content,)).fetchone() is not None


def _copy(db: Any, payment: Payment) -> str:
    """*same* content, *revised* content of the same payment, a trace number that was used before, or nothing.

    A payment that is only held was never passed on: the sound copy of a test goes to billing.
    """
    if _is_there(db, payment, _BILLED):
        return "same"
    if not payment.trace.strip("0"):
        return ""
    key = (payment.trace, payment.company_id or payment.payer_id, payment.payee_npi or payment.payee_tin)
    before = db.execute(
        f"""SELECT amount, paid_on FROM era_payments WHERE trace = ? AND {_PAYER_KEY} = ? AND {_PAYEE_KEY} = ?
            AND content <> ? AND ({_BILLED} OR state IN ('held', 'dismissed'))""",
        (*key, payment.content),
    ).fetchall()
    if not before:
        return ""
    now = (_text(payment.amount), _text(payment.paid_on))
    return "revised" if now in {(row[0], row[1]) for row in before} else "trace_reused"


def _not_as_listed(payment: Payment, source: dict[str, Any]) -> bool:
    """Whether the portal's list told of another payment; it is asked only about the one payment of a file."""
    trace, amount = source["listed_trace"], source["listed_amount"]
    return bool((trace and trace != payment.trace) or (amount and amount != _text(payment.amount)))


def _text(value: object) -> str | None:
    return in_cents(value) if isinstance(value, Decimal) else None if value is None else str(value)


def enter(db: Any, sha256: str, entry: Entry) -> int:
    """Write one payment into the book; its id."""
    judged, payment = entry.judged, entry.judged.payment or Payment()
    row = {
        "sha256": sha256,
        "member": judged.member,
        "interchange": judged.interchange,
        "part": judged.group,
        "place": judged.transaction,
        "verdict": str(judged.verdict),
        "reasons": " ".join(judged.words),
        "payer": entry.payer,
        "payer_title": payment.payer,
        "payer_id": payment.payer_id,
        "company_id": payment.company_id,
        "payee": payment.payee,
        "payee_npi": payment.payee_npi,
        "payee_tin": payment.payee_tin,
        "trace": payment.trace,
        "method": payment.method,
        "handling": payment.handling,
        "amount": _text(payment.amount),
        "paid_on": _text(payment.paid_on),
        "claims": payment.claims,
        "provider_adjustments": payment.provider_adjustments,
        "content": payment.content,
        "route": str(entry.route or ""),
        "copy": entry.copy,
        "state": entry.state,
    }
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    return int(db.execute(f"INSERT INTO era_payments ({names}) VALUES ({marks})", tuple(row.values())).lastrowid)


def plan_drops(db: Any, sha256: str, member: int, config: EraConfig) -> None:
    """Plan the files in which the passed payments of one file go to billing: as it came, if all go to one place."""
    found = db.execute("SELECT * FROM era_payments WHERE sha256 = ? AND member = ?", (sha256, member)).fetchall()
    by_place: dict[Drop, list[dict[str, Any]]] = {}
    for row in map(dict, found):
        if row["state"] == "passed" and row["drop_id"] is None:
            by_place.setdefault(config.drop_for(row["payee_tin"]), []).append(row)
    for place, rows in by_place.items():
        _plan(db, rows, place, whole=len(rows) == len(found))


def _plan(db: Any, rows: Sequence[dict[str, Any]], place: Drop, *, whole: bool) -> None:
    first, name = rows[0], file_name(place.name, rows)
    drop = db.execute(
        """INSERT INTO era_drops (sha256, member, whole, folder, name, mode, owner_group, state)
           VALUES (?,?,?,?,?,?,?,'planned')""",
        (first["sha256"], first["member"], whole, str(place.folder), name, place.mode, place.group),
    ).lastrowid
    for row in rows:
        db.execute("UPDATE era_payments SET drop_id = ? WHERE id = ?", (drop, row["id"]))
