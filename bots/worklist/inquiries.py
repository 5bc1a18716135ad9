"""The inquiry of a row, by flow."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from bots.desk import PatientInquiry
from bots.worklist.questions import QuestionReader, RowProblem, check_unrounded, made
from flows.claim_status import ClaimStatusInquiry
from flows.eligibility import EligibilityInquiry

_AMOUNT = re.compile(r"\$?\s?([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(\.[0-9]{1,2})?")


def inquiry_of(flow: str, reader: QuestionReader, cells: Mapping[str, str]) -> PatientInquiry:
    """The question of the row for `flow`. Raises `RowProblem`."""
    return _INQUIRIES[flow](reader, cells)


def _eligibility(reader: QuestionReader, cells: Mapping[str, str]) -> EligibilityInquiry:
    return made(
        EligibilityInquiry,
        {},
        organization=reader.organization(cells),
        provider=reader.provider(cells, "provider_npi"),
        member=reader.member(cells),
        service_date=reader.date(cells, "service_date"),
        service_type=_service_type(cells),
        state=_state(cells),
    )


def _claim_status(reader: QuestionReader, cells: Mapping[str, str]) -> ClaimStatusInquiry:
    first = reader.date(cells, "service_from")
    if first > reader.today:
        raise RowProblem("service_from lies in the future")
    return made(
        ClaimStatusInquiry,
        {},
        organization=reader.organization(cells),
        provider=reader.provider(cells, "billing_npi"),
        member=reader.member(cells),
        service_from=first,
        service_to=reader.date(cells, "service_to") if cells.get("service_to") else first,
        payer_claim_number=_number(cells, "payer_claim_number"),
        patient_control_number=_number(cells, "patient_control_number"),
        rendering_npi=cells.get("rendering_npi") or None,
        billed_amount=_amount(cells, "billed_amount"),
        state=_state(cells),
    )


_INQUIRIES: Mapping[str, Callable[[QuestionReader, Mapping[str, str]], PatientInquiry]] = {
    "eligibility": _eligibility,
    "claim_status": _claim_status,
}


def _service_type(cells: Mapping[str, str]) -> str:
    codes = [code for part in cells.get("service_type", "").upper().split(";") if (code := part.strip())]
    if len(codes) > 1:
        raise RowProblem("service_type has several codes; write one row, with a reference of its own, for each")
    if codes and not re.fullmatch("[0-9A-Z]{1,2}", codes[0]):
        raise RowProblem("service_type must be an X12 code of one or two characters, such as 30")
    return codes[0] if codes else "30"


def _state(cells: Mapping[str, str]) -> str:
    text = cells.get("state", "").upper()
    if text and not re.fullmatch("[A-Z]{2}", text):
        raise RowProblem("state must be its two letters, such as NY")
    return text


def _number(cells: Mapping[str, str], column: str) -> str:
    text = cells.get(column, "")
    check_unrounded(text, column)
    return text


def _amount(cells: Mapping[str, str], column: str) -> Decimal | None:
    text = cells.get(column, "")
    if not text:
        return None
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise RowProblem(f"{column} must be dollars and cents, such as 1250.00")
    return Decimal(found[1].replace(",", "") + (found[2] or "")).quantize(Decimal("0.01"))
