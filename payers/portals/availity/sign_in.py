"""Signing in to Availity Essentials: user id and password, then a code of the authenticator."""

from __future__ import annotations

from playwright.async_api import Page

from flows.errors import (
    AccountBusy,
    AccountLocked,
    ActionRequired,
    CaptchaShown,
    CodeRejected,
    InvalidCredentials,
    PortalUnavailable,
    ScreenNotRecognised,
)
from flows.session import Session
from payers.kit import Overlay, Screen, arrive, phrase_in, shown, visit
from payers.portals.availity.phrases import PHRASES
from payers.portals.availity.screens import (
    Announcement,
    Captcha,
    ChooseMethod,
    CookieBanner,
    EnterCode,
    Home,
    LoggedOut,
    NewTerms,
    Outage,
    SignedInElsewhere,
    SignIn,
    SignInAlert,
)

SHELL = "/static/web/onb/onboarding-ui-apps/navigation/#/"
LOGIN = "/static/public/onb/onboarding-ui-apps/availity-fr-ui/#/login"
SCREEN_SECONDS = 30
CODE_TRIES = 2


async def sign_in(session: Session) -> None:
    """Leave the session on the shell's home, or wherever in the shell it is already."""
    page = session.page
    if await shown(Home(page)):
        return
    async with session.step("open the portal"):
        await visit(page, session.address + SHELL)
        screen = await arrive(
            page,
            *_stops(page),
            LoggedOut(page),
            SignIn(page),
            Home(page),
            seconds=SCREEN_SECONDS,
            overlays=overlays(page),
        )
        if isinstance(screen, LoggedOut):
            await visit(page, session.address + LOGIN)
            screen = await arrive(page, *_stops(page), SignIn(page), seconds=SCREEN_SECONDS, overlays=overlays(page))
    if isinstance(screen, SignIn):
        screen = await _enter_password(session, screen)
    if isinstance(screen, ChooseMethod):
        async with session.step("choose the authenticator"):
            await screen.authenticator.check()
            await screen.go_on.click()
            screen = await arrive(page, *_stops(page), EnterCode(page), seconds=SCREEN_SECONDS, overlays=overlays(page))
    if isinstance(screen, EnterCode):
        screen = await _enter_code(session, screen)
    await _stop_at(screen)


def _stops(page: Page) -> tuple[Screen, ...]:
    """The screens at which a sign-in ends without a session."""
    return (Captcha(page), Outage(page), NewTerms(page), SignedInElsewhere(page))


async def _enter_password(session: Session, form: SignIn) -> Screen:
    page = session.page
    async with session.step("enter user id and password", private=True):
        await form.user_id.fill(session.account.username)
        await form.password.fill((await session.password()).get_secret_value())
        await form.submit.click()
        screen = await arrive(
            page,
            SignInAlert(page),
            *_stops(page),
            ChooseMethod(page),
            EnterCode(page),
            Home(page),
            seconds=SCREEN_SECONDS,
            overlays=overlays(page),
        )
        if isinstance(screen, SignInAlert):
            await _explain(screen)
    return screen


async def _enter_code(session: Session, form: EnterCode) -> Screen:
    """Give a code, and once more a fresh one if the first is refused."""
    page = session.page
    for _ in range(CODE_TRIES):
        async with session.step("enter the code", private=True):
            await form.code.fill((await session.code()).get_secret_value())
            await form.go_on.click()
            screen = await arrive(
                page, SignInAlert(page), *_stops(page), Home(page), seconds=SCREEN_SECONDS, overlays=overlays(page)
            )
        if not isinstance(screen, SignInAlert):
            return screen
        phrase = phrase_in(await screen.words.inner_text(), PHRASES)
        if phrase != "code_refused":
            await _explain(screen)
    raise CodeRejected("the portal refused two codes", phrase="code_refused", screen="SignInAlert")


async def _explain(alert: SignInAlert) -> None:
    """Raise what an alert during sign-in means; an unlisted one is no refusal."""
    phrase = phrase_in(await alert.words.first.inner_text(), PHRASES)
    match phrase:
        case "password_refused":
            raise InvalidCredentials("the portal refused user id and password", phrase=phrase, screen="SignInAlert")
        case "locked":
            raise AccountLocked("the portal says the account is locked", phrase=phrase, screen="SignInAlert")
        case "no_answer":
            raise PortalUnavailable("the portal could not be reached after the submission", phrase=phrase)
        case _:
            raise ScreenNotRecognised("the sign-in form shows an alert that is not listed", screen="SignInAlert")


async def _stop_at(screen: Screen) -> None:
    """Raise what a screen means at which the sign-in ended; Home is where it should."""
    match screen:
        case Captcha():
            raise CaptchaShown("the portal wants proof of a human; a person signs in by hand", screen="Captcha")
        case Outage():
            raise PortalUnavailable("the portal shows an outage", phrase="outage", screen="Outage")
        case NewTerms():
            raise ActionRequired("new terms of use; a person reads and accepts them", phrase="terms", screen="NewTerms")
        case SignedInElsewhere():
            raise AccountBusy("somebody is signed in with this user id", phrase="busy", screen="SignedInElsewhere")


def overlays(page: Page) -> tuple[Overlay, ...]:
    """What may be in front of any screen."""
    return (CookieBanner(page), Announcement(page))
