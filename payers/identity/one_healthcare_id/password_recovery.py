"""Recovering the forgotten password of a One Healthcare ID, by a code in a letter."""

from __future__ import annotations

from typing import TypeVar

from playwright.async_api import Page

from flows.errors import CodeNotReceived, CodeRejected
from flows.session import Session
from payers.identity.one_healthcare_id.failures import failures, meaning
from payers.identity.one_healthcare_id.password_reset import FORM_SECONDS, explain
from payers.identity.one_healthcare_id.phrases import PHRASES
from payers.identity.one_healthcare_id.screens import AccessCode, ChangeAnswer, ChangeForm, Recover, Recovered
from payers.identity.one_healthcare_id.sign_in import enter_user_id
from payers.kit import Screen, give_code, phrase_in, reach

S = TypeVar("S", bound=Screen)


async def recover(session: Session) -> None:
    """Ask for the letter, give its code, and type the new password. Returns when One Healthcare ID says it took it.

    The page that asks for the user id is open. A code is good for the user id typed in this window only, and the window
    may not be loaded again.
    """
    page = session.page
    async with session.step("ask for a code"):
        await (await enter_user_id(session)).forgot.click()
        asking = await _next(page, Recover(page))
        await asking.user_id.fill(session.account.username)
        await session.expect_letter()
        await asking.go_on.click()
        prompt = await _next(page, AccessCode(page))
    async with session.step("enter the code of the letter", private=True):
        await give_code(session, prompt, await session.letter())
        form = await _next(page, ChangeForm(page))
    async with session.step("set the new password", private=True):
        new = (await session.new_password()).get_secret_value()
        await form.new.fill(new)
        await form.again.fill(new)
        await form.submit.click()
        await conclude(page)


async def conclude(page: Page) -> None:
    """Raise unless the new password was taken."""
    await _next(page, Recovered(page))


async def _next(page: Page, wanted: S) -> S:
    """The screen that comes; raises what is said in its place."""
    screen = await reach(
        page, ChangeAnswer(page), wanted, failures=[failures(page)], meaning=meaning, seconds=FORM_SECONDS
    )
    if isinstance(screen, ChangeAnswer):
        await _explain(screen)
    return wanted


async def _explain(answer: ChangeAnswer) -> None:
    match phrase := phrase_in(await answer.words.first.inner_text(), PHRASES):
        case "code_refused" | "recovery_expired":
            raise CodeRejected(
                "the code of the letter is worth nothing, or not any more", phrase=phrase, screen="AccessCode"
            )
        case "too_many_letters":
            raise CodeNotReceived(
                "the portal sends no letter now; somebody else may have asked for too many today", phrase=phrase
            )
        case _:
            await explain(answer.words)
