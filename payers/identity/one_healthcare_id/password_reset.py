"""Changing the password of a One Healthcare ID: on its profile page, or in the place of home once it has expired."""

from __future__ import annotations

from typing import TypeVar

from playwright.async_api import Locator, Page

from flows.errors import (
    PortalkeeperError,
    SessionEnded,
)
from flows.session import Session
from payers.identity.one_healthcare_id.failures import failures, meaning
from payers.identity.one_healthcare_id.phrases import PHRASES
from payers.identity.one_healthcare_id.screens import ChangeAnswer, ChangeForm, ForcedChange, Profile, UserId
from payers.kit import AnyOf, Screen, change_meaning, phrase_in, reach

FORM_SECONDS = 30
S = TypeVar("S", bound=Screen)


async def change(session: Session) -> None:
    """Type the password in force and the new one. Returns when One Healthcare ID says that it took the new one.

    The profile page is open or about to open, or the password has expired. What stands behind *Continue* is left to
    the sign-in that verifies the new password.
    """
    form = await _open_form(session)
    async with session.step("change the password", private=True):
        await form.current.fill((await session.password()).get_secret_value())
        new = (await session.new_password()).get_secret_value()
        await form.new.fill(new)
        await form.again.fill(new)
        await form.submit.click()
        await explain((await _reach(session.page, ChangeAnswer(session.page))).words)


async def _open_form(session: Session) -> ChangeForm:
    page = session.page
    async with session.step("open the change form"):
        screen = await _reach(page, ForcedChange(page), Profile(page))
        if isinstance(screen, Profile):
            await screen.sign_in_information.click()
            await screen.change_password.click()
        return await _reach(page, ChangeForm(page))


async def _reach(page: Page, *screens: S) -> S:
    found = AnyOf(UserId(page), *failures(page).screens)
    return await reach(page, *screens, failures=[found], meaning=_meaning, seconds=FORM_SECONDS)


def _meaning(screen: Screen) -> PortalkeeperError:
    if isinstance(screen, UserId):
        return SessionEnded("One Healthcare ID ended the session", screen="UserId")
    return meaning(screen)


async def explain(words: Locator) -> None:
    """Raise unless the new password was taken."""
    phrase = phrase_in(await words.first.inner_text(), PHRASES)
    if phrase != "password_changed":
        raise change_meaning(phrase)
