"""Claim Status on Availity Essentials (276/277)."""

from __future__ import annotations

from playwright.async_api import Locator, Page

from flows.claim_status import Claim, ClaimStatusAnswer, ClaimStatusInquiry
from flows.errors import AnswerUnreadable
from flows.session import Session
from payers.kit import input_values, open_claim, reach, shown, state_name
from payers.portals.availity.claim_reading import read, read_claim
from payers.portals.availity.claim_screens import ClaimDetail, ClaimResults, ClaimSearch
from payers.portals.availity.failures import failures, meaning
from payers.portals.availity.inquiry_form import CODE, choose, fits
from payers.portals.availity.menu import choose_region, open_application
from payers.portals.availity.screens import Home

FORM_SECONDS = 30
ANSWER_SECONDS = 180  # as for eligibility: the portal waits up to three minutes for a payer


async def ask(session: Session, inquiry: ClaimStatusInquiry) -> ClaimStatusAnswer:
    """Ask one question, and read every claim that is found."""
    page = session.page
    async with session.step("open the claim search"):
        await _open_search(page, state_name(inquiry.state))
    search, results = ClaimSearch(page), ClaimResults(page)
    async with session.step("fill the claim search"):
        await _fill(search, inquiry, session.payer.title)
    async with session.step("wait for the payer"):
        await search.submit.click()
        await _reach(page, results, ANSWER_SECONDS)
    async with session.step("read the claims"):
        found = await read(results, inquiry, session.payer)
        if isinstance(found, ClaimStatusAnswer):
            return found
        return found.answer([await _read_claim(page, number, inquiry) for number in found.numbers])


async def _open_search(page: Page, state: str) -> None:
    """Show an empty or sticky search; `state` chooses the region where one is asked for."""
    await choose_region(page, state)
    home, search, results, claim = Home(page), ClaimSearch(page), ClaimResults(page), ClaimDetail(page)
    if await shown(claim):  # one that could not be read
        await claim.back.click()
        await _reach(page, results, FORM_SECONDS)
    if await shown(results):
        await results.new_search.click()
    elif not await shown(search):
        await open_application(page, home.claims_and_payments, home.claim_status, "Claim Status")
    await _reach(page, search, FORM_SECONDS)


async def _fill(search: ClaimSearch, inquiry: ClaimStatusInquiry, payer: str) -> None:
    """Bring the search to exactly this question, and read it back before it is sent."""
    boxes = {"organization": inquiry.organization.name, "payer": payer, "provider": CODE + inquiry.provider.npi}
    for name, box in search.boxes.items():
        if not fits((await input_values(search.inputs)).get(name), boxes[name]):  # a choice empties others
            await choose(search.options, box, boxes[name])
    fields, typed = await _open_tab(search, inquiry)
    before = await input_values(search.inputs)
    for name, field in fields.items():
        if before.get(name) != typed[name]:  # values are sticky
            await field.fill(typed[name])
    after, wanted = await input_values(search.inputs), boxes | typed | {"providerNpi": inquiry.provider.npi}
    if wrong := [name for name, value in wanted.items() if not fits(after.get(name), value)]:
        raise AnswerUnreadable(
            f"the form did not take {', '.join(wrong)}; nothing was sent", screen="ClaimSearch", locator=wrong[0]
        )


async def _open_tab(search: ClaimSearch, inquiry: ClaimStatusInquiry) -> tuple[dict[str, Locator], dict[str, str]]:
    """Open the tab that takes most of the question; its fields, and what each must hold."""
    member, patient = inquiry.member, inquiry.member.patient
    first, last = f"{inquiry.service_from:%m/%d/%Y}", f"{inquiry.service_to:%m/%d/%Y}"
    if await search.standard.count():
        await search.standard.click()
        return search.standard_fields, {
            "subscriberMemberId": member.member_id,
            "patientLastName": patient.last_name,
            "patientFirstName": patient.first_name,
            "patientBirthDate": f"{patient.birth_date:%m/%d/%Y}",
            "fromDate": first,
            "toDate": last,
            "claimNumber": inquiry.payer_claim_number,
        }
    if not await search.member.count():
        raise AnswerUnreadable("the search has no tab by member", screen="ClaimSearch", locator="member")
    await search.member.click()
    own = {"memberId": member.member_id, "groupNumber": "", "serviceDates-start": first, "serviceDates-end": last}
    return search.member_fields, own


async def _read_claim(page: Page, number: str, inquiry: ClaimStatusInquiry) -> Claim:
    """Open one of the claims, unfold it, read it, and go back to the list."""
    results, detail = ClaimResults(page), ClaimDetail(page)
    await open_claim(results.open, number)
    await _reach(page, detail, FORM_SECONDS)
    if await detail.more.count():
        await detail.more.click()
    for _ in range(await detail.folded.count()):
        await detail.folded.first.click()
    claim = await read_claim(detail, number, inquiry)
    await detail.back.click()
    await _reach(page, results, FORM_SECONDS)
    return claim


async def _reach(page: Page, screen: ClaimSearch | ClaimResults | ClaimDetail, seconds: float) -> None:
    await reach(page, screen, failures=failures(page), meaning=meaning, seconds=seconds, settle=0)
