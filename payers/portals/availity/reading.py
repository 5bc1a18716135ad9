"""Reading Availity's answer: a screen in, an `EligibilityAnswer` out. Needs no session."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from flows.eligibility import Benefit, Coverage, EligibilityAnswer, EligibilityInquiry, Match
from flows.errors import AnswerUnreadable, PayerUnavailable
from flows.parties import Payer
from payers.kit import cells, pairs, phrase_in, read_date, read_money, read_percent, required, whose_page
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
CORRECT_AND_RESUBMIT = ("Please Correct and Resubmit", "C")  # AAA04
BENEFITS = {
    "Co-Payment - Office Visit": "copay_office",
    "Co-Payment - Specialist Visit": "copay_specialist",
    "Co-Insurance": "coinsurance",
    "Annual Deductible": "deductible",
    "Out of Pocket": "out_of_pocket",
}
NETWORKS = {"In Network": "in", "Out of Network": "out"}


async def read(screen: Result, inquiry: EligibilityInquiry, payer: Payer, provider: str) -> EligibilityAnswer:
    """The answer to `inquiry`. `provider` is what the form held when it was sent.

    Raises `PayerUnavailable`, or `AnswerUnreadable` naming what could not be read.
    """
    if await screen.card.count():
        return await _read_coverage(screen, inquiry, payer)
    return await _read_rejection(screen, inquiry, provider)


async def _read_rejection(screen: Result, inquiry: EligibilityInquiry, provider: str) -> EligibilityAnswer:
    words = (await screen.alert.inner_text()).strip()
    phrase = phrase_in(words, PHRASES)
    if phrase in ("payer_down", "no_answer", "outage", "not_processed"):
        raise PayerUnavailable("the payer does not answer", phrase=phrase, screen="Result")
    if phrase not in REJECTIONS:
        raise AnswerUnreadable("the portal shows an alert that is not listed", screen="Result", locator="alert")
    code, coverage = REJECTIONS[phrase]
    return EligibilityAnswer(
        coverage=coverage,
        match=Match.NOT_SHOWN,
        portal_words=words,
        organization=inquiry.organization.name,
        provider_npi=provider.rsplit(" - ", 1)[-1],
        as_of=inquiry.service_date,
        reject_code=code,
        follow_up_code=CORRECT_AND_RESUBMIT[1] if CORRECT_AND_RESUBMIT[0] in words else None,
    )


async def _read_coverage(screen: Result, inquiry: EligibilityInquiry, payer: Payer) -> EligibilityAnswer:
    labels = await pairs(screen.labels)
    if not await screen.status.count():
        phrase = phrase_in(await screen.summary.inner_text(), PHRASES)
        if phrase in ("outage", "not_processed", "payer_down"):
            raise PayerUnavailable("the result holds an outage message", phrase=phrase, screen="Result")
        raise AnswerUnreadable("the result shows no coverage status", screen="Result", locator="status")
    status = (await screen.status.first.inner_text()).strip()
    if status not in COVERAGES:
        raise AnswerUnreadable("the coverage status is not a listed one", screen="Result", locator="status")
    last_name, _, first_name = (await screen.patient.inner_text()).partition(",")
    birth_date = read_date(required(labels, "DOB", "Result"), "DOB")
    shown = {
        "member_id": required(labels, "Member ID", "Result"),
        "last_name": last_name.strip(),
        "first_name": first_name.strip(),
        "birth_date": birth_date.isoformat(),
    }
    as_of = read_date(required(labels, "Date of Service", "Result"), "Date of Service")
    _check_asked(labels, inquiry, payer)
    facts = await pairs(screen.facts)
    other = await screen.other_payer.all_inner_texts()
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
        plan_name=(await screen.plan_name.inner_text()).strip() or None,
        product_type=facts.get("Insurance Type"),
        group_number=facts.get("Group Number"),
        group_name=facts.get("Group Name"),
        coverage_begin=_day(facts, "Plan Begin Date"),
        coverage_end=_day(facts, "Plan End Date"),
        other_insurance=True if other else None,
        other_payer=other[0].strip() if other else None,
        portal_transaction_id=labels.get("Transaction ID"),
        benefits=tuple(_benefit(row) for row in await cells(screen.benefits)),
    )


def _check_asked(labels: dict[str, str], inquiry: EligibilityInquiry, payer: Payer) -> None:
    """Raise unless the page answers this organization, provider and payer."""
    asked = {
        "Organization": inquiry.organization.name,
        "Provider NPI": inquiry.provider.npi,
        "Payer ID": payer.payer_ids[0],
    }
    for label, wanted in asked.items():
        if required(labels, label, "Result") != wanted:
            raise AnswerUnreadable(f"the answer is for another {label} than asked", screen="Result", locator=label)


def _day(facts: dict[str, str], label: str) -> date | None:
    text = facts.get(label)
    return read_date(text, label) if text else None


def _benefit(row: list[str]) -> Benefit:
    """One row: benefit, coverage level, network, amount, remaining."""
    try:
        name, level, network, amount, remaining = row
    except ValueError:
        raise AnswerUnreadable("a benefit row has other columns", screen="Result", locator="benefits") from None
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
