"""Eligibility in TMHP's TexMedConnect (270/271)."""

from __future__ import annotations

from flows.eligibility import EligibilityAnswer, EligibilityInquiry
from flows.errors import AnswerUnreadable, InputError
from flows.session import Session
from payers.kit import input_values, offered, option_values, shown
from payers.portals.tmhp.apps import open_application
from payers.portals.tmhp.failures import reach
from payers.portals.tmhp.reading import read
from payers.portals.tmhp.screens import Inquiry, Result

FORM_SECONDS = 30
ANSWER_SECONDS = 180  # as long as the slowest portal waits for a payer; nothing is published for this one


async def check(session: Session, inquiry: EligibilityInquiry) -> EligibilityAnswer:
    """Ask one question and read its answer."""
    page = session.page
    form = Inquiry(page)
    async with session.step("open the inquiry form"):
        await _open_form(session, form)
    async with session.step("fill the inquiry form"):
        await _fill(form, inquiry)
    async with session.step("wait for the payer"):
        await form.submit.click()
        result = await reach(page, Result(page), seconds=ANSWER_SECONDS)
    async with session.step("read the answer"):
        return await read(result, inquiry)


async def _open_form(session: Session, form: Inquiry) -> None:
    """Show a form below which nothing is left of the last answer."""
    page = session.page
    if await shown(form):
        await page.goto(page.url)
    else:
        await open_application(session, lambda apps: apps.texmedconnect, "TexMedConnect")
    await reach(page, form, seconds=FORM_SECONDS)


async def _fill(form: Inquiry, inquiry: EligibilityInquiry) -> None:
    """Bring the form to exactly this question, and read it back before it is sent."""
    member, organization = inquiry.member, inquiry.organization
    wanted = {
        "provider": f"{inquiry.provider.npi}-{organization.tin}",
        "clientId": member.member_id,
        "dateOfBirth": f"{member.patient.birth_date:%m/%d/%Y}",
        "eligibilityDate": f"{inquiry.service_date:%m/%d/%Y}",
    }
    if wanted["provider"] not in offered(await option_values(form.providers), "Inquiry", "providers"):
        raise InputError(
            f"the portal does not list {inquiry.provider.npi} with tax id {organization.tin} for this account"
        )
    await form.provider.select_option(value=wanted["provider"])
    await form.client_id.fill(wanted["clientId"])
    await form.birth_date.fill(wanted["dateOfBirth"])
    await form.service_date.fill(wanted["eligibilityDate"])
    after = await input_values(form.fields)
    if wrong := [name for name, value in wanted.items() if after.get(name) != value]:
        raise AnswerUnreadable(
            f"the form did not take {', '.join(wrong)}; nothing was sent", screen="Inquiry", locator=wrong[0]
        )
