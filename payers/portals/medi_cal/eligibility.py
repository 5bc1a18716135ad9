"""Eligibility of a single subscriber on the Medi-Cal Provider Portal (270/271)."""

from __future__ import annotations

from flows.eligibility import EligibilityAnswer, EligibilityInquiry
from flows.session import Session
from payers.kit import tell_drift
from payers.portals.medi_cal import asking
from payers.portals.medi_cal.failures import reach, write
from payers.portals.medi_cal.reading import read
from payers.portals.medi_cal.screens import Home, Inquiry, Result


async def check(session: Session, inquiry: EligibilityInquiry) -> EligibilityAnswer:
    """Ask one question and read its answer."""
    page = session.page
    form, result = Inquiry(page), Result(page)
    async with session.step("open the inquiry form"):
        await asking.choose_provider(session, inquiry.organization, inquiry.provider)
        await asking.open_form(session, Home(page).single_subscriber, form)
        await tell_drift(session, form, form.ids)
    async with session.step("fill the inquiry form"):
        await write(form.subscriber_id, inquiry.member.member_id, "Subscriber ID")
        await write(form.birth_date, f"{inquiry.member.patient.birth_date:%m/%d/%Y}", "Birth Date")
        await write(form.service_date, f"{inquiry.service_date:%m/%d/%Y}", "Service Date")
    async with session.step("wait for the payer"):
        await form.submit.click()
        await reach(page, result, seconds=asking.ANSWER_SECONDS)
    async with session.step("read the answer"):
        return await read(result, inquiry)
