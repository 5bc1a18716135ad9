"""An incident for each need that has none of its own, so that a person can take it, put it aside or close it.

An account that is held or has no password, one whose runs fail, a deadline: each opens one incident, which closes by
itself once the report needs nobody for it any more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from bots.desk import Failure
from bots.incidents import OF_THE_REPORT, Kind, close_incident, open_incident, open_ones
from bots.inventory import Inventory
from bots.report.model import Need
from bots.report.standings import Zone, of_incident, put_aside
from payers import registry

WORKER = "worker"
_Key = tuple[str, str]  # kind and words
MOST = 200  # opened at once; where more need somebody the trouble is one, such as a vault that is not there yet
_SETTLED = """SELECT kind, message, max(closed_at) AS at FROM incidents WHERE kind IN (?, ?) AND closed_at IS NOT NULL
    AND closed_by <> ? GROUP BY kind, message"""
_MET_AGAIN = (Kind.FAILING, Kind.NO_ROUTE)


def words_of(need: Need) -> str:
    """By which the incident of a need is known again."""
    return f"{need.what}: {need.state}"


def unsettled(inventory: Inventory, found: Sequence[Need], zone: Zone) -> list[Need]:
    """The needs without failures and lists that a person closed and that were not met again since."""
    rows = inventory.rows(_SETTLED, (*_MET_AGAIN, WORKER))
    settled = {(row["kind"], row["message"]): zone(row["at"]) for row in rows}

    def over(need: Need) -> bool:
        at = settled.get((need.kind, words_of(need)))
        return at is not None and need.since <= at

    return [need for need in found if not over(need)]


def take_up(inventory: Inventory, found: Sequence[Need], accounts: Collection[str]) -> None:
    """Open what is new, close what is over. `accounts` are the names by which a need is known to be an account's."""
    wanted = {(need.kind, words_of(need)): need for need in found}
    if not any(_changes(inventory, wanted)):
        return
    titles = {portal.title: name for name, portal in registry.portals().items()}
    with inventory.write() as db:
        fresh, over = _changes(db, wanted)  # looked at again, for another report may be made at the same time
        for need in fresh:
            place = {"account": need.what} if need.what in accounts else {"portal": titles.get(need.portal)}
            failure = Failure(error=need.error, message=words_of(need))
            open_incident(db, Kind(need.kind), failure, by=WORKER, beside_others=True, **place)
        for row in over:
            close_incident(db, row, by=WORKER, because="it needs nobody any more")


def _changes(source: Inventory | Any, wanted: Mapping[_Key, Need]) -> tuple[list[Need], list[dict[str, Any]]]:
    """The needs that have no incident yet, and the incidents that no need is left for."""
    opened = {_key(row): row for row in _opened(source)}
    fresh = [need for key, need in wanted.items() if key not in opened][:MOST]
    return fresh, [row for key, row in opened.items() if key not in wanted]


def with_incidents(inventory: Inventory, found: Sequence[Need], zone: Zone, at: str) -> list[Need]:
    """The needs with their incidents: since when, and who looks after them. Those that are put aside are left out."""
    opened = {_key(row): row for row in _opened(inventory)}
    known = [(need, opened.get((need.kind, words_of(need)))) for need in found]
    return [_joined(need, row, zone) if row else need for need, row in known if not put_aside(row, at)]


def _joined(need: Need, row: dict[str, Any], zone: Zone) -> Need:
    opened: datetime = zone(row["opened_at"]) or need.since
    return need.model_copy(update={"since": min(need.since, opened), **of_incident(row)})


def _opened(source: Inventory | Any) -> list[dict[str, Any]]:
    return [row for row in open_ones(source) if row["kind"] in OF_THE_REPORT]


def _key(row: dict[str, Any]) -> _Key:
    return row["kind"], row["message"]
