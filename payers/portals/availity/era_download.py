"""ERA download in Availity's remittance viewer (835)."""

from __future__ import annotations

from playwright.async_api import Page

from flows.era_download import EraDownloadAnswer, EraDownloadInquiry
from flows.errors import AnswerUnreadable
from flows.session import Session
from payers.kit import fetch_all, input_values, shown
from payers.portals.availity.era_list import PaymentsFound, show
from payers.portals.availity.era_screens import Payments, PaymentSearch
from payers.portals.availity.inquiry_form import CODE, choose, fits
from payers.portals.availity.menu import open_application
from payers.portals.availity.screens import Home

FORM_SECONDS = 30
ANSWER_SECONDS = 180  # as for eligibility: the portal waits up to three minutes for a payer
EVERYBODY = "All providers"


async def download(session: Session, inquiry: EraDownloadInquiry) -> EraDownloadAnswer:
    """List the payments, and fetch the files that are not on disk."""

    async def search() -> PaymentsFound:
        return await _search(session, inquiry)

    return await fetch_all(session, inquiry, search)


async def _search(session: Session, inquiry: EraDownloadInquiry) -> PaymentsFound:
    """Ask for the payments of the question, from their first page."""
    page = session.page
    async with session.step("open the remittance viewer"):
        await _open_search(page)
    form, found = PaymentSearch(page), Payments(page)  # in the frame that is there now
    async with session.step("fill the search for payments"):
        await _fill(form, inquiry, session.payer.title)
    async with session.step("wait for the payer"):
        await form.submit.click()
        await show(page, found, ANSWER_SECONDS)
    return PaymentsFound(session, inquiry)


async def _open_search(page: Page) -> None:
    home, form, found = Home(page), PaymentSearch(page), Payments(page)
    if await shown(found):
        await found.new_search.click()
    elif not await shown(form):
        await open_application(page, home.claims_and_payments, home.remittances, "Remittance Viewer")
    await show(page, form, FORM_SECONDS)


async def _fill(form: PaymentSearch, inquiry: EraDownloadInquiry, payer: str) -> None:
    """Bring the search to exactly this question, and read it back before it is sent."""
    organization, provider = inquiry.organization, inquiry.provider
    boxes = {
        "remit-organization": organization.name,
        "remit-payer": payer,
        "remit-taxId": organization.tin,
        "remit-provider": CODE + provider.npi if provider else EVERYBODY,
    }
    days = {
        "paymentDate-start": f"{inquiry.paid_from:%m/%d/%Y}",
        "paymentDate-end": f"{inquiry.paid_to:%m/%d/%Y}",
    }
    for name, box in form.boxes.items():
        if not fits((await input_values(form.inputs)).get(name), boxes[name]):  # a choice empties others
            await choose(form.options, box, boxes[name])
    for name, field in form.fields.items():
        await field.fill(days[name])
    after = await input_values(form.inputs)
    if wrong := [name for name, value in (boxes | days).items() if not fits(after.get(name), value)]:
        raise AnswerUnreadable(
            f"the form did not take {', '.join(wrong)}; nothing was sent", screen="PaymentSearch", locator=wrong[0]
        )
