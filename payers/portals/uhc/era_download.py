"""ERA download from UnitedHealthcare's document library (835)."""

from __future__ import annotations

from playwright.async_api import Page

from flows.era_download import EraDownloadAnswer, EraDownloadInquiry
from flows.errors import AnswerUnreadable
from flows.session import Session
from payers.kit import fetch_all, input_values, joined, spans
from payers.portals.uhc.choosing import choose, choose_organization
from payers.portals.uhc.era_list import PaymentsFound
from payers.portals.uhc.era_screens import Payments, PaymentSearch
from payers.portals.uhc.failures import reach
from payers.portals.uhc.screens import Home

FORM_SECONDS = 30
ANSWER_SECONDS = 180  # as for eligibility: nothing is published for this portal
SPAN_DAYS = 90  # uhcprovider.com, Document Library: any 90-day window per search


async def download(session: Session, inquiry: EraDownloadInquiry) -> EraDownloadAnswer:
    """List the payments, 90 days at a time, and fetch the files that are not on disk."""
    answers = []
    for first, last in spans(inquiry.paid_from, inquiry.paid_to, SPAN_DAYS):
        part = inquiry.model_copy(update={"paid_from": first, "paid_to": last})
        answers.append(await _download(session, part))
    return joined(answers)


async def _download(session: Session, inquiry: EraDownloadInquiry) -> EraDownloadAnswer:
    async def search() -> PaymentsFound:
        return await _search(session, inquiry)

    return await fetch_all(session, inquiry, search)


async def _search(session: Session, inquiry: EraDownloadInquiry) -> PaymentsFound:
    """Ask for the payments of the question, from their first page."""
    page = session.page
    form = PaymentSearch(page)
    async with session.step("open the document library"):
        await _open_search(session, form)
    async with session.step("fill the search for payments"):
        await _fill(page, form, inquiry)
    async with session.step("wait for the payer"):
        await form.submit.click()
        await reach(page, Payments(page), seconds=ANSWER_SECONDS)
    return PaymentsFound(session, inquiry)


async def _open_search(session: Session, form: PaymentSearch) -> None:
    """Show a fresh search: by way of home, so that nothing is left of the last one."""
    page = session.page
    await page.goto(f"{session.address}/#/")
    await form.landmark.wait_for(state="hidden")
    await Home(page).documents.click()
    await reach(page, form, seconds=FORM_SECONDS)


async def _fill(page: Page, form: PaymentSearch, inquiry: EraDownloadInquiry) -> None:
    """Bring the search to exactly this question, and read it back before it is sent."""
    if (await input_values(form.fields)).get("tin-select") != inquiry.organization.tin:
        await choose_organization(page, form, inquiry.organization.tin, FORM_SECONDS)
    npi = inquiry.provider.npi if inquiry.provider else ""
    wanted = {
        "tin-select": inquiry.organization.tin,
        "documents.provider": npi,
        "documents.fromDate": f"{inquiry.paid_from:%m/%d/%Y}",
        "documents.toDate": f"{inquiry.paid_to:%m/%d/%Y}",
    }
    await choose(form.provider, form.providers, npi)
    await form.first.fill(wanted["documents.fromDate"])
    await form.last.fill(wanted["documents.toDate"])
    after = await input_values(form.fields)
    if wrong := [name for name, value in wanted.items() if after.get(name) != value]:
        raise AnswerUnreadable(
            f"the form did not take {', '.join(wrong)}; nothing was sent", screen="PaymentSearch", locator=wrong[0]
        )
