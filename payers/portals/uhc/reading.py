"""Reading UnitedHealthcare's answer: a screen in, an `EligibilityAnswer` out. Needs no session."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from flows.eligibility import Benefit, Coverage, EligibilityAnswer, EligibilityInquiry, Match
from flows.errors import AnswerUnreadable, PayerUnavailable
from flows.parties import Person
from payers.kit import (
    cells,
    pairs,
    phrase_in,
    read_date,
    read_money,
    read_percent,
    required,
    steady,
    table_rows,
    whose_page,
)
from payers.portals.uhc.phrases import PHRASES
from payers.portals.uhc.screens import Result

COVERAGES = {"Active": Coverage.ACTIVE, "Inactive": Coverage.INACTIVE}
# X12 271 AAA03 reject reasons, by the words that stand for them
REJECTIONS = {
    "not_found": ("75", Coverage.NOT_FOUND),
    "member_id_invalid": ("72", Coverage.REJECTED),
    "name_invalid": ("73", Coverage.REJECTED),
    "birth_date_differs": ("71", Coverage.REJECTED),
}
OUTAGES = ("outage", "not_processed")
COLUMNS = ["Benefit", "Level", "Network", "Amount", "Met"]
BENEFITS = {
    "Copay - Office Visit": "copay_office",
    "Copay - Specialist": "copay_specialist",
    "Coinsurance": "coinsurance",
    "Deductible": "deductible",
    "Out of Pocket": "out_of_pocket",
}
NETWORKS = {"In Network": "in", "Out of Network": "out"}
NO_OTHER_INSURANCE = "None on file"


async def read(screen: Result, inquiry: EligibilityInquiry) -> EligibilityAnswer:
    """The answer to `inquiry`. Raises `PayerUnavailable`, or `AnswerUnreadable` naming what could not be read."""
    return await steady(screen.text, lambda: _read(screen, inquiry))


async def _read(screen: Result, inquiry: EligibilityInquiry) -> EligibilityAnswer:
    items = await pairs(screen.items)
    return await (_read_member(screen, items, inquiry) if items else _read_refusal(screen, inquiry))


async def _read_refusal(screen: Result, inquiry: EligibilityInquiry) -> EligibilityAnswer:
    words = (await screen.words.inner_text()).strip()
    phrase = phrase_in(words, PHRASES)
    if phrase in OUTAGES:
        raise PayerUnavailable("the payer does not answer", phrase=phrase, screen="Result")
    if phrase not in REJECTIONS:
        raise AnswerUnreadable("the portal shows a message that is not listed", screen="Result", locator="words")
    tin, _, organization = (await screen.header.chosen.inner_text()).strip().partition(" - ")
    npi = await screen.provider.input_value()
    _check_asked({"Tax ID": tin, "Organization": organization, "NPI": npi}, inquiry)
    code, coverage = REJECTIONS[phrase]
    return EligibilityAnswer(
        coverage=coverage,
        match=Match.NOT_SHOWN,
        portal_words=words,
        organization=organization,
        provider_npi=npi,
        as_of=inquiry.service_date,
        reject_code=code,
    )


async def _read_member(screen: Result, items: Mapping[str, str], inquiry: EligibilityInquiry) -> EligibilityAnswer:
    if not items.get("Coverage Status"):
        phrase = phrase_in(await screen.coverage.inner_text(), PHRASES)
        if phrase in OUTAGES:
            raise PayerUnavailable("the result holds an outage message", phrase=phrase, screen="Result")
    status = required(items, "Coverage Status", "Result")
    if status not in COVERAGES:
        raise AnswerUnreadable("the coverage status is not a listed one", screen="Result", locator="Coverage Status")
    _check_asked(items, inquiry)
    as_of = _day(items, "Date of Service")
    birth_date = _day(items, "Date of Birth")
    first_name, last_name = names(await screen.name.text_content() or "", inquiry.member.patient)
    shown = {
        "member_id": required(items, "Member ID", "Result"),
        "last_name": last_name,
        "first_name": first_name,
        "birth_date": birth_date.isoformat(),
    }
    other = items.get("Other Insurance", "")
    return EligibilityAnswer(
        coverage=COVERAGES[status],
        match=whose_page(inquiry.member, shown) if as_of == inquiry.service_date else Match.DIFFERS,
        portal_words=status,
        organization=items["Organization"],
        provider_npi=items["NPI"],
        as_of=as_of,
        returned_member_id=shown["member_id"],
        returned_last_name=last_name,
        returned_first_name=first_name or None,
        returned_birth_date=birth_date,
        plan_name=items.get("Plan/Product Type"),
        product_type=items.get("Insurance Type"),
        group_number=items.get("Group Number"),
        group_name=items.get("Group Name"),
        coverage_begin=_day(items, "Effective Date") if "Effective Date" in items else None,
        coverage_end=_day(items, "End Date") if "End Date" in items else None,
        other_insurance=other != NO_OTHER_INSURANCE if other else None,
        other_payer=other if other not in ("", NO_OTHER_INSURANCE) else None,
        portal_transaction_id=items.get("Transaction ID"),
        benefits=tuple(_benefit(*row) for row in table_rows(await cells(screen.benefits), COLUMNS)),
    )


def _check_asked(shown: Mapping[str, str], inquiry: EligibilityInquiry) -> None:
    """Raise unless the page answers this organization and provider."""
    asked = {
        "Organization": inquiry.organization.name,
        "Tax ID": inquiry.organization.tin,
        "NPI": inquiry.provider.npi,
    }
    for label, wanted in asked.items():
        if required(shown, label, "Result") != wanted:
            raise AnswerUnreadable(f"the answer is for another {label} than asked", screen="Result", locator=label)


def names(shown: str, asked: Person) -> tuple[str, str]:
    """First and last name of `First Last`; where it is cut, only the name asked for can tell.

    A name that ends otherwise is all last name, which then differs.
    """
    whole = " ".join(shown.split())
    if whole.casefold().endswith(f" {asked.last_name.casefold()}"):
        cut = len(whole) - len(asked.last_name)
        return whole[:cut].strip(), whole[cut:]
    return "", whole


def _day(items: Mapping[str, str], label: str) -> date:
    return read_date(required(items, label, "Result"), label)


def _benefit(name: str, level: str, network: str, amount: str, met: str) -> Benefit:
    share = amount.endswith("%")
    money = None if share or not amount else read_money(amount, name)
    return Benefit(
        benefit=BENEFITS.get(name, "other"),
        coverage_level=level.casefold(),
        network=NETWORKS.get(network, ""),
        amount=money,
        percent=read_percent(amount, name) if share else None,
        remaining=_remaining(money, met, name),
        words=name,
    )


def _remaining(amount: Decimal | None, met: str, name: str) -> Decimal | None:
    """What is left of a limit: the page shows what was met. More met than the limit leaves nothing to say."""
    if amount is None or not met:
        return None
    left = amount - read_money(met, f"{name} met")
    return left if left >= 0 else None
