"""The demonstration's CSV files: questions about members and claims that the sandbox knows."""

from __future__ import annotations

import csv
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bots.cli.demo.stage import Stage

ORGANIZATION = "Example Valley Medical Group"
NPI = "2000001018"
NAMES = ("last_name", "first_name", "birth_date")
Row = dict[str, Any]


def write_patients(stage: Stage, file: Path, most: int) -> int:
    """Questions about patients of every payer, as many of each; returns how many."""
    asked = {"provider_npi": NPI, "service_date": time.strftime("%Y-%m-%d")}
    rows = [{**_patient(member), **asked} for member in stage.get("/members")]
    return _write(file, _spread(rows, most))


def write_claims(stage: Stage, file: Path, most: int) -> int:
    """Questions about claims of every payer that tells of claims, as many of each; returns how many."""
    members = stage.get("/members")
    patients = {(each["payer"], each["member_id"], each["patient"]["first_name"]): each for each in members}
    clients = {(each["payer"], each["member_id"]): each for each in members}  # of Medicaid, each with their own number
    rows = [
        _claim(patients[claim["payer"], claim["member_id"], claim["patient"]["first_name"]], claim["expects"])
        for claim in stage.get("/claims")
        if claim["npi"] == NPI
    ]
    rows += [_claim(clients[claim["payer"], claim["member_id"]], claim) for claim in stage.get("/medicaid-claims")]
    return _write(file, _spread(rows, most))


def write_deposits(file: Path, payments: Sequence[Row]) -> None:
    """A bank's file: each EFT among the payments a day later, as banks print it, and a deposit that is none."""
    efts = [row for row in payments if row["method"] == "ACH" and row["amount"] != "0.00"]
    with file.open("w", newline="", encoding="utf-8") as target:
        table = csv.writer(target)
        table.writerow(["Posting Date", "Description", "Credit Amount"])
        table.writerow([f"{efts[0]['paid_on']}", "CARD SETTLEMENT", "250.00"])
        table.writerows([row["paid_on"], f"HCCLAIMPMT TRN*1*{row['trace']}\\", row["amount"]] for row in efts)


def _patient(member: Row) -> Row:
    people = {"patient": member["patient"], "subscriber": member["subscriber"] or {}}
    return {
        "payer": member["payer"],
        "organization": ORGANIZATION,
        "member_id": member["member_id"],
        "relationship": member["relationship"],
        **{f"{who}_{name}": person.get(name, "") for who, person in people.items() for name in NAMES},
    }


def _claim(member: Row, claim: Row) -> Row:
    return {
        **_patient(member),
        "billing_npi": NPI,
        "service_from": claim["service_from"],
        "service_to": claim["service_to"],
    }


def _spread(rows: Sequence[Row], most: int) -> list[Row]:
    """As many rows of each payer, from all of its rows."""
    by_payer: dict[str, list[Row]] = {}
    for row in rows:
        by_payer.setdefault(row["payer"], []).append(row)
    share = most // len(by_payer)
    return [row for each in by_payer.values() for row in each[:: max(1, len(each) // share)][:share]]


def _write(file: Path, rows: Sequence[Row]) -> int:
    with file.open("w", newline="", encoding="utf-8") as target:
        writer = csv.DictWriter(target, ["reference", *rows[0]])
        writer.writeheader()
        writer.writerows({"reference": f"DEMO-{number:03}", **row} for number, row in enumerate(rows, 1))
    return len(rows)
