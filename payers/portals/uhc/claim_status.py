"""Claim status on UnitedHealthcare's provider portal (276/277)."""

from __future__ import annotations

from playwright.async_api import Locator, Page

from flows.claim_status import Claim, ClaimStatusAnswer, ClaimStatusInquiry
from flows.errors import AnswerUnreadable
from flows.session import Session
from payers.kit import input_values, open_claim
from payers.portals.uhc.choosing import choose, choose_organization
from payers.portals.uhc.claim_reading import read, read_claim
from payers.portals.uhc.claim_screens import ClaimDetail, ClaimResults, ClaimSearch
from payers.portals.uhc.failures import reach
from payers.portals.uhc.screens import Home

FORM_SECONDS = 30
ANSWER_SECONDS = 180  # as for eligibility: nothing is published for this portal
BY_MEMBER, BY_NUMBER, CUSTOM = "Member ID & date of birth", "Claim number", "Custom"


async def ask(session: Session, inquiry: ClaimStatusInquiry) -> ClaimStatusAnswer:
    """Ask one question, and read every claim that is found."""
    page = session.page
    search, results = ClaimSearch(page), ClaimResults(page)
    async with session.step("open the claim search"):
        await _open_search(session, search)
    async with session.step("fill the claim search"):
        await _fill(page, search, inquiry)
    async with session.step("wait for the payer"):
        await search.submit.click()
        await reach(page, results, seconds=ANSWER_SECONDS)
    async with session.step("read the claims"):
        found = await read(results, inquiry, session.payer)
        if isinstance(found, ClaimStatusAnswer):
            return found
        return found.answer([await _read_claim(page, number, inquiry) for number in found.numbers])


async def _open_search(session: Session, search: ClaimSearch) -> None:
    """Show a fresh search: by way of home, so that nothing is left of the last one."""
    page = session.page
    await page.goto(f"{session.address}/#/")
    await search.landmark.wait_for(state="hidden")
    await Home(page).claims.click()
    await reach(page, search, seconds=FORM_SECONDS)


async def _fill(page: Page, search: ClaimSearch, inquiry: ClaimStatusInquiry) -> None:
    """Bring the search to exactly this question, and read it back before it is sent."""
    if (await input_values(search.fields)).get("tin-select") != inquiry.organization.tin:
        await choose_organization(page, search, inquiry.organization.tin, FORM_SECONDS)
    await choose(search.provider, search.providers, inquiry.provider.npi)
    await search.wide.uncheck()
    wanted = await (_fill_number if inquiry.payer_claim_number else _fill_member)(search, inquiry)
    wanted |= {"tin-select": inquiry.organization.tin, "search.claim.provider": inquiry.provider.npi}
    after = await input_values(search.fields)
    wrong = [name for name, value in wanted.items() if after.get(name) != value]
    if await search.wide.is_checked():
        wrong.append("search.tinWideSearch")
    if wrong:
        raise AnswerUnreadable(
            f"the form did not take {', '.join(wrong)}; nothing was sent", screen="ClaimSearch", locator=wrong[0]
        )


async def _fill_number(search: ClaimSearch, inquiry: ClaimStatusInquiry) -> dict[str, str]:
    await _select(search.kind, search.kinds, BY_NUMBER, "kind")
    await search.number.fill(inquiry.payer_claim_number)
    return {"search.claim.claimNumber": inquiry.payer_claim_number}


async def _fill_member(search: ClaimSearch, inquiry: ClaimStatusInquiry) -> dict[str, str]:
    await _select(search.kind, search.kinds, BY_MEMBER, "kind")
    await _select(search.range, search.ranges, CUSTOM, "range")
    typed = {
        "search.claim.memberId": (search.member_id, inquiry.member.member_id),
        "search.claim.dateOfBirth": (search.birth_date, f"{inquiry.member.patient.birth_date:%m/%d/%Y}"),
        "search.dates.firstServiceDate": (search.first, f"{inquiry.service_from:%m/%d/%Y}"),
        "search.dates.lastServiceDate": (search.last, f"{inquiry.service_to:%m/%d/%Y}"),
    }
    for field, value in typed.values():
        await field.fill(value)
    return {name: value for name, (_, value) in typed.items()}


async def _select(box: Locator, options: Locator, label: str, name: str) -> None:
    """Choose by its words one of the portal's own options; without it the portal has changed."""
    if label not in await options.all_text_contents():
        raise AnswerUnreadable(f"the search does not offer {label!r}", screen="ClaimSearch", locator=name)
    await box.select_option(label=label)


async def _read_claim(page: Page, number: str, inquiry: ClaimStatusInquiry) -> Claim:
    """Open one of the claims, unfold it, read it, and go back to the list."""
    results, detail = ClaimResults(page), ClaimDetail(page)
    await open_claim(results.open, number)
    await reach(page, detail, seconds=FORM_SECONDS)
    for _ in range(await detail.folded.count()):
        await detail.folded.first.click()
    claim = await read_claim(detail, number, inquiry)
    await detail.back.click()
    await reach(page, results, seconds=FORM_SECONDS)
    return claim
