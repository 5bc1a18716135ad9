"""What eligibility requests and claim status inquiries share: who asks, the form, and the way to the response."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping

from playwright.async_api import Locator, Page

from flows.errors import AnswerUnreadable, InputError, PayerUnavailable, PermissionMissing
from flows.parties import Organization, Provider
from flows.session import Session
from payers.kit import Screen, cells, offered, phrase_in, tell_drift
from payers.portals.epaces.failures import mark, press, reach
from payers.portals.epaces.phrases import PHRASES
from payers.portals.epaces.screens import ClaimForm, EligibilityForm, Home, ResponseList, Submitted

ANSWER_SECONDS = 180  # as long as the slowest portal waits for a payer; nothing is published for this one
LOOK_SECONDS = (0.2, 0.5, 1, 2, 5)
COLUMNS = ["Client ID", "Service Date", "Requested", "User ID", "Status", ""]
IN_PROCESS, COMPLETE = "In Process", "Complete"
TIME = re.compile(r"\d\d/\d\d/\d{4} \d{1,2}:\d\d:\d\d [AP]M")


async def open_form(session: Session, link: Locator, form: EligibilityForm | ClaimForm) -> None:
    """Open an empty form by its link in the menu."""
    if not await link.count():
        raise PermissionMissing("the menu has no such inquiry: the account lacks the role", screen="Home")
    await press(session.page, link)
    await reach(session.page, form)
    await tell_drift(session, form, form.ids)


async def choose_provider(page: Page, form: Screen, organization: Organization, provider: Provider) -> None:
    """Ask in the name of exactly this provider, and read the choice back. Choosing draws the form anew."""
    home = Home(page)
    lines = [line.strip() for line in offered(await home.providers.all_text_contents(), "Home", "providers")]
    wanted = re.compile(rf"{re.escape(organization.name)} - .* - NPI {provider.npi} - ETIN \w+")
    fitting = [line for line in lines if wanted.fullmatch(line)]
    if len(fitting) != 1:
        found = "does not list" if not fitting else f"lists {len(fitting)} ETINs for"
        raise InputError(f"the portal {found} provider {provider.npi} of {organization.name} for this account")
    if (await home.chosen.inner_text()).strip() != fitting[0]:
        await mark(page)
        await home.provider.select_option(label=fitting[0], no_wait_after=True)
        await reach(page, form)
    if (await home.chosen.inner_text()).strip() != fitting[0]:
        raise AnswerUnreadable(
            "the portal did not take the provider; nothing was sent", screen="Home", locator="provider"
        )


async def fill(fields: Mapping[str, tuple[Locator, str]]) -> None:
    """Fill a form, and read it back before it is sent."""
    for field, value in fields.values():
        await field.fill(value)
    for name, (field, value) in fields.items():
        if await field.input_value() != value:
            raise AnswerUnreadable(f"the form did not take {name}; nothing was sent", screen="Inquiry", locator=name)


async def send(page: Page, form: EligibilityForm | ClaimForm) -> str:
    """Submit; the time at which the portal took the request, as it writes it."""
    await press(page, form.submit)
    words = (await (await reach(page, Submitted(page))).words.first.inner_text()).strip()
    if taken := TIME.search(words):
        return taken[0]
    phrase = phrase_in(words, PHRASES)
    raise AnswerUnreadable(
        "the form was not taken, or does not say when", phrase=phrase, screen="Submitted", locator="lblSummary"
    )


async def open_response(session: Session, link: Locator, asked: list[str], result: Screen) -> None:
    """Open the response to the request of ours that `asked` names: client id, days, time. Look again until it is there.

    The list holds other people's requests too, and older ones for the same client.
    """
    page, mine = session.page, [*asked, session.account.username]
    clock = asyncio.get_running_loop().time
    deadline, look = clock() + ANSWER_SECONDS, 0
    while True:
        await press(page, link)
        row = await _row(await reach(page, ResponseList(page)), mine)
        if row is not None:
            await press(page, row)
            await reach(page, result)
            return
        if clock() > deadline:
            raise PayerUnavailable("the request was not answered in time", screen="ResponseList")
        await asyncio.sleep(LOOK_SECONDS[min(look, len(LOOK_SECONDS) - 1)])
        look += 1


async def _row(listed: ResponseList, mine: list[str]) -> Locator | None:
    """The link of the one row that is ours, once it is answered."""
    if await cells(listed.heads) != [COLUMNS]:
        raise AnswerUnreadable("the response list has other columns", screen="ResponseList", locator="columns")
    rows = await cells(listed.rows)
    fitting = [row for row in rows if row[: len(mine)] == mine]
    if len(fitting) > 1:
        raise AnswerUnreadable("several requests look like ours", screen="ResponseList", locator="rows")
    if not fitting or fitting[0][4] == IN_PROCESS:
        return None
    if fitting[0][4] != COMPLETE:
        raise AnswerUnreadable("the request is in a state that is not listed", screen="ResponseList", locator="Status")
    complete = [row for row in rows if row[4] == COMPLETE]
    return listed.links.nth(complete.index(fitting[0]))
