"""Eligibility on ePACES (270/271): a request is filed, and its response fetched from a list."""

from __future__ import annotations

from flows.eligibility import EligibilityAnswer, EligibilityInquiry
from flows.session import Session
from payers.portals.epaces.asking import choose_provider, fill, open_form, open_response, send
from payers.portals.epaces.reading import check_requested, read
from payers.portals.epaces.screens import EligibilityForm, Home, Result


async def check(session: Session, inquiry: EligibilityInquiry) -> EligibilityAnswer:
    """Ask one question and read its answer."""
    page = session.page
    home, form, result = Home(page), EligibilityForm(page), Result(page)
    client_id, day = inquiry.member.member_id, f"{inquiry.service_date:%m/%d/%Y}"
    async with session.step("open the request form"):
        await open_form(session, home.eligibility_request, form)
        await choose_provider(page, form, inquiry.organization, inquiry.provider)
    async with session.step("file the request"):
        await fill({"Client ID": (form.client_id, client_id), "Date of Service": (form.service_date, day)})
        requested = await send(page, form)
    async with session.step("wait for the response"):
        await open_response(session, home.eligibility_response, [client_id, day, requested], result)
    async with session.step("read the answer"):
        await check_requested(result, requested)
        return await read(result, inquiry)
