"""Arriving at a screen: opening an address, and waiting for what comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import reduce
from typing import TYPE_CHECKING, Protocol, TypeVar

from flows.errors import AccessBlocked, PortalkeeperError, PortalUnavailable, ScreenNotRecognised
from payers.kit.passing import announce, pass_by

if TYPE_CHECKING:
    from playwright.async_api import Frame, Locator, Page, Response

    from flows.session import Session

SETTLE_SECONDS = 0.25
FIRST_LOOK_SECONDS = 0.5
LONGEST_LOOK_SECONDS = 2.0
BROWSERS_OWN = "chrome-error:"  # the page in place of one that did not come


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


class AnyOf:
    """Screens of one frame that are looked for in one look; for failures, which hardly ever come."""

    def __init__(self, *screens: Screen) -> None:
        self.screens = screens
        self.landmark = reduce(lambda all_so_far, each: all_so_far.or_(each), [each.landmark for each in screens])

    async def which(self) -> Screen:
        """The first of them that is shown now."""
        for screen in self.screens:
            if await shown(screen):
                return screen
        raise ScreenNotRecognised("a screen came and went before it could be told", screen="AnyOf")


async def reach(
    page: Page,
    *screens: S,
    failures: Sequence[AnyOf],
    meaning: Callable[[Screen], PortalkeeperError],
    seconds: float,
    settle: float = SETTLE_SECONDS,
    overlays: Sequence[Overlay] = (),
) -> S:
    """Arrive at one of `screens`; raise the `meaning` of a failure screen that is shown instead.

    Failures are looked for every now and then while no screen comes: a waiter for each of them would cost more than
    the rest of a question. A screen that had to settle is looked at beside the failures, which win. The browser's own
    error page, as it comes for a form that got no answer, is `PortalUnavailable`.
    """
    clock = asyncio.get_running_loop().time
    deadline, patience = clock() + seconds, FIRST_LOOK_SECONDS
    screen: S | None = None
    while screen is None and (left := deadline - clock()) > 0:
        with suppress(ScreenNotRecognised):
            screen = await arrive(page, *screens, seconds=min(left, patience), settle=settle, overlays=overlays)
        for failure in failures if settle or screen is None else ():
            if await shown(failure):
                raise meaning(await failure.which())
        if page.url.startswith(BROWSERS_OWN):
            raise PortalUnavailable("the connection was cut under a page that was on its way")
        patience = min(2 * patience, LONGEST_LOOK_SECONDS)
    if screen is None:
        raise _nothing_came(screens, seconds)
    return screen


async def arrive(
    page: Page, *screens: S, seconds: float, settle: float = SETTLE_SECONDS, overlays: Sequence[Overlay] = ()
) -> S:
    """Wait for one of `screens` and return the one that is shown.

    Screens are given in order of precedence, failures first: when several show at once, the first wins. A
    screen counts when its landmark is still visible after `settle` seconds in which the main frame did not
    navigate. `overlays` that are in front of it by then are closed. Raises `ScreenNotRecognised` after `seconds`,
    naming the expected screens; the last of them is the one that was wanted most.
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
                if (len(screens) == 1 and not settle) or await shown(screen):
                    await clear(overlays)
                    await pass_by(page, screen)
                    return screen
    finally:
        moves.forget()
    raise _nothing_came(screens, seconds)


def _nothing_came(screens: Sequence[Screen], seconds: float) -> ScreenNotRecognised:
    names = [type(screen).__name__ for screen in screens]
    return ScreenNotRecognised(
        f"none of the expected screens came within {seconds:.0f} s: {', '.join(names)}", screen=names[-1]
    )


async def shown(screen: Screen) -> bool:
    """Whether the screen's landmark is visible now."""
    return await screen.landmark.filter(visible=True).count() > 0


async def comes(part: Locator, seconds: float) -> bool:
    """Whether one such part is visible within `seconds`."""
    from playwright.async_api import TimeoutError as Slow  # heavy, and the matrix needs no browser

    try:
        await part.filter(visible=True).first.wait_for(state="visible", timeout=seconds * 1000)
    except Slow:
        return False
    return True


async def tell_drift(session: Session, screen: Screen, first_ways: Mapping[str, Locator]) -> None:
    """Tell which parts of a screen are not found any more in the first way there is to find them."""
    gone = [name for name, locator in first_ways.items() if not await locator.count()]
    if gone:
        await session.notice("drift", f"{type(screen).__name__}: {', '.join(gone)}")


async def clear(overlays: Sequence[Overlay]) -> None:
    """Close the overlays that are shown."""
    for overlay in overlays:
        if await shown(overlay):
            await announce(overlay.landmark)
            await overlay.dismiss.click()


async def _any_visible(screens: Sequence[Screen], seconds: float) -> bool:
    """Race one waiter per screen; whether one of them saw its landmark in time."""
    waiters = [asyncio.ensure_future(comes(screen.landmark, seconds)) for screen in screens]
    try:
        for waiter in asyncio.as_completed(waiters):
            if await waiter:
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


async def visit(page: Page, address: str, failures: Sequence[Screen] = ()) -> Response | None:
    """Open `address`; the answer with which the page came.

    Raises `PortalUnavailable` on a 5xx answer and `AccessBlocked` on a 403, unless the page that came with it is one
    of `failures`, which tell more (a captcha comes with 403 too).
    """
    response = await page.goto(address, wait_until="commit")
    status = response.status if response else 200
    if status < 500 and status != 403:
        return response
    await page.wait_for_load_state()
    for screen in failures:
        if await shown(screen):
            return response
    if status == 403:
        raise AccessBlocked("the portal refuses this address (status 403)")
    raise PortalUnavailable(f"the portal answers with status {status}")
