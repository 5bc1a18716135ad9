"""Rows of lists that never reach a portal, as needs: one for each payer code, and one for each payer without a way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bots.incidents import Kind
from bots.inventory import Inventory, stamp
from bots.no_routes import Why
from bots.report.model import Need
from bots.report.needs import KEEPER
from bots.report.standings import Zone, upper
from bots.report.words import plural
from bots.router import Router
from bots.settings import Settings
from bots.worklist import find_payer, is_marked, load_aliases
from flows.errors import InputError
from flows.parties import Organization
from payers.registry import listed_payers

WEEK = timedelta(days=7)
UNLISTED = "an unlisted payer code"
_WEEK = "SELECT * FROM no_routes WHERE at > ? AND at <= ? ORDER BY at"
_MAP = 'Add it to config/payer_aliases.csv, or mark it "not by portal" there.'
_DO = {
    Why.NOBODY: "add an account for it (pk account add), or take these rows out of the list",
    Why.SEVERAL: "name the account in the list's column account, or give one of them up",
    Why.NAMED: "correct the column account of these rows",
    Why.FLOW: "take these rows out of the list, and ask that payer another way",
}


def no_routes(inventory: Inventory, settings: Settings, closes: datetime, zone: Zone, at: datetime) -> list[Need]:
    """What a person has to map, mark or add, by the end of the office's day. Over once that is done, or after a week.

    `closes` is the end of the office's day.
    """
    until = at.astimezone(UTC)
    rows = inventory.rows(_WEEK, (stamp(until - WEEK), stamp(until)))
    if not rows:
        return []
    mapped, routed = _mapped(settings), _routed(inventory)
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if not (mapped(row["payer_code"]) if row["why"] == Why.CODE else routed(row)):
            groups[row["payer"], row["payer_code"]].append(row)
    return [_need(_Met(found), closes, zone, at) for found in groups.values()]


def _mapped(settings: Settings) -> Callable[[str], bool]:
    """Whether a code means a payer now, or was marked; while the file can't be read, none was."""
    payers = {name: entry.payer for name, entry in listed_payers().items()}
    try:
        aliases = load_aliases(settings.config / "payer_aliases.csv")
    except InputError:
        aliases = {}

    def mapped(code: str) -> bool:
        try:
            return bool(code) and (is_marked(code, aliases) or bool(find_payer(code, payers, aliases)))
        except InputError:
            return False

    return mapped


def _routed(inventory: Inventory) -> Callable[[dict[str, Any]], bool]:
    """Whether rows would find their one account now."""
    router, listed = Router(inventory), listed_payers()

    def routed(row: dict[str, Any]) -> bool:
        payer = listed.get(row["payer"])
        if payer is None:
            return True
        if row["why"] in (Why.FLOW, Why.NAMED):
            return row["why"] == Why.FLOW and row["flow"] in payer.portal.offers()
        organization = Organization(name=row["organization"], tin=row["tin"])
        return len(router.accounts_for(payer, organization, row["npi"])) == 1

    return routed


@dataclass(frozen=True)
class _Met:
    """The rows of one need, oldest first."""

    rows: Sequence[dict[str, Any]]

    @property
    def newest(self) -> list[dict[str, Any]]:
        """Those of the last day on which there were any."""
        return [row for row in self.rows if row["day"] == self.rows[-1]["day"]]

    def told(self) -> str:
        """How many of which lists were not asked the last time."""
        flows = " and ".join(sorted({row["flow"].replace("_", " ") for row in self.newest}))
        day = date.fromisoformat(self.rows[-1]["day"])
        return f"{plural(sum(row['rows'] for row in self.newest), 'row')} of {day:%a %d %b} not asked ({flows})"

    def this_week(self) -> str:
        """How often that was within a week."""
        number = sum(row["rows"] for row in self.rows)
        ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
        return f"{number:,}{ending} row this week"


def _need(met: _Met, closes: datetime, zone: Zone, at: datetime) -> Need:
    row = met.rows[-1]
    parts = _of_code(met) if row["why"] == Why.CODE else _of_payer(met)
    return Need(
        state="NO ROUTE",
        error="InputError",
        since=zone(row["at"]) or at,
        portal_words="",
        who=KEEPER,
        flows=tuple(sorted({one["flow"] for one in met.rows})),
        costs_from=closes,
        age=met.this_week(),
        kind=Kind.NO_ROUTE,
        **parts,
    )


def _of_code(met: _Met) -> dict[str, str]:
    code = met.rows[-1]["payer_code"]
    look = "" if code else "See reason_not_answered in the answers file: is it a payer's code at all? "
    return {
        "what": f'payer code "{code}"' if code else UNLISTED,
        "portal": "",
        "worker": f"{met.told()}: no payer is known by this code.",
        "do": f"{look}{_MAP}",
    }


def _of_payer(met: _Met) -> dict[str, str]:
    listed = listed_payers()[met.rows[-1]["payer"]]
    whys = list(dict.fromkeys(Why(row["why"]) for row in met.rows))
    names = sorted({row["organization"] for row in met.rows if row["organization"]})
    whom = f" for {', '.join(names[:3])}{' and others' if len(names) > 3 else ''}" if names else ""
    said = {
        Why.NOBODY: f"no account asks it on {listed.portal.title}{whom}",
        Why.SEVERAL: f"more than one account asks it{whom}",
        Why.NAMED: "the account that the list names may not ask it",
        Why.FLOW: f"{listed.portal.title} does not offer that",
    }
    steps = "; ".join(_DO[why] for why in whys)
    return {
        "what": listed.payer.title,
        "portal": listed.portal.title,
        "worker": f"{met.told()}: {'; '.join(said[why] for why in whys)}.",
        "do": f"{upper(steps)}.",
    }
