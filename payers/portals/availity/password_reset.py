"""Changing the password on Availity Essentials: under My Account, or in the place of home once it has expired."""

from __future__ import annotations

from typing import TypeVar

from playwright.async_api import Locator, Page

from flows.errors import (
    PortalUnavailable,
)
from flows.session import Session
from payers.kit import Screen, change_meaning, clear, phrase_in, reach, shown
from payers.portals.availity.failures import failures, meaning, overlays
from payers.portals.availity.phrases import PHRASES
from payers.portals.availity.screens import ChangeAnswer, ChangeForm, ForcedChange, Home, MyAccount

FORM_SECONDS = 30
S = TypeVar("S", bound=Screen)


async def change(session: Session) -> None:
    """Type the password in force and the new one. Returns when the portal says that it took the new one."""
    page = session.page
    forced = await shown(ForcedChange(page))
    if not forced:
        await _open_form(session)
    place = page if forced else MyAccount(page).frame
    form = ChangeForm(place)
    async with session.step("change the password", private=True):
        await form.current.fill((await session.password()).get_secret_value())
        new = (await session.new_password()).get_secret_value()
        await form.new.fill(new)
        await form.again.fill(new)
        await form.submit.click()
        await explain((await _reach(page, ChangeAnswer(place))).words)


async def _open_form(session: Session) -> None:
    page = session.page
    mine = MyAccount(page)
    async with session.step("open the change form"):
        await clear(overlays(page))
        await Home(page).account.click()
        await mine.open.click()
        await (await _reach(page, mine)).security.click()
        await mine.update.click()
        await _reach(page, ChangeForm(mine.frame))


async def _reach(page: Page, screen: S) -> S:
    return await reach(page, screen, failures=failures(page), meaning=meaning, seconds=FORM_SECONDS)


async def explain(words: Locator) -> None:
    """Raise unless the portal took the new password."""
    phrase = phrase_in(await words.first.inner_text(), PHRASES)
    if phrase == "change_failed":  # what the form says of a network failure, changed or not
        raise PortalUnavailable("the portal could not be reached after the submission", phrase=phrase)
    if phrase != "password_changed":
        raise change_meaning(phrase)
