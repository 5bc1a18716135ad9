"""Record the screens that a portal's flows only pass: forms, choices, code boxes, agreements."""

from __future__ import annotations

import re
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bots.recording.reading import load, read
from bots.recording.taking import ALERTS, READ, Taker
from flows.eligibility import EligibilityInquiry
from flows.era_download import EraDownloadInquiry
from flows.errors import PortalkeeperError
from sandbox.practice import OrderRefusedError
from tests.record_pages import NOON, Book, Seat

if TYPE_CHECKING:
    from playwright.async_api import Page

# screens with a recording of a flow, which says what is read of them
WITH_A_READING = {*READ, *ALERTS, "Home", "ChangeAnswer", "Payments", "OldFiles"}


async def record_screens(book: Book, taker: Taker, page: Page) -> None:
    """Keep what was passed, each screen once, with the names of the locators that match on it."""
    for name, taken in taker.taken.items():
        if name in WITH_A_READING:
            continue
        said: dict[str, Any] = {"flow": "screen", "outcome": "passed", "screen": f"{taken.module}.{name}"}
        said |= {"frame": taken.frame} if taken.frame else {}
        screen = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()
        await load(page, book.portal.name, taken.html, screen, taken.frame)
        found = await read(page, book.portal.name, said)
        if "found" in found:  # else its landmark is a frame, which no recording keeps
            book.write(screen, "passed", taken.html, said | {"reads": found})


# what stands in the way of a sign-in: what the account is made with, the fault, and where
IN_THE_WAY: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({}, "captcha", "login"),
    ({}, "maintenance", "login"),
    ({}, "access_blocked", "login"),
    ({}, "terms", "sign_in"),
    ({}, "agreement", "sign_in"),
    ({"locked": True}, "", ""),
    ({"disabled": True}, "", ""),
    ({"password_set_at": (NOON - timedelta(days=61)).isoformat()}, "", ""),
    ({"password_set_at": (NOON - timedelta(days=58)).isoformat()}, "", ""),
    ({}, "elsewhere", ""),
)
# the same of one portal only
AT_ONE: dict[str, tuple[tuple[dict[str, Any], str, str], ...]] = {
    "availity": (({"security_questions": {"What was your first pet?": "web"}}, "security_question", "sign_in"),),
    "tmhp": (({"methods": ["text"]}, "", ""), ({}, "slow", "")),
}
# what comes in the place of an application's page: what the account becomes, the fault, and where
MEANWHILE: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({}, "end_session", "session"),
    ({"roles": []}, "", ""),
    ({}, "access_blocked", "eligibility"),
    ({}, "maintenance", "eligibility"),
)
IDENTITY = {"uhc": "payers.identity.one_healthcare_id", "tmhp": "payers.identity.okta"}


async def meet_what_stands_in_the_way(book: Book, seat: Callable[[dict[str, Any]], Any], taker: Taker) -> None:
    """Let the taker see the screens of a refused or interrupted sign-in; the portal has new rules afterwards."""
    name = book.portal.name
    book.practice.post("/policy", portal=name, password_max_age_days=60, password_warning_days=5, sessions="refused")
    for fields, kind, place in (*IN_THE_WAY, *AT_ONE.get(name, ())):
        made = book.practice.account(name, **fields)
        if kind == "elsewhere":
            book.practice.post("/sessions", portal=name, user=made["user"])
        elif kind != "slow":
            _order(book, kind, place, **({} if place == "login" else {"user": made["user"]}))
        async with seat(made | {"slow": kind == "slow"}) as session:
            await _meet(book, taker, session, book.portal.login(session))
    if name == "tmhp":
        book.practice.post("/policy", portal=name, sign_in_page="basic")
        expired = {"password_set_at": (NOON - timedelta(days=61)).isoformat()}
        async with seat(book.practice.account(name, **expired)) as session:
            await _meet(book, taker, session, book.portal.login(session))


async def meet_what_comes_meanwhile(
    book: Book, seat: Callable[[dict[str, Any]], Any], taker: Taker, asked: EligibilityInquiry
) -> None:
    """Let the taker see the screens that end a question of somebody who is signed in."""
    assert book.portal.eligibility
    for fields, kind, place in MEANWHILE:
        made = book.practice.account(book.portal.name)
        async with seat(made) as session:
            await book.portal.login(session)
            book.practice.post("/accounts", portal=book.portal.name, user=made["user"], **fields)
            _order(book, kind, place, user=made["user"])
            await _meet(book, taker, session, book.portal.eligibility(session, asked))


async def meet_no_file(
    book: Book, seat: Callable[[dict[str, Any]], Any], taker: Taker, asked: EraDownloadInquiry
) -> None:
    """Let the taker see what is said in the place of a file, where the portal says something."""
    screen = _screen_named(book.portal.name, "NoFile")
    if screen is None or book.portal.era_download is None:
        return
    made = book.practice.account(book.portal.name)
    async with seat(made) as session:
        await book.portal.login(session)
        fault = {"portal": book.portal.name, "user": made["user"], "kind": "cut_before", "at": "era_file"}
        book.practice.post("/faults", **fault, times=None)
        await _meet(book, taker, session, book.portal.era_download(session, asked))
        await taker(session.page, screen(session.page))


def _order(book: Book, kind: str, place: str, **for_whom: str) -> None:
    with suppress(OrderRefusedError):  # a fault that this portal does not have
        if kind:
            book.practice.post("/faults", portal=book.portal.name, kind=kind, at=place, **for_whom)


async def _meet(book: Book, taker: Taker, session: Seat, flow: Awaitable[object]) -> None:
    try:
        await flow
    except PortalkeeperError as error:
        if screen := _screen_named(book.portal.name, error.screen or ""):
            await taker(session.page, screen(session.page))


def _screen_named(portal: str, name: str) -> Any:
    """The class of a failure screen, of the portal or of who signs in for it."""
    places = (f"payers.portals.{portal}", IDENTITY.get(portal, "nothing"))
    for module in [each for each in sys.modules if each.startswith(places) and each.endswith("screens")]:
        if found := getattr(sys.modules[module], name, None):
            return found
    return None
