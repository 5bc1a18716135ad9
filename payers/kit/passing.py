"""Who looks on while a run passes the screens of a portal: whoever records them, and whoever watches for drift.

And who hears what a portal announces in front of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

Onlooker = Callable[["Page", Any], Awaitable[None]]
"""Called with the page and the screen that is shown now; with None once that screen has been worked with."""

_onlookers: ContextVar[tuple[Onlooker, ...]] = ContextVar("onlookers", default=())


@contextmanager
def looking_on(onlooker: Onlooker) -> Iterator[None]:
    """Let `onlooker` see each screen that is passed inside the block, in this task and those it starts."""
    token = _onlookers.set((*_onlookers.get(), onlooker))
    try:
        yield
    finally:
        _onlookers.reset(token)


async def pass_by(page: Page, screen: object = None) -> None:
    """Tell those who look on."""
    for onlooker in _onlookers.get():
        await onlooker(page, screen)


Hearer = Callable[[str], Awaitable[None]]
"""Called with the words of an overlay before it is closed. They are the portal's own: listed phrases only may leave."""

_hearer: ContextVar[Hearer | None] = ContextVar("hearer", default=None)


@contextmanager
def hearing(hearer: Hearer) -> Iterator[None]:
    """Let `hearer` hear what is announced inside the block, in this task and those it starts."""
    token = _hearer.set(hearer)
    try:
        yield
    finally:
        _hearer.reset(token)


async def announce(overlay: Locator) -> None:
    """Tell whoever hears. A page that goes on, or is closed, meanwhile is no trouble here."""
    from playwright.async_api import Error

    hearer, texts = _hearer.get(), list[str]()
    if hearer:
        with suppress(Error):
            texts = await overlay.all_inner_texts()
        await hearer(" ".join(texts))


def parts(screen: object) -> dict[str, Locator]:
    """The locators of a screen by their names."""
    from playwright.async_api import Locator

    found: dict[str, Locator] = {}
    for name, part in vars(screen).items():
        if isinstance(part, Locator):
            found[name] = part
        elif isinstance(part, dict):
            found |= {f"{name}.{key}": each for key, each in part.items() if isinstance(each, Locator)}
    return found
