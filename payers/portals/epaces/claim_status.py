"""Claim status on ePACES (276/277): an inquiry is filed, and its response fetched from a list.

It is asked by client id and days of service, and by the payer's claim number if there is one; the form has no field for
a patient control number.
"""

from __future__ import annotations

from flows.claim_status import ClaimStatusAnswer, ClaimStatusInquiry
from flows.session import Session
from payers.portals.epaces.asking import choose_provider, fill, open_form, open_response, send
from payers.portals.epaces.reading import check_requested
from payers.portals.epaces.reading_claims import read
from payers.portals.epaces.screens import ClaimForm, ClaimResult, Home


async def check(session: Session, inquiry: ClaimStatusInquiry) -> ClaimStatusAnswer:
    """Ask one question and read its answer."""
    page = session.page
    home, form, result = Home(page), ClaimForm(page), ClaimResult(page)
    client_id = inquiry.member.member_id
    first, last = (f"{day:%m/%d/%Y}" for day in (inquiry.service_from, inquiry.service_to))
    async with session.step("open the inquiry form"):
        await open_form(session, home.claim_inquiry, form)
        await choose_provider(page, form, inquiry.organization, inquiry.provider)
    async with session.step("file the inquiry"):
        await fill(
            {
                "Client ID": (form.client_id, client_id),
                "Service Date From": (form.service_from, first),
                "Service Date To": (form.service_to, last),
                "Payer Claim Control #": (form.number, inquiry.payer_claim_number),
            }
        )
        requested = await send(page, form)
    async with session.step("wait for the response"):
        await open_response(session, home.claim_response, [client_id, f"{first} - {last}", requested], result)
    async with session.step("read the answer"):
        await check_requested(result, requested)
        return await read(result, inquiry)
