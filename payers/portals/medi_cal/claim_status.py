"""Claim status on the Medi-Cal Provider Portal (276/277), by subscriber and days, with the CCN and charge if known."""

from __future__ import annotations

from flows.claim_status import ClaimStatusAnswer, ClaimStatusInquiry
from flows.session import Session
from payers.portals.medi_cal import asking
from payers.portals.medi_cal.failures import reach, write
from payers.portals.medi_cal.reading_claims import read
from payers.portals.medi_cal.screens import ClaimForm, ClaimResult, Home


async def check(session: Session, inquiry: ClaimStatusInquiry) -> ClaimStatusAnswer:
    """Ask one question and read its answer."""
    page = session.page
    form, result = ClaimForm(page), ClaimResult(page)
    charge = inquiry.billed_amount
    async with session.step("open the inquiry form"):
        await asking.choose_provider(session, inquiry.organization, inquiry.provider)
        await asking.open_form(session, Home(page).claim_status, form)
    async with session.step("fill the inquiry form"):
        await write(form.subscriber_id, inquiry.member.member_id, "Subscriber ID")
        await write(form.service_from, f"{inquiry.service_from:%m/%d/%Y}", "From Date")
        await write(form.service_to, f"{inquiry.service_to:%m/%d/%Y}", "To Date")
        await write(form.number, inquiry.payer_claim_number, "Claim Control Number")
        await write(form.total_charge, f"{charge:.2f}" if charge is not None else "", "Total Charge")
    async with session.step("wait for the payer"):
        await form.submit.click()
        await reach(page, result, seconds=asking.ANSWER_SECONDS)
    async with session.step("read the answer"):
        return await read(result, inquiry)
