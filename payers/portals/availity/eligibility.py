"""Eligibility and Benefits Inquiry on Availity Essentials (270/271)."""

from __future__ import annotations

from playwright.async_api import Page

from flows.eligibility import EligibilityAnswer, EligibilityInquiry
from flows.session import Session
from payers.kit import reach, shown, state_name
from payers.portals.availity.failures import failures, meaning
from payers.portals.availity.inquiry_form import fill
from payers.portals.availity.menu import choose_region, open_application
from payers.portals.availity.reading import read
from payers.portals.availity.screens import Home, Inquiry, Result

FORM_SECONDS = 30
ANSWER_SECONDS = 180  # the portal waits up to three minutes for a payer


async def check(session: Session, inquiry: EligibilityInquiry) -> EligibilityAnswer:
    """Ask one question and read its answer."""
    page = session.page
    async with session.step("open the inquiry form"):
        await _open_form(page, state_name(inquiry.state))
    form, result = Inquiry(page), Result(page)
    async with session.step("fill the inquiry form"):
        await fill(form, inquiry, session.payer.title)
    async with session.step("wait for the payer"):
        await form.submit.click()
        await reach(page, result, failures=failures(page), meaning=meaning, seconds=ANSWER_SECONDS, settle=0)
    async with session.step("read the answer"):
        return await read(result, inquiry, session.payer)


async def _open_form(page: Page, state: str) -> None:
    """Show an empty or sticky form; `state` chooses the region where one is asked for."""
    await choose_region(page, state)
    home, form, result = Home(page), Inquiry(page), Result(page)
    if await shown(result):
        await result.new_request.click()
    elif not await shown(form):
        name = "Eligibility and Benefits Inquiry"
        await open_application(page, home.patient_registration, home.eligibility, name)
    await reach(page, form, failures=failures(page), meaning=meaning, seconds=FORM_SECONDS, settle=0)
