"""ERA download from TMHP's Electronic Remittance Advice (835): weekly, on Monday mornings, each file given out once."""

from __future__ import annotations

from flows.era_download import EraDownloadAnswer, EraDownloadInquiry
from flows.errors import AnswerUnreadable, InputError
from flows.session import Session
from payers.kit import fetch_all, input_values, option_values, shown
from payers.portals.tmhp.apps import open_application
from payers.portals.tmhp.era_list import PaymentsFound
from payers.portals.tmhp.era_screens import Payments, PaymentSearch
from payers.portals.tmhp.failures import reach

FORM_SECONDS = 30
ANSWER_SECONDS = 180  # as for eligibility: nothing is published for this portal


async def download(session: Session, inquiry: EraDownloadInquiry) -> EraDownloadAnswer:
    """List the payments, and fetch the files that are not on disk."""

    async def search() -> PaymentsFound:
        return await _search(session, inquiry)

    return await fetch_all(session, inquiry, search)


async def _search(session: Session, inquiry: EraDownloadInquiry) -> PaymentsFound:
    page = session.page
    form = PaymentSearch(page)
    async with session.step("open the remittances"):
        if await shown(form):
            await page.goto(page.url.partition("?")[0])  # so that nothing is left of the last answer
        else:
            await open_application(session, lambda apps: apps.remittances, "Electronic Remittance Advice")
        await reach(page, form, seconds=FORM_SECONDS)
    async with session.step("fill the search for payments"):
        await _fill(form, inquiry)
    async with session.step("wait for the payer"):
        await form.submit.click()
        await reach(page, Payments(page), seconds=ANSWER_SECONDS)
    return PaymentsFound(session, inquiry)


async def _fill(form: PaymentSearch, inquiry: EraDownloadInquiry) -> None:
    """Bring the search to exactly this question, and read it back before it is sent."""
    payee = f"{inquiry.provider.npi if inquiry.provider else 'all'}-{inquiry.organization.tin}"
    if payee not in await option_values(form.providers):
        raise InputError(f"the portal does not list {payee} for this account")
    wanted = {"provider": payee, "from": f"{inquiry.paid_from:%m/%d/%Y}", "to": f"{inquiry.paid_to:%m/%d/%Y}"}
    await form.provider.select_option(value=payee)
    await form.first.fill(wanted["from"])
    await form.last.fill(wanted["to"])
    after = await input_values(form.fields)
    if wrong := [name for name, value in wanted.items() if after.get(name) != value]:
        raise AnswerUnreadable(
            f"the form did not take {', '.join(wrong)}; nothing was sent", screen="PaymentSearch", locator=wrong[0]
        )
