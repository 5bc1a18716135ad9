"""Reading Medi-Cal's answer: prose in, an `EligibilityAnswer` out. Needs no session.

*Not eligible* holds *eligible*, and outages and the end of a session stand in the same place: each is looked for before
a yes, and a yes counts only in its whole listed words.
"""

from __future__ import annotations

import re

from playwright.async_api import Locator

from flows.eligibility import Coverage, EligibilityAnswer, EligibilityInquiry, Match
from flows.errors import AnswerUnreadable, PayerUnavailable, SessionEnded
from flows.parties import Member, Organization, Provider
from payers.kit import phrase_in, steadily, whose_page
from payers.portals.medi_cal.asking import provider_shown
from payers.portals.medi_cal.phrases import PHRASES
from payers.portals.medi_cal.screens import ClaimResult, Result

OUTAGES = ("outage", "outage_temporary", "not_processed", "payer_down", "no_answer")
NO = ("not_eligible", "no_eligibility")
# X12 271 AAA03 reject reasons, by the words that stand for them
REJECTIONS = {
    "not_found": ("75", Coverage.NOT_FOUND),
    "member_id_invalid": ("72", Coverage.REJECTED),
    "birth_date_differs": ("71", Coverage.REJECTED),
}
NUMBER = re.compile(r"EVC #: (\w+)")
PLAN = re.compile(r"HEALTH PLAN MEMBER: ([^.]+)\.")


async def prose_of(screen: Result | ClaimResult) -> str:
    """The words of the result area, unless they say that there is no answer."""
    words, name = (await screen.area.inner_text()).strip(), type(screen).__name__
    if _says(words, "session_over"):
        raise SessionEnded("the result says that the session is over", phrase="session_over", screen=name)
    if outage := next((phrase for phrase in OUTAGES if _says(words, phrase)), None):
        raise PayerUnavailable("the result holds an outage message", phrase=outage, screen=name)
    return words


async def check_provider(screen: Result | ClaimResult, organization: Organization, provider: Provider) -> None:
    """Raise unless the page answers this organization and provider."""
    if await provider_shown(screen.provider) != (organization.name, provider.npi):
        raise AnswerUnreadable(
            "the answer is for another provider than asked", screen=type(screen).__name__, locator="provider"
        )


async def check_field(field: Locator, wanted: str, name: str, screen: str) -> None:
    """Raise unless the form above the answer holds what was asked."""
    if await field.input_value() != wanted:
        raise AnswerUnreadable(f"the form holds another {name} than asked", screen=screen, locator=name)


async def whose(screen: Result | ClaimResult, asked: Member) -> tuple[Match, str, str]:
    """Whether the subscriber who is named is the one asked for, and their last and first name."""
    last, _, first = (await screen.name.inner_text()).partition(",")
    shown = {"last_name": last.strip(), "first_name": first.strip()}
    return whose_page(asked, shown), last.strip(), first.strip()


@steadily
async def read(screen: Result, inquiry: EligibilityInquiry) -> EligibilityAnswer:
    """The answer to `inquiry`. Raises `PayerUnavailable`, or `AnswerUnreadable` naming what could not be read."""
    words = await prose_of(screen)
    await check_provider(screen, inquiry.organization, inquiry.provider)
    member = inquiry.member
    await check_field(screen.subscriber_id, member.member_id, "Subscriber ID", "Result")
    await check_field(screen.birth_date, f"{member.patient.birth_date:%m/%d/%Y}", "Birth Date", "Result")
    await check_field(screen.service_date, f"{inquiry.service_date:%m/%d/%Y}", "Service Date", "Result")
    coverage, code = _coverage(words)
    match, last, first = await whose(screen, member)
    if code is None and match is Match.NOT_SHOWN:
        raise AnswerUnreadable("the result names no subscriber", screen="Result", locator="name")
    number, plan = NUMBER.search(words), PLAN.search(words)
    medicare = (await screen.medicare.inner_text()).strip()
    return EligibilityAnswer(
        coverage=coverage,
        match=match,
        portal_words=words,
        organization=inquiry.organization.name,
        provider_npi=inquiry.provider.npi,
        as_of=inquiry.service_date,
        returned_last_name=last or None,
        returned_first_name=first or None,
        plan_name=plan[1] if plan else None,
        product_type="Medi-Cal" if coverage is Coverage.ACTIVE else None,
        other_insurance=True if medicare else None,
        other_payer="Medicare" if medicare else None,
        reject_code=code,
        portal_transaction_id=number[1] if number else None,
    )


def _coverage(words: str) -> tuple[Coverage, str | None]:
    """What the prose says, and the reject code where it is a rejection. Both yes and no is neither."""
    no, yes = any(_says(words, phrase) for phrase in NO), _says(words, "eligible")
    rejections = [said for phrase, said in REJECTIONS.items() if _says(words, phrase)]
    if no + yes + len(rejections) != 1:
        raise AnswerUnreadable("the prose is not listed, or says yes and no", screen="Result", locator="status-area")
    if rejections:
        code, coverage = rejections[0]
        return coverage, code
    return (Coverage.INACTIVE if no else Coverage.ACTIVE), None


def _says(words: str, phrase: str) -> bool:
    return phrase_in(words, {phrase: PHRASES[phrase]}) is not None
