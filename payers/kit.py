"""What every portal module needs: arriving at a screen, and reading dates, money and labels."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Protocol, TypeVar

from flows.eligibility import Match
from flows.errors import AccessBlocked, AnswerUnreadable, PortalUnavailable, ScreenNotRecognised
from flows.parties import Member

if TYPE_CHECKING:
    from playwright.async_api import Frame, Locator, Page

SETTLE_SECONDS = 0.25


class Screen(Protocol):
    """One screen of a portal: locators, and a landmark that only this screen shows."""

    @property
    def landmark(self) -> Locator:
        """What proves that this screen is shown."""


class Overlay(Screen, Protocol):
    """Something in front of a screen that may simply be closed, such as a cookie banner."""

    @property
    def dismiss(self) -> Locator:
        """What closes it."""


S = TypeVar("S", bound=Screen)


async def arrive(
    page: Page, *screens: S, seconds: float, settle: float = SETTLE_SECONDS, overlays: Sequence[Overlay] = ()
) -> S:
    """Wait for one of `screens` and return the one that is shown.

    Screens are given in order of precedence, failures first: when several show at once, the first wins. A
    screen counts when its landmark is still visible after `settle` seconds in which the main frame did not
    navigate. `overlays` that are in front of it by then are closed. Raises `ScreenNotRecognised` naming the expected
    screens after `seconds`.
    """
    deadline = asyncio.get_running_loop().time() + seconds
    moves = _Moves(page)
    try:
        while (left := deadline - asyncio.get_running_loop().time()) > 0:
            if not await _any_visible(screens, left):
                break
            if settle:
                seen = moves.count
                await asyncio.sleep(settle)
                if moves.count != seen:
                    continue
            for screen in screens:
                if await shown(screen):
                    await clear(overlays)
                    return screen
    finally:
        moves.forget()
    names = ", ".join(type(screen).__name__ for screen in screens)
    raise ScreenNotRecognised(
        f"none of the expected screens came within {seconds:.0f} s: {names}", screen=type(screens[0]).__name__
    )


async def shown(screen: Screen) -> bool:
    """Whether the screen's landmark is visible now."""
    return await screen.landmark.filter(visible=True).count() > 0


async def clear(overlays: Sequence[Overlay]) -> None:
    """Close the overlays that are shown."""
    for overlay in overlays:
        if await shown(overlay):
            await overlay.dismiss.click()


async def _any_visible(screens: Sequence[Screen], seconds: float) -> bool:
    """Race one waiter per screen; whether one of them saw its landmark in time."""
    from playwright.async_api import TimeoutError as Slow  # noqa: PLC0415 - heavy; the matrix needs no browser

    waiters = [
        asyncio.ensure_future(
            screen.landmark.filter(visible=True).first.wait_for(state="visible", timeout=seconds * 1000)
        )
        for screen in screens
    ]
    try:
        for waiter in asyncio.as_completed(waiters):
            with suppress(Slow):
                await waiter
                return True
        return False
    finally:
        for pending in waiters:
            pending.cancel()
        await asyncio.gather(*waiters, return_exceptions=True)


class _Moves:
    """Counts the main frame's navigations while somebody waits for a screen."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.count = 0
        page.on("framenavigated", self._moved)

    def _moved(self, frame: Frame) -> None:
        if frame == self._page.main_frame:
            self.count += 1

    def forget(self) -> None:
        self._page.remove_listener("framenavigated", self._moved)


def phrase_in(text: str, phrases: Mapping[str, str]) -> str | None:
    """The id of the listed phrase that `text` holds, ignoring case and spacing; the longest when several do."""
    plain = " ".join(text.split()).casefold()
    found = [name for name, words in phrases.items() if words.casefold() in plain]
    return max(found, key=lambda name: len(phrases[name]), default=None)


def read_date(text: str, label: str) -> date:
    """A US or ISO date. Raises `AnswerUnreadable` naming `label`."""
    cleaned = text.strip()
    for form in ("%m/%d/%Y", "%Y-%m-%d", "%b %d, %Y", "%B %d, %Y"):
        try:
            return datetime.strptime(cleaned, form).date()  # noqa: DTZ007 - a calendar date has no zone
        except ValueError:
            continue
    raise AnswerUnreadable(f"{label} is not a date", locator=label)


_MONEY = re.compile(r"^-?\$?\s*-?[\d,]+(\.\d{1,2})?$")


def read_money(text: str, label: str) -> Decimal:
    """US dollars such as `$1,250.00`. Raises `AnswerUnreadable` naming `label`."""
    cleaned = text.strip()
    if not _MONEY.match(cleaned):
        raise AnswerUnreadable(f"{label} is not an amount of money", locator=label)
    try:
        return Decimal(re.sub(r"[$,\s]", "", cleaned)).quantize(Decimal("0.01"))
    except InvalidOperation:
        raise AnswerUnreadable(f"{label} is not an amount of money", locator=label) from None


def read_percent(text: str, label: str) -> Decimal:
    """A share such as `20%`, 0 to 100. Raises `AnswerUnreadable` naming `label`."""
    match = re.fullmatch(r"(\d{1,3}(?:\.\d+)?)\s*%", text.strip())
    if not match or Decimal(match[1]) > 100:
        raise AnswerUnreadable(f"{label} is not a percentage", locator=label)
    return Decimal(match[1])


def required(values: Mapping[str, str], label: str, screen: str) -> str:
    """The value beside `label`. Raises `AnswerUnreadable` when the page shows none."""
    value = values.get(label, "").strip()
    if not value:
        raise AnswerUnreadable(f"{screen} shows no {label}", screen=screen, locator=label)
    return value


async def visit(page: Page, address: str) -> None:
    """Open `address`. Raises `PortalUnavailable` on a 5xx answer and `AccessBlocked` on a 403."""
    response = await page.goto(address, wait_until="commit")
    status = response.status if response else 200
    if status >= 500:
        raise PortalUnavailable(f"the portal answers with status {status}")
    if status == 403:
        raise AccessBlocked("the portal refuses this address (status 403)")


async def cells(rows: Locator) -> list[list[str]]:
    """The texts of rows, child by child, in one look."""
    found: list[list[str]] = await rows.evaluate_all(
        "rows => rows.map(row => [...row.children].map(cell => cell.textContent.trim()))"
    )
    return found


async def pairs(rows: Locator) -> dict[str, str]:
    """The texts of rows that are a label and a value: {label: value}."""
    return {row[0].rstrip(":"): row[1] for row in await cells(rows) if len(row) > 1}


async def input_values(inputs: Locator) -> dict[str, str]:
    """What inputs hold, by id or else name, in one look."""
    found: dict[str, str] = await inputs.evaluate_all(
        "inputs => Object.fromEntries(inputs.map(input => [input.id || input.name, input.value]))"
    )
    return found


def whose_page(asked: Member, shown: Mapping[str, str | None]) -> Match:
    """Whether the person shown is the patient asked for.

    `shown` may hold member_id, last_name, first_name and birth_date (ISO); what is absent is not compared. A first
    name may be an initial or cut off. Nothing shown is *not shown*.
    """
    patient = asked.patient
    wanted = {
        "member_id": asked.member_id,
        "last_name": patient.last_name,
        "first_name": patient.first_name,
        "birth_date": patient.birth_date.isoformat(),
    }
    compared = {name: value for name, value in shown.items() if value}
    if not compared:
        return Match.NOT_SHOWN
    same = all(_same(value, wanted[name], cut=name == "first_name") for name, value in compared.items())
    return Match.EXACT if same else Match.DIFFERS


def _same(shown: str, wanted: str, *, cut: bool) -> bool:
    left, right = (re.sub(r"[^a-z0-9]", "", text.casefold()) for text in (shown, wanted))
    return left == right or (cut and bool(left) and bool(right) and (left.startswith(right) or right.startswith(left)))
