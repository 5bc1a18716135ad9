"""By which route the ERAs of a payer come for a payee: config/era_routes.csv."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from flows.errors import InputError

FILE = "era_routes.csv"
HEADINGS = ("payer", "payee", "route", "enrolled_on")


class Route(StrEnum):
    """How the 835s of a payer reach the organization."""

    PORTAL = "portal"
    CLEARINGHOUSE = "clearinghouse"
    BOTH = "both"
    PAPER = "paper"
    NOT_ENROLLED = "not enrolled"

    @property
    def by_portal(self) -> bool:
        """Whether they are fetched here, passed on, and missed when they do not come."""
        return self in (Route.PORTAL, Route.BOTH)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file; empty payer or payee fits any. `enrolled_on` is as it was written."""

    payer: str
    payee: str
    route: Route
    enrolled_on: str


@dataclass(frozen=True, slots=True)
class Routes:
    """All lines."""

    lines: tuple[Line, ...] = ()

    def find(self, payers: Collection[str], payees: Collection[str]) -> Route | None:
        """The route of a payer for a payee, each known by several names; None when no line fits.

        Without any line everything comes by portal.
        """
        payer_names, payee_names = ({name.casefold() for name in names if name} for names in (payers, payees))
        fitting = [
            line
            for line in self.lines
            if (not line.payer or line.payer in payer_names) and (not line.payee or line.payee in payee_names)
        ]
        if not self.lines:
            return Route.PORTAL
        return max(fitting, key=lambda line: (bool(line.payer), bool(line.payee))).route if fitting else None

    def elsewhere(self, payers: Collection[str]) -> bool:
        """Whether the 835s of a payer, known by several names, come another way, for whichever payee.

        False where a line that may fit says portal, or where none fits.
        """
        names = {name.casefold() for name in payers if name}
        fitting = [line for line in self.lines if line.payer in names]
        if all(line.payee for line in fitting):
            fitting += [line for line in self.lines if not line.payer]
        return bool(fitting) and not any(line.route.by_portal for line in fitting)

    def opens(self, payer: str, payee_npi: str, payee_tin: str) -> bool:
        """Whether a payment on a portal's list is opened, marked and missed: it comes so, or nobody has decided.

        `payer` is our name of it; a line with one of its electronic ids fits too.
        """
        if not self.lines:
            return True
        from payers.registry import listed_payers

        listed = listed_payers().get(payer)
        route = self.find((payer, *(listed.payer.payer_ids if listed else ())), (payee_npi, payee_tin))
        return route is None or route.by_portal


def load_routes(path: Path) -> Routes:
    """Read the file; no file is no line. InputError names the line and what was expected."""
    from bots.worklist.table import read_table

    if not path.exists():
        return Routes()
    table = read_table(path, known=HEADINGS.__contains__, comments=True)
    if tuple(heading.strip().casefold() for heading in table.headings) != HEADINGS:
        raise InputError(f"{path}, line {table.line}: expected the headings {','.join(HEADINGS)}")
    lines: dict[tuple[str, str], Line] = {}
    for number, cells in table.rows:
        payer, payee, route, enrolled_on = (cell.strip().casefold() for cell in cells)
        if route not in set(Route):
            raise InputError(f"{path}, line {number}: {route!r} is no route; expected one of {', '.join(Route)}")
        if (payer, payee) in lines:
            raise InputError(f"{path}, line {number}: payer and payee are listed twice; keep one of the lines")
        lines[payer, payee.replace("-", "")] = Line(payer, payee.replace("-", ""), Route(route), enrolled_on)
    return Routes(tuple(lines.values()))
