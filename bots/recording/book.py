"""The folder of recordings: a page, and beside it the question and what must be read.

A `.json` without `reads` waits to be accepted. Its line `recorded` says where the page came from (*sandbox* or *real*),
on which day, and with which version of the module; without one it is the sandbox's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.errors import InputError

CHECKOUT = Path(__file__).parents[2]
PAGES = CHECKOUT / "recordings" / "pages"
REAL, SANDBOX = "real", "sandbox"


@dataclass(frozen=True)
class Recording:
    """One page of one portal, by the place of its `.json`."""

    path: Path

    @property
    def portal(self) -> str:
        """The portal's name."""
        return self.path.parent.name

    @property
    def name(self) -> str:
        """`SCREEN--CASE`."""
        return self.path.stem

    @property
    def said(self) -> dict[str, Any]:
        """The question, and what must be read. Raises `InputError` when the file can't be understood."""
        try:
            said = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"{self.path} can't be read: {error}") from None
        if not isinstance(said, dict) or "flow" not in said:
            raise InputError(f"{self.path} is no recording: it names no flow")
        return said

    @property
    def html(self) -> str:
        """The page."""
        try:
            return self.path.with_suffix(".html").read_text(encoding="utf-8")
        except OSError:
            raise InputError(f"the page of {self.path} is missing") from None

    @property
    def recorded(self) -> tuple[str, str, str]:
        """Where the page came from, on which day, and the version of the module then."""
        source, day, version = [*str(self.said.get("recorded", SANDBOX)).split(), "", ""][:3]
        return source, day, version

    def write(self, said: dict[str, Any]) -> None:
        """Put the question and the reading on disk."""
        self.path.write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def recordings(pages: Path = PAGES) -> list[Recording]:
    """All recordings of a folder; none where there is no folder."""
    return [Recording(path) for path in sorted(pages.glob("*/*.json"))]


def find_recording(named: str, pages: Path = PAGES) -> Recording:
    """The recording `PORTAL/SCREEN--CASE`. Raises `InputError` that lists those of the portal."""
    portal, _, name = named.removesuffix(".html").removesuffix(".json").partition("/")
    there = [each for each in recordings(pages) if each.portal == portal]
    for each in there:
        if each.name == name:
            return each
    names = ", ".join(each.name for each in there) or "none of that portal"
    raise InputError(f"there is no recording {named!r} (say PORTAL/SCREEN--CASE); there are: {names}")


def new_recording(portal: str, screen: str, case: str, html: str, said: dict[str, Any], pages: Path) -> Recording:
    """Put a scrubbed page into the folder, by a name that nothing there has."""
    folder, number = pages / portal, 1
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{screen}--{case}"
    while any((folder / f"{name}{end}").exists() for end in (".html", ".json")):
        number += 1
        name = f"{screen}--{case}-{number}"
    (folder / f"{name}.html").write_text(html, encoding="utf-8")
    recording = Recording(folder / f"{name}.json")
    recording.write(said)
    return recording


def recorded_pairs(pages: Path = PAGES) -> dict[tuple[str, str], str]:
    """The portals and flows with an accepted good page of the real portal, and the newest day of one."""
    found: dict[tuple[str, str], str] = {}
    for each in recordings(pages):
        said, (source, day, _) = each.said, each.recorded
        if source == REAL and said.get("outcome") == "good" and "reads" in said:
            pair = each.portal, said["flow"]
            found[pair] = max(day, found.get(pair, ""))
    return found
