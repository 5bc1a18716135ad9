"""What Availity's claim status pages say of an outcome."""

from decimal import Decimal
from typing import Any

from sandbox.availity.answer import money, us_date
from sandbox.claim_inquiries import NO_MEMBER, NOT_FOUND, PAYER_DOWN, ClaimsOutcome
from sandbox.claims import DENIED, NEEDS_INFORMATION, PAID, PARTLY_PAID, PENDING, RECEIVED, REJECTED, Claim, Line
from sandbox.members import Member

_WAIT = "If the claim was submitted recently, allow up to 5 business days for it to appear."
_GENERAL = "The payer could not find any results based on your search. Please refine your search criteria"
_WORDS = {
    NOT_FOUND: f"Acknowledgement/Not Found. {_WAIT}",
    NO_MEMBER: "Subscriber and subscriber id not found",
    PAYER_DOWN: "Unable to respond at current time. Please try again later.",
}
_CODES = {NOT_FOUND: ("A4", "35"), NO_MEMBER: ("A4", "33"), PAYER_DOWN: ("E1", "0")}
# The portal has five words; what a claim needs stands in the codes.
_BADGES = {
    RECEIVED: "PENDING",
    PENDING: "IN PROCESS",
    NEEDS_INFORMATION: "PENDING",
    DENIED: "DENIED",
    PAID: "PAID",
    PARTLY_PAID: "FINALIZED",
    REJECTED: "DENIED",
}
_OWN_WORDS = {
    "A1": "Receipt acknowledged", "A7": "Rejected, invalid", "A4": "Not found", "E1": "No answer", "P1": "In process",
    "R4": "Documentation requested", "F1": "Payment", "F2": "Denial",
}  # fmt: skip


def nothing(outcome: ClaimsOutcome) -> dict[str, Any]:
    """No claim: the payer's words, with codes where the search was a HIPAA standard one."""
    standard = outcome.asked.birth_date is not None
    if not standard and outcome.why != PAYER_DOWN:
        return {"message": _GENERAL, "codes": []}
    category, code = _CODES[outcome.why]
    return {"message": _WORDS[outcome.why], "codes": _codes(category, code)}


def results(outcome: ClaimsOutcome) -> dict[str, Any]:
    """The claims that were found, in the payer's order, and whose they are."""
    return {
        "summary": _summary(outcome),
        "outage": outcome.outage,
        "claims": [_row(each) for each in outcome.claims],
    }


def _summary(outcome: ClaimsOutcome) -> list[tuple[str, str]]:
    asked = outcome.asked
    return [
        ("Organization", asked.organization.name),
        ("Payer ID", asked.payer),
        ("Provider NPI", asked.provider.npi),
        *_whose(outcome.member),
        ("Service Dates", f"{us_date(asked.first_day)} - {us_date(asked.last_day)}"),
        ("Transaction ID", outcome.transaction),
        ("Transaction Date/Time", f"{outcome.moment:%m/%d/%Y %I:%M:%S %p}"),
    ]


def _whose(member: Member | None) -> list[tuple[str, str]]:
    if member is None:
        return []
    patient = member.patient
    return [
        ("Patient Name", f"{patient.last_name.upper()}, {patient.first_name.upper()}"),
        ("Member ID", member.member_id),
    ]


def _row(claim: Claim) -> dict[str, str]:
    return {
        "number": claim.number,
        "dates": _dates(claim),
        "billed": _dollars(claim.billed),
        "finalized": us_date(claim.finalized) if claim.finalized else "",
        "badge": _BADGES[claim.status],
    }


def detail(claim: Claim) -> dict[str, Any]:
    """One claim: panels, lines and codes."""
    return {
        "panels": _panels(claim),
        "lines": [_line(each) for each in claim.lines],
        "codes": [
            *_codes(claim.category, claim.code),
            *(("Adjustment Reason", code, "") for code in claim.distinct("adjustments")),
            *(("Remark", code, "") for code in claim.distinct("remarks")),
        ],
    }


def _panels(claim: Claim) -> list[tuple[str, str]]:
    shown = [
        ("Claim Number", claim.number),
        ("Patient Account Number", claim.control_number),
        *_whose(claim.member),
        ("Claim Status", _BADGES[claim.status]),
        ("Status Date", us_date(claim.status_day)),
        ("Service Dates", _dates(claim)),
        ("Received Date", us_date(claim.received)),
        ("Finalized Date", us_date(claim.finalized) if claim.finalized else ""),
        ("Check Number", claim.payment_number),
        ("Check Date", us_date(claim.finalized) if claim.finalized and claim.payment_number else ""),
        ("Payment Method", claim.payment_method),
        ("Billed Amount", _dollars(claim.billed)),
        ("Paid Amount", "" if claim.paid is None else _dollars(claim.paid)),
    ]
    return [(label, value) for label, value in shown if value]


def _line(line: Line) -> dict[str, Any]:
    return {
        "cells": [
            str(line.number),
            us_date(line.day),
            line.procedure,
            " ".join(line.modifiers),
            str(line.units),
            _dollars(line.billed),
            "" if line.allowed is None else _dollars(line.allowed),
            "" if line.paid is None else _dollars(line.paid),
        ],
        "codes": [("Adjustment Reason", " ".join(line.adjustments)), ("Remark", " ".join(line.remarks))],
    }


def _codes(category: str, code: str) -> list[tuple[str, str, str]]:
    return [("Category", category, _OWN_WORDS[category]), ("Status", code, ""), ("Entity", "PR", "Payer")]


def _dates(claim: Claim) -> str:
    return f"{us_date(claim.first_day)} - {us_date(claim.last_day)}"


def _dollars(amount: Decimal) -> str:
    return money(f"{amount:.2f}")
