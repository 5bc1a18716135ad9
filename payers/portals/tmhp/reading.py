"""Reading TexMedConnect's answer: a screen in, an `EligibilityAnswer` out. Needs no session."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flows.eligibility import Coverage, EligibilityAnswer, EligibilityInquiry, Match
from flows.errors import AnswerUnreadable, PayerUnavailable
from payers.kit import pairs, phrase_in, read_date, required, steady, whose_page
from payers.portals.tmhp.phrases import PHRASES
from payers.portals.tmhp.screens import Result

# whole words: "Not Eligible" holds "Eligible"
COVERAGES = {"Eligible": Coverage.ACTIVE, "Not Eligible": Coverage.INACTIVE}
# X12 271 AAA03 reject reasons, by the words that stand for them
REJECTIONS = {
    "patient_not_found": ("67", Coverage.NOT_FOUND),
    "birth_date_differs": ("71", Coverage.REJECTED),
    "client_id_invalid": ("72", Coverage.REJECTED),
    "name_invalid": ("73", Coverage.REJECTED),
    "not_found": ("75", Coverage.NOT_FOUND),
}
OUTAGES = ("outage", "not_processed", "unable_to_respond")
NO_OTHER_INSURANCE = "None on file"


async def read(screen: Result, inquiry: EligibilityInquiry) -> EligibilityAnswer:
    """The answer to `inquiry`. Raises `PayerUnavailable`, or `AnswerUnreadable` naming what could not be read."""
    return await steady(screen.text, lambda: _read(screen, inquiry))


async def _read(screen: Result, inquiry: EligibilityInquiry) -> EligibilityAnswer:
    asked = await pairs(screen.asked)
    client = await pairs(screen.client)
    as_of = _check_asked(asked, inquiry)
    if not client:
        return await _read_refusal(screen, asked, as_of)
    coverage = await pairs(screen.coverage)
    if not coverage:
        _check_outage(" ".join(await screen.coverage_words.all_inner_texts()), "the result holds an outage message")
    status = required(coverage, "Eligibility Status", "Result")
    if status not in COVERAGES:
        raise AnswerUnreadable("the eligibility is not a listed one", screen="Result", locator="Eligibility Status")
    birth_date = _day(client, "Date of Birth")
    last_name, _, first_name = (part.strip() for part in required(client, "Client Name", "Result").partition(","))
    shown = {
        "member_id": required(client, "Client ID", "Result"),
        "last_name": last_name,
        "first_name": first_name,
        "birth_date": birth_date.isoformat(),
    }
    other = coverage.get("Other Insurance", "")
    return EligibilityAnswer(
        coverage=COVERAGES[status],
        match=whose_page(inquiry.member, shown) if as_of == inquiry.service_date else Match.DIFFERS,
        portal_words=status,
        organization=asked["Organization"],
        provider_npi=asked["NPI"],
        as_of=as_of,
        returned_member_id=shown["member_id"],
        returned_last_name=last_name,
        returned_first_name=first_name or None,
        returned_birth_date=birth_date,
        plan_name=coverage.get("Program"),
        coverage_begin=_day(coverage, "Begin Date") if "Begin Date" in coverage else None,
        coverage_end=_day(coverage, "End Date") if "End Date" in coverage else None,
        other_insurance=other != NO_OTHER_INSURANCE if other else None,
        other_payer=other if other not in ("", NO_OTHER_INSURANCE) else None,
        portal_transaction_id=asked.get("Transaction ID"),
    )


async def _read_refusal(screen: Result, asked: Mapping[str, str], as_of: date) -> EligibilityAnswer:
    words = " ".join(await screen.words.all_inner_texts()).strip()
    _check_outage(words, "the payer does not answer")
    phrase = phrase_in(words, PHRASES)
    if phrase not in REJECTIONS:
        raise AnswerUnreadable("the portal shows a message that is not listed", screen="Result", locator="words")
    code, coverage = REJECTIONS[phrase]
    return EligibilityAnswer(
        coverage=coverage,
        match=Match.NOT_SHOWN,
        portal_words=words,
        organization=asked["Organization"],
        provider_npi=asked["NPI"],
        as_of=as_of,
        reject_code=code,
    )


def _check_outage(words: str, what: str) -> None:
    phrase = phrase_in(words, PHRASES)
    if phrase in OUTAGES:
        raise PayerUnavailable(what, phrase=phrase, screen="Result")


def _check_asked(shown: Mapping[str, str], inquiry: EligibilityInquiry) -> date:
    """The day that is answered for. Raises unless the page answers this organization and provider."""
    wanted = {
        "Organization": inquiry.organization.name,
        "Tax ID": inquiry.organization.tin,
        "NPI": inquiry.provider.npi,
    }
    for label, value in wanted.items():
        if required(shown, label, "Result") != value:
            raise AnswerUnreadable(f"the answer is for another {label} than asked", screen="Result", locator=label)
    return _day(shown, "Eligibility Date")


def _day(items: Mapping[str, str], label: str) -> date:
    return read_date(required(items, label, "Result"), label)
