"""Eligibility on UnitedHealthcare's provider portal (270/271)."""

from __future__ import annotations

from playwright.async_api import Page

from flows.eligibility import EligibilityAnswer, EligibilityInquiry
from flows.errors import AnswerUnreadable
from flows.session import Session
from payers.kit import input_values, shown
from payers.portals.uhc.choosing import choose, choose_organization
from payers.portals.uhc.failures import reach
from payers.portals.uhc.reading import read
from payers.portals.uhc.screens import Home, Inquiry, Result

FORM_SECONDS = 30
ANSWER_SECONDS = 180  # as long as the slowest portal waits for a payer; nothing is published for this one


async def check(session: Session, inquiry: EligibilityInquiry) -> EligibilityAnswer:
    """Ask one question and read its answer."""
    page = session.page
    form = Inquiry(page)
    async with session.step("open the inquiry form"):
        await _open_form(session, form)
    async with session.step("fill the inquiry form"):
        await _fill(page, form, inquiry)
    async with session.step("wait for the payer"):
        await form.submit.click()
        result = await reach(page, Result(page), seconds=ANSWER_SECONDS)
    async with session.step("read the answer"):
        return await read(result, inquiry)


async def _open_form(session: Session, form: Inquiry) -> None:
    """Show a form on which nothing is left of the last answer."""
    page = session.page
    new_search = Result(page).new_search
    if await new_search.is_visible():
        await new_search.click()
    else:
        if await shown(form):  # with the last refusal on it, which must not be read twice
            await page.goto(f"{session.address}/#/")
            await form.member_id.wait_for(state="hidden")
        await Home(page).eligibility.click()
    await reach(page, form, seconds=FORM_SECONDS)


async def _fill(page: Page, form: Inquiry, inquiry: EligibilityInquiry) -> None:
    """Bring the form to exactly this question, and read it back before it is sent."""
    wanted = _wanted(inquiry)
    before = await input_values(form.fields)
    if before.get("tin-select") != inquiry.organization.tin:
        await choose_organization(page, form, inquiry.organization.tin, FORM_SECONDS)
        before = await input_values(form.fields)
    if before.get("eligibility-provider-input") != inquiry.provider.npi:
        await choose(form.provider, form.providers, inquiry.provider.npi)
    for field, name in (
        (form.member_id, "eligibility-memberid-input"),
        (form.birth_date, "eligibility-dateofbirth-input"),
        (form.service_date, "eligibility-dateofservice-input"),
    ):
        if before.get(name) != wanted[name]:
            await field.fill(wanted[name])
    after = await input_values(form.fields)
    if wrong := [name for name, value in wanted.items() if after.get(name) != value]:
        raise AnswerUnreadable(
            f"the form did not take {', '.join(wrong)}; nothing was sent", screen="Inquiry", locator=wrong[0]
        )


def _wanted(inquiry: EligibilityInquiry) -> dict[str, str]:
    """What the form must hold, by the id of each field."""
    member = inquiry.member
    return {
        "tin-select": inquiry.organization.tin,
        "eligibility-provider-input": inquiry.provider.npi,
        "eligibility-memberid-input": member.member_id,
        "eligibility-dateofbirth-input": f"{member.patient.birth_date:%m/%d/%Y}",
        "eligibility-dateofservice-input": f"{inquiry.service_date:%m/%d/%Y}",
    }
