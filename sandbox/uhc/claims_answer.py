"""What UnitedHealthcare's claims pages say of an outcome: words, and no codes of a claim's status."""

import base64
import json
from datetime import date
from decimal import Decimal
from typing import Any

from sandbox.claim_inquiries import NO_MEMBER, NOT_FOUND, PAYER_DOWN, ClaimsOutcome
from sandbox.claims import DENIED, NEEDS_INFORMATION, PAID, PARTLY_PAID, PENDING, RECEIVED, REJECTED, Claim, Line

_MESSAGES = {
    NOT_FOUND: "Member found, but no claim was found for these dates.",
    NO_MEMBER: "Member not found. Please check your entries and try again.",
    PAYER_DOWN: "This information is temporarily unavailable. Please try again later.",
}
# status, adjudication status
_STATUSES = {
    RECEIVED: ("Acknowledged", ""),
    PENDING: ("Pending", "In Process"),
    NEEDS_INFORMATION: ("Pending", "Information Requested"),
    DENIED: ("Finalized", "Denied"),
    PAID: ("Finalized", "Paid"),
    PARTLY_PAID: ("Finalized", "Partially Paid"),
    REJECTED: ("Rejected", ""),
}


def nothing(outcome: ClaimsOutcome) -> dict[str, Any]:
    """No claim: the portal's words, or, where one was asked for by its number, an empty list that says so."""
    if outcome.asked.number and outcome.why != PAYER_DOWN:
        return {"summary": _summary(outcome), "noClaims": "No claims found", "claims": []}
    return {"message": _MESSAGES[outcome.why]}


def results(outcome: ClaimsOutcome) -> dict[str, Any]:
    """The claims that were found."""
    return {
        "summary": _summary(outcome),
        "outage": outcome.outage,
        "noClaims": "",
        "claims": [_row(each) for each in outcome.claims],
    }


def _summary(outcome: ClaimsOutcome) -> list[tuple[str, str]]:
    asked, member = outcome.asked, outcome.member
    rows = [
        ("Organization", asked.organization.name),
        ("Tax ID", asked.tin),
        ("NPI", asked.provider.npi),
        ("Transaction ID", outcome.transaction),
    ]
    if asked.number:
        rows.append(("Claim Number", asked.number))
    else:
        rows.append(("Dates of Service", f"{us_date(asked.first_day)} - {us_date(asked.last_day)}"))
    if member:
        rows += [("Member ID", member.member_id), ("Date of Birth", us_date(member.patient.birth_date))]
    return rows


def _row(claim: Claim) -> dict[str, Any]:
    """The link holds part of the claim in it; what counts is on the claim's own page."""
    status, adjudicated = _STATUSES[claim.status]
    held = {
        "claimNumber": claim.number,
        "claimStatus": status,
        "firstServiceDate": claim.first_day.isoformat(),
        "totalBilledAmount": str(claim.billed),
        "totalPaidAmount": str(claim.paid or 0),
        "processedDate": claim.finalized.isoformat() if claim.finalized else "",
    }
    return {
        "number": claim.number,
        "link": f"/summary/{base64.urlsafe_b64encode(json.dumps(held).encode()).decode()}",
        "cells": [us_date(claim.first_day), _dollars(claim.billed), adjudicated or status],
    }


def detail(claim: Claim) -> dict[str, Any]:
    """One claim: by test id what it shows, and its lines."""
    patient, member = claim.member.patient, claim.member
    status, adjudicated = _STATUSES[claim.status]
    shown = {
        "overview-claim-number": ("Claim number", claim.number),
        "overview-status": ("Status", status),
        "overview-adjudication-status": ("Adjudication status", adjudicated),
        "overview-received-date": ("Received", us_date(claim.received)),
        "overview-processed-date": ("Processed", us_date(claim.finalized) if claim.finalized else ""),
        "overview-service-dates": ("Service dates", f"{us_date(claim.first_day)} - {us_date(claim.last_day)}"),
        "pi-patient-name-content": ("Patient name", f"{patient.first_name} {patient.last_name}"),
        "pi-member-id-content": ("Member ID", member.member_id),
        "pi-date-of-birth-content": ("Date of birth", us_date(patient.birth_date)),
        "pi-patient-account-number-content": ("Patient account number", claim.control_number),
        "bs-billed-content": ("Billed", _dollars(claim.billed)),
        "bs-allowed-content": ("Allowed", _dollars(claim.allowed)),
        "bs-total-paid-content": ("Total paid", _dollars(claim.paid)),
        "bs-patient-responsibility-content": ("Patient responsibility", _dollars(claim.patient_responsibility)),
        "ps-payment-number-content": ("Payment number", claim.payment_number),
        "ps-payment-method-content": ("Payment method", claim.payment_method),
        "ps-payment-date-content": ("Payment date", us_date(claim.finalized) if claim.payment_number else ""),
    }
    return {
        "items": [[testid, label, value] for testid, (label, value) in shown.items() if value],
        "lines": [_line(each) for each in claim.lines],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "cells": [
            str(line.number),
            us_date(line.day),
            line.procedure,
            " ".join(line.modifiers),
            str(line.units),
            _dollars(line.billed),
            _dollars(line.allowed),
            _dollars(line.paid),
        ],
        "carc": ", ".join(line.adjustments),
        "remark": ", ".join(line.remarks),
    }


def us_date(day: date | None) -> str:
    """MM/DD/YYYY; empty for no day."""
    return f"{day:%m/%d/%Y}" if day else ""


def _dollars(amount: Decimal | None) -> str:
    return "" if amount is None else f"${amount:,.2f}"
