"""The manifest beside the files for billing: one CSV a month, a row per payment, written anew from the book."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from bots.disk import private_folder, write_durably
from bots.era.banking_days import business_days
from bots.era.config import EraConfig
from bots.inventory import Inventory
from bots.worklist.cells import cell

COLUMNS = (
    *("file", "received_at", "portal", "account", "era_route", "payer", "payer_id", "payee_tin", "payee_npi"),
    *("trace_number", "payment_method", "payment_date", "amount", "claims", "provider_adjustments", "verdict"),
    *("same_or_revised", "sha256", "picked_up_at", "eft_matched_on", "days_between", "incident"),
)

_NUMBERS = ("amount", "days_between")  # below zero they are no formula
_ABOUT = """((e.kind IN ('held', 'quarantined', '835 without deposit') AND e.key = e.kind || ' ' || p.id)
    OR (e.kind IN ('not dropped', 'not picked up') AND e.key = e.kind || ' ' || p.drop_id)
    OR (e.kind IN ('not received', 'deposit without 835', 'claims without 835', 'deposit differs')
        AND e.trace = p.trace AND trim(p.trace, '0') <> ''))"""
"""Whether a finding e, told before the payment p came or after it, is about it."""

_ROWS = f"""SELECT ifnull(d.name, '') AS file, f.received_at, f.portal, f.account, p.route AS era_route,
    CASE p.payer WHEN '' THEN p.payer_title ELSE p.payer END AS payer,
    CASE p.payer_id WHEN '' THEN p.company_id ELSE p.payer_id END AS payer_id, p.payee_tin, p.payee_npi,
    p.trace AS trace_number, p.method AS payment_method, p.paid_on AS payment_date, p.amount, p.claims,
    p.provider_adjustments, trim(p.verdict || ' ' || p.reasons) AS verdict, p.copy AS same_or_revised, f.sha256,
    d.picked_up_at, (SELECT min(deposited_on) FROM era_deposits e WHERE e.trace = p.trace AND e.amount = p.amount
        AND e.company_id IN ('', p.company_id)) AS eft_matched_on,
    (SELECT group_concat(name, ' ') FROM (SELECT DISTINCT printf('INC-%04d', e.incident) AS name FROM era_findings e
        WHERE {_ABOUT} ORDER BY 1)) AS incident
    FROM era_payments p JOIN era_files f USING (sha256) LEFT JOIN era_drops d ON d.id = p.drop_id
    WHERE f.source = 'portal' AND f.received_at >= ? AND f.received_at < ? ORDER BY f.received_at, p.id"""


def write_manifests(inventory: Inventory, config: EraConfig, months: Iterable[str]) -> None:
    """Write the manifests of some months (such as 2026-11) into the drop folder, whole and durable."""
    for month in sorted(set(months)):
        rows = inventory.rows(_ROWS, (month, month + "~"))
        folder = private_folder(config.drop.folder)
        write_durably(folder / f"manifest-{month}.csv", _csv(rows), mode=config.drop.mode)


def write_incidents(inventory: Inventory, config: EraConfig, incidents: Collection[int]) -> None:
    """Write anew the manifests of the payments that these incidents are about."""
    marks = ", ".join("?" * len(incidents))
    sql = f"""SELECT DISTINCT substr(f.received_at, 1, 7) AS month FROM era_payments p JOIN era_files f USING (sha256)
        JOIN era_findings e ON {_ABOUT} WHERE f.source = 'portal' AND e.incident IN ({marks})"""
    write_manifests(inventory, config, [row["month"] for row in inventory.rows(sql, tuple(incidents))])


def _csv(rows: list[dict[str, Any]]) -> bytes:
    stream = io.StringIO(newline="")
    table = csv.writer(stream)
    table.writerow(COLUMNS)
    for row in rows:
        row["days_between"] = _days_between(row)
        table.writerow(cell(row[column]) if column not in _NUMBERS else row[column] for column in COLUMNS)
    return stream.getvalue().encode()


def _days_between(row: dict[str, Any]) -> int | None:
    """Banking days from the deposit to the 835; below zero when the 835 came first."""
    if not row["eft_matched_on"]:
        return None
    return business_days(date.fromisoformat(row["eft_matched_on"]), date.fromisoformat(row["received_at"][:10]))
