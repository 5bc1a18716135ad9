"""Accepting a recording: what its portal's readers make of the page becomes what they are held to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from bots.browser import Host, find_browser
from bots.recording.book import Recording
from bots.recording.reading import load, read
from bots.settings import Settings


@dataclass(frozen=True)
class Reading:
    """What a page is read as now, and what it was accepted as (None: never)."""

    recording: Recording
    now: dict[str, Any]
    before: dict[str, Any] | None

    def differences(self) -> list[str]:
        """Field by field, what has changed."""
        old, new = dict(_flat(self.before or {})), dict(_flat(self.now))
        names = [*new, *(name for name in old if name not in new)]
        gone = "(nothing)"
        return [
            f"{name}: {old.get(name, gone)} -> {new.get(name, gone)}"
            for name in names
            if old.get(name) != new.get(name)
        ]

    def accept(self) -> None:
        """Write it beside the page."""
        self.recording.write(self.recording.said | {"reads": self.now})


async def read_again(recordings: Iterable[Recording], settings: Settings) -> list[Reading]:
    """Each of them as it is read now, in a browser without network."""
    host = await Host.start(find_browser(settings.browser_executable), sandbox=settings.browser_sandbox)
    found = []
    try:
        async with host.context(None) as (context, _):
            await context.set_offline(True)
            context.set_default_timeout(2000)
            page = await context.new_page()
            for each in recordings:
                said, screen = each.said, each.name.partition("--")[0]
                await load(page, each.portal, each.html, screen, said.get("frame", ""))
                found.append(Reading(each, await read(page, each.portal, said), said.get("reads")))
    finally:
        await host.stop()
    return found


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _flat(each, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for number, each in enumerate(value, 1):
            yield from _flat(each, f"{name} {number}")
    else:
        yield name, value
