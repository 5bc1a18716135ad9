"""Eligibility and Benefits Inquiry on Availity Essentials (270/271)."""

from __future__ import annotations

import re
from datetime import date

from playwright.async_api import Locator, Page

from flows.eligibility import EligibilityAnswer, EligibilityInquiry
from flows.errors import AnswerUnreadable, InputError, PermissionMissing, SessionEnded
from flows.parties import Relationship
from flows.session import Session
from payers.kit import arrive, clear, input_values, shown
from payers.portals.availity.reading import read
from payers.portals.availity.screens import Home, Inquiry, LoggedOut, Result, SignIn
from payers.portals.availity.sign_in import overlays

FORM_SECONDS = 30
ANSWER_SECONDS = 180  # the portal waits up to three minutes for a payer
BY_MEMBER_ID = "Member ID"
RELATIONSHIPS = {
    Relationship.SELF: "Self",
    Relationship.SPOUSE: "Spouse",
    Relationship.CHILD: "Child",
    Relationship.OTHER: "Other Adult",
}


async def check(session: Session, inquiry: EligibilityInquiry) -> EligibilityAnswer:
    """Ask one question and read its answer."""
    page = session.page
    form = Inquiry(page)
    async with session.step("open the inquiry form"):
        await _open_form(page, form, inquiry.state)
    async with session.step("fill the inquiry form"):
        chosen = await _fill(form, inquiry, session.payer.title)
    async with session.step("wait for the payer"):
        await form.submit.click()
        screen = await arrive(page, LoggedOut(page), SignIn(page), Result(page), seconds=ANSWER_SECONDS, settle=0)
        if not isinstance(screen, Result):
            raise SessionEnded(
                "the portal ended the session while the question was asked", screen=type(screen).__name__
            )
    async with session.step("read the answer"):
        return await read(screen, inquiry, session.payer, chosen["provider"])


async def _open_form(page: Page, form: Inquiry, state: str) -> None:
    """Show an empty or sticky form; `state` chooses the region where one is asked for."""
    home = Home(page)
    if state and await home.region.inner_text() != state:
        await _choose_region(page, home, state)
    result = Result(page)
    if await shown(result):
        await result.new_request.click()
    elif not await shown(form):
        await clear(overlays(page))
        await home.patient_registration.click()
        if not await home.eligibility.count():
            raise PermissionMissing("the menu has no Eligibility and Benefits Inquiry: the account lacks the role")
        await home.eligibility.click()
    screen = await arrive(page, LoggedOut(page), SignIn(page), form, seconds=FORM_SECONDS, settle=0)
    if screen is not form:
        raise SessionEnded("the portal ended the session", screen=type(screen).__name__)


async def _choose_region(page: Page, home: Home, state: str) -> None:
    await home.region.click()
    option = home.regions.filter(has_text=re.compile(f"^{re.escape(state)}$"))
    if not await option.count():
        raise InputError(f"the portal does not list the region {state!r} for this account")
    async with page.expect_navigation():  # changing the region reloads the shell
        await option.click()
    await arrive(page, Home(page), seconds=FORM_SECONDS)


async def _fill(form: Inquiry, inquiry: EligibilityInquiry, payer: str) -> dict[str, str]:
    """Bring the sticky form to exactly this question, and read it back before it is sent."""
    before = await input_values(form.inputs)
    member = inquiry.member
    await _choose(form, form.organization, before.get("organization-field"), inquiry.organization.name)
    await _choose(form, form.payer, before.get("payerId-field"), payer)
    await _choose(form, form.provider, before.get("provider"), ending=f" - {inquiry.provider.npi}")
    await _choose(form, form.search_option, await form.search_option.input_value(), BY_MEMBER_ID)
    before = await input_values(form.inputs)
    await _choose(
        form, form.relationship, before.get("subscriberRelationship-field"), RELATIONSHIPS[member.relationship]
    )
    await _choose(form, form.service_type, before.get("serviceType"), ending=f" - {inquiry.service_type}")
    if before.get("memberId") != member.member_id:
        await form.member_id.fill(member.member_id)
    await _type_date(form.birth_date, before.get("patientBirthDatefield"), member.patient.birth_date)
    await _type_date(form.as_of, before.get("asOfDate"), inquiry.service_date)
    after = await input_values(form.inputs)
    _check_filled(after, inquiry, payer)
    return after


async def _choose(form: Inquiry, box: Locator, now: str | None, exact: str = "", *, ending: str = "") -> None:
    """Choose the one option with this exact text, or this ending."""
    if now is not None and (now.endswith(ending) if ending else now == exact):
        return
    await box.click()
    wanted = re.compile(f"{re.escape(ending)}$" if ending else f"^{re.escape(exact)}$")
    option = form.options.filter(has_text=wanted)
    await form.options.first.wait_for()
    if await option.count() != 1:
        raise InputError(f"the portal does not list {(exact or ending.strip(' -'))!r} for this account")
    await option.click()


async def _type_date(sections: Locator, now: str | None, day: date) -> None:
    """Type month, day and year, each into its section."""
    if now == f"{day:%m/%d/%Y}":
        return
    for index, digits in enumerate((f"{day:%m}", f"{day:%d}", f"{day:%Y}")):
        await sections.nth(index).fill(digits)


def _check_filled(values: dict[str, str], inquiry: EligibilityInquiry, payer: str) -> None:
    """Raise unless the form holds exactly this question."""
    member = inquiry.member
    good = {
        "organization-field": values.get("organization-field") == inquiry.organization.name,
        "payerId-field": values.get("payerId-field") == payer,
        "provider": values.get("provider", "").endswith(f" - {inquiry.provider.npi}"),
        "patientSearchOption": values.get("patientSearchOption") == BY_MEMBER_ID,
        "subscriberRelationship-field": values.get("subscriberRelationship-field")
        == RELATIONSHIPS[member.relationship],
        "serviceType": values.get("serviceType", "").endswith(f" - {inquiry.service_type}"),
        "memberId": values.get("memberId") == member.member_id,
        "patientBirthDatefield": values.get("patientBirthDatefield") == f"{member.patient.birth_date:%m/%d/%Y}",
        "asOfDate": values.get("asOfDate") == f"{inquiry.service_date:%m/%d/%Y}",
    }
    if wrong := [name for name, fits in good.items() if not fits]:
        raise AnswerUnreadable(
            f"the form did not take {', '.join(wrong)}; nothing was sent", screen="Inquiry", locator=wrong[0]
        )
