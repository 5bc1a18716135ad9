"""Record the screens that a portal's flows only pass: forms, choices, code boxes, agreements."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

from bots.recording.reading import load, read
from bots.recording.taking import ALERTS, READ, Taker
from flows.errors import PortalkeeperError
from tests.record_pages import NOON, Book

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
    ({}, "security_question", "sign_in"),
    ({"locked": True}, "", ""),
    ({"disabled": True}, "", ""),
    ({"password_set_at": (NOON - timedelta(days=61)).isoformat()}, "", ""),
    ({"password_set_at": (NOON - timedelta(days=58)).isoformat()}, "", ""),
    ({}, "elsewhere", ""),
)
IDENTITY = {"uhc": "payers.identity.one_healthcare_id", "tmhp": "payers.identity.okta"}


async def meet_what_stands_in_the_way(book: Book, seat: Callable[[dict[str, Any]], Any], taker: Taker) -> None:
    """Let the taker see the screens of a refused or interrupted sign-in; the portal has new rules afterwards."""
    name = book.portal.name
    book.practice.post("/policy", portal=name, password_max_age_days=60, password_warning_days=5, sessions="refused")
    for fields, kind, place in IN_THE_WAY:
        made = book.practice.account(name, **fields)
        if kind == "elsewhere":
            book.practice.post("/sessions", portal=name, user=made["user"])
        elif kind:
            for_whom = {} if place == "login" else {"user": made["user"]}
            with suppress(HTTPError):  # a fault that this portal does not have
                book.practice.post("/faults", portal=name, kind=kind, at=place, **for_whom)
        async with seat(made) as session:
            try:
                await book.portal.login(session)
            except PortalkeeperError as error:
                if screen := _screen_named(name, error.screen or ""):
                    await taker(session.page, screen(session.page))


def _screen_named(portal: str, name: str) -> Any:
    """The class of a failure screen, of the portal or of who signs in for it."""
    places = (f"payers.portals.{portal}", IDENTITY.get(portal, "nothing"))
    for module in [each for each in sys.modules if each.startswith(places) and each.endswith("screens")]:
        if found := getattr(sys.modules[module], name, None):
            return found
    return None
