"""What eligibility and claim status share: a form on which nothing of the last answer is left, and who asks."""

from __future__ import annotations

from playwright.async_api import Locator

from flows.errors import AnswerUnreadable, InputError, PermissionMissing
from flows.parties import Organization, Provider
from flows.session import Session
from payers.kit import offered
from payers.portals.medi_cal.failures import leave, reach
from payers.portals.medi_cal.screens import ClaimForm, Home, Inquiry, View

ANSWER_SECONDS = 180  # as long as the slowest portal waits for a payer; nothing is published for this one


async def open_form(session: Session, link: Locator, form: Inquiry | ClaimForm) -> None:
    """Open the form anew, though it may be open: what a search said stays on it until then."""
    if not await link.count():
        raise PermissionMissing("the page has no such transaction: the account lacks the role", screen="Home")
    await leave(session.page)
    await link.click()
    await reach(session.page, form)
    if (await form.area.inner_text()).strip():
        raise AnswerUnreadable("an earlier answer is still there; nothing was sent", screen="Inquiry", locator="area")


async def choose_provider(session: Session, organization: Organization, provider: Provider) -> None:
    """Ask in the name of exactly this provider, and read the choice back from the header."""
    page, home = session.page, Home(session.page)
    line = f"{organization.name} - {provider.npi}"
    if line not in [each.strip() for each in offered(await home.choices.all_text_contents(), "Home", "choices")]:
        raise InputError(f"the portal does not list {line} for this account")
    if await provider_shown(home.provider) != (organization.name, provider.npi):
        await leave(page)
        await home.choice.select_option(label=line)
        await reach(page, View(page))
    if await provider_shown(home.provider) != (organization.name, provider.npi):
        raise AnswerUnreadable("the portal did not take the provider", screen="Home", locator="provider")


async def provider_shown(header: Locator) -> tuple[str, str]:
    """The organization and the NPI that the header names."""
    name, _, npi = (await header.inner_text()).partition("NPI:")
    return name.strip(), npi.strip()
