"""Playwright's errors in our own words.

Playwright quotes what was typed and whole addresses, so nothing of its text goes further: only the kind of
error, the network's error code and the locator that was waited for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from flows.errors import PortalChanged, PortalkeeperError, PortalUnavailable, WorkerLost

_NETWORK = re.compile(r"net::(ERR_[A-Z_]+)")
_LOCATOR = re.compile(r"waiting for ((?:frame_)?(?:locator|get_by_\w+)\(.*)")
_LONGEST = 120


@contextmanager
def translated(step: str, hidden: Collection[str] = ()) -> Iterator[None]:
    """Turn Playwright's errors inside the block into ours, without their text or their traceback.

    `hidden` are secrets that were handed out; not even a locator may spell one.
    """
    from playwright.async_api import Error

    try:
        yield
    except Error as error:
        raise _translate(error, step, hidden) from None


def _translate(error: Exception, step: str, hidden: Collection[str]) -> PortalkeeperError:
    text = str(error)
    for secret in hidden:
        text = text.replace(secret, "…").replace(json.dumps(secret)[1:-1], "…")
    if network := _NETWORK.search(text):
        return PortalUnavailable(f"the portal can't be reached ({network[1]}) while trying to {step}")
    if "closed" in text and type(error).__name__ == "TargetClosedError":
        return WorkerLost(f"the browser ended while trying to {step}")
    if "crashed" in text:
        return WorkerLost(f"the page crashed while trying to {step}")
    if found := _LOCATOR.search(text):
        locator = _without_numbers(found[1])
        return PortalChanged(f"could not {step}: {locator} did not come", locator=locator)
    return PortalChanged(f"could not {step}: the page did not react as expected")


def _without_numbers(locator: str) -> str:
    """A locator as screens.py spells it. Member data is never part of one; long numbers go all the same."""
    return re.sub(r"\d{3,}", "…", locator)[:_LONGEST]
