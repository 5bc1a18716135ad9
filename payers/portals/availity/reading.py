"""Reading Availity's answer: a screen in, an `EligibilityAnswer` out. Needs no session."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from flows.eligibility import Benefit, Coverage, EligibilityAnswer, EligibilityInquiry, Match
from flows.errors import AnswerUnreadable, PayerUnavailable
from flows.parties import Payer
from payers.kit import (
    cells,
    pairs,
    phrase_in,
    read_date,
    read_money,
    read_percent,
    required,
    steadily,
    table_rows,
    whose_page,
)
from payers.portals.availity.phrases import PHRASES
from payers.portals.availity.screens import Result

COVERAGES = {
    "Active Coverage": Coverage.ACTIVE,
    "Inactive": Coverage.INACTIVE,
    "Not eligible": Coverage.INACTIVE,
}
# X12 271 AAA03 reject reasons, by the words that stand for them
REJECTIONS = {
    "not_found": ("67", Coverage.NOT_FOUND),
    "subscriber_not_found": ("75", Coverage.NOT_FOUND),
    "member_id_invalid": ("72", Coverage.REJECTED),
    "name_invalid": ("73", Coverage.REJECTED),
    "birth_date_differs": ("71", Coverage.REJECTED),
}
OUTAGES = ("payer_down", "no_answer", "outage", "not_processed")
CORRECT_AND_RESUBMIT = ("Please Correct and Resubmit", "C")  # AAA04
COLUMNS = ["Benefit", "Coverage Level", "Network", "Amount", "Remaining"]
BENEFITS = {
    "Co-Payment - Office Visit": "copay_office",
    "Co-Payment - Specialist Visit": "copay_specialist",
    "Co-Insurance": "coinsurance",
    "Annual Deductible": "deductible",
    "Out of Pocket": "out_of_pocket",
}
NETWORKS = {"In Network": "in", "Out of Network": "out"}


@steadily
async def read(screen: Result, inquiry: EligibilityInquiry, payer: Payer) -> EligibilityAnswer:
    """The answer to `inquiry`. Raises `PayerUnavailable`, or `AnswerUnreadable` naming what could not be read."""
    labels = await pairs(screen.labels)
    return await (_read_coverage(screen, labels, inquiry, payer) if labels else _read_rejection(screen, inquiry))


async def _read_rejection(screen: Result, inquiry: EligibilityInquiry) -> EligibilityAnswer:
    words = (await screen.alert.inner_text()).strip()
    phrase = phrase_in(words, PHRASES)
    if phrase in OUTAGES:
        raise PayerUnavailable("the payer does not answer", phrase=phrase, screen="Result")
    if phrase not in REJECTIONS:
        raise AnswerUnreadable("the portal shows an alert that is not listed", screen="Result", locator="alert")
    code, coverage = REJECTIONS[phrase]
    organization = await screen.organization.input_value()
    npi = (await screen.provider.input_value()).rpartition(" - ")[2]
    _check_asked({"Organization": organization, "Provider NPI": npi}, _asked(inquiry))
    return EligibilityAnswer(
        coverage=coverage,
        match=Match.NOT_SHOWN,
        portal_words=words,
        organization=organization,
        provider_npi=npi,
        as_of=inquiry.service_date,
        reject_code=code,
        follow_up_code=CORRECT_AND_RESUBMIT[1] if CORRECT_AND_RESUBMIT[0] in words else None,
    )


async def _read_coverage(
    screen: Result, labels: Mapping[str, str], inquiry: EligibilityInquiry, payer: Payer
) -> EligibilityAnswer:
    status = await _status(screen)
    last_name, _, first_name = (await screen.patient.text_content() or "").partition(",")
    birth_date = read_date(required(labels, "DOB", "Result"), "DOB")
    shown = {
        "member_id": required(labels, "Member ID", "Result"),
        "last_name": last_name.strip(),
        "first_name": first_name.strip(),
        "birth_date": birth_date.isoformat(),
    }
    as_of = read_date(required(labels, "Date of Service", "Result"), "Date of Service")
    _check_asked(labels, _asked(inquiry) | told_of(payer))
    facts = await pairs(screen.facts)
    other = await screen.other_payer.all_text_contents()
    return EligibilityAnswer(
        coverage=COVERAGES[status],
        match=whose_page(inquiry.member, shown) if as_of == inquiry.service_date else Match.DIFFERS,
        portal_words=status,
        organization=labels["Organization"],
        provider_npi=labels["Provider NPI"],
        as_of=as_of,
        returned_member_id=shown["member_id"],
        returned_last_name=shown["last_name"],
        returned_first_name=shown["first_name"],
        returned_birth_date=birth_date,
        plan_name=(await screen.plan_name.text_content() or "").strip() or None,
        product_type=facts.get("Insurance Type"),
        group_number=facts.get("Group Number"),
        group_name=facts.get("Group Name"),
        coverage_begin=_day(facts, "Plan Begin Date"),
        coverage_end=_day(facts, "Plan End Date"),
        other_insurance=True if other else None,
        other_payer=other[0].strip() if other else None,
        portal_transaction_id=labels.get("Transaction ID"),
        benefits=tuple(_benefit(*row) for row in table_rows(await cells(screen.benefits), COLUMNS)),
    )


def told_of(payer: Payer) -> dict[str, str]:
    """How the answer names the payer: by its electronic payer id, or where none is public by its title."""
    return {"Payer ID": payer.payer_ids[0]} if payer.payer_ids else {"Payer": payer.title}


async def _status(screen: Result) -> str:
    """The words of coverage; without any, an outage may stand in their place."""
    words = [each.strip() for each in await screen.status.all_text_contents()]
    if not words:
        phrase = phrase_in(await screen.summary.inner_text(), PHRASES)
        if phrase in OUTAGES:
            raise PayerUnavailable("the result holds an outage message", phrase=phrase, screen="Result")
        raise AnswerUnreadable("the result shows no coverage status", screen="Result", locator="status")
    if words[0] not in COVERAGES:
        raise AnswerUnreadable("the coverage status is not a listed one", screen="Result", locator="status")
    return words[0]


def _asked(inquiry: EligibilityInquiry) -> dict[str, str]:
    return {"Organization": inquiry.organization.name, "Provider NPI": inquiry.provider.npi}


def _check_asked(shown: Mapping[str, str], asked: Mapping[str, str]) -> None:
    """Raise unless the page answers whom it should."""
    for label, wanted in asked.items():
        if required(shown, label, "Result") != wanted:
            raise AnswerUnreadable(f"the answer is for another {label} than asked", screen="Result", locator=label)


def _day(facts: dict[str, str], label: str) -> date | None:
    text = facts.get(label)
    return read_date(text, label) if text else None


def _benefit(name: str, level: str, network: str, amount: str, remaining: str) -> Benefit:
    share = amount.endswith("%")
    return Benefit(
        benefit=BENEFITS.get(name, "other"),
        coverage_level=level.casefold(),
        network=NETWORKS.get(network, ""),
        amount=None if share or not amount else read_money(amount, name),
        percent=read_percent(amount, name) if share else None,
        remaining=_remaining(remaining, name),
        words=name,
    )


def _remaining(text: str, name: str) -> Decimal | None:
    return read_money(text, f"{name} remaining") if text.strip() else None
