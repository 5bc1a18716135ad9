"""Held answers: what they were counted as, which wait for a person, and what the person decided.

Counts are kept per payer, flow, day and run, without member data. A hold is of one run's answers from one payer: while
it is undecided, and when it was *discarded*, these answers are not handed out and do not become part of the usual.
*Released* ones are as good as any, and for a day the person vouches for what looked odd.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any, Literal

from bots import now
from bots.desk import Failure
from bots.incidents import Kind, close_incident, incident_name, open_incident, open_ones
from bots.inventory import Inventory, stamp
from bots.plausibility import Counts, Oddity
from flows.errors import AnswersHeld, InputError

HISTORY = timedelta(days=30)
VOUCHED = timedelta(days=1)
Decision = Literal["released", "discarded"]

_USUAL = """SELECT word, sum(answers) AS answers FROM outcomes AS o WHERE payer = ? AND flow = ? AND day >= ?
    AND NOT EXISTS (SELECT 1 FROM holds AS h WHERE h.run_id = o.run_id AND h.payer = o.payer
    AND h.decided IS NOT 'released') AND run_id NOT IN ({without}) GROUP BY word"""
_COUNT = """INSERT INTO outcomes (payer, flow, day, run_id, word, answers) VALUES (?, ?, ?, ?, ?, 1)
    ON CONFLICT DO UPDATE SET answers = answers + 1"""
_OPEN = """SELECT i.*, (SELECT ifnull(sum(o.answers), 0) FROM holds AS h JOIN outcomes AS o
    ON o.run_id = h.run_id AND o.payer = h.payer WHERE h.incident = i.id) AS answers
    FROM incidents AS i WHERE kind = 'hold' AND closed_at IS NULL ORDER BY id"""


def count_answer(db: Any, run_id: str, payer: str, flow: str, word: str) -> None:
    """Count one answer of a run, inside the caller's transaction."""
    db.execute(_COUNT, (payer, flow, stamp(now.utc())[:10], run_id, word))


def usual(inventory: Inventory, payer: str, flow: str, without: Collection[str] = ()) -> Counts:
    """The outcomes of the last 30 days, `without` those of some runs."""
    sql = _USUAL.format(without=", ".join("?" * len(without)))
    since = stamp(now.utc() - HISTORY)[:10]
    return {row["word"]: row["answers"] for row in inventory.rows(sql, (payer, flow, since, *without))}


def vouched(inventory: Inventory, payer: str, flow: str) -> set[str]:
    """What a person has released within a day: it is not odd again so soon."""
    sql = "SELECT word FROM holds WHERE payer = ? AND flow = ? AND decided = 'released' AND decided_at > ?"
    return {row["word"] for row in inventory.rows(sql, (payer, flow, stamp(now.utc() - VOUCHED)))}


def withheld(inventory: Inventory) -> set[tuple[str, str]]:
    """The runs, each with a payer, whose answers are not handed out."""
    rows = inventory.rows("SELECT run_id, payer FROM holds WHERE decided IS NOT 'released'")
    return {(row["run_id"], row["payer"]) for row in rows}


def ended_early(inventory: Inventory, run_ids: Collection[str]) -> set[str]:
    """Those of the runs that did not come to their end, and about whose answers no person has decided."""
    marks = ", ".join("?" * len(run_ids))
    sql = f"SELECT id FROM runs WHERE id IN ({marks}) AND (ended_at IS NULL OR error IS NOT NULL)"
    rows = inventory.rows(f"{sql} AND id NOT IN (SELECT run_id FROM holds)", tuple(run_ids))
    return {row["id"] for row in rows}


def hold(inventory: Inventory, payer: str, flow: str, runs: Collection[str], oddity: Oddity) -> Failure:
    """Hold what `runs` had from a payer; one incident is open for a payer and flow. The failure of a held row."""
    failure = Failure(error=AnswersHeld.__name__, message=f"{payer}: {oddity.words}")
    with inventory.write() as db:
        open_incident(db, Kind.HOLD, failure, by="worker", payer=payer, flow=flow)
        [incident] = [row for row in open_ones(db, Kind.HOLD) if (row["payer"], row["flow"]) == (payer, flow)]
        for run_id in runs:
            db.execute(
                "INSERT OR IGNORE INTO holds (run_id, payer, flow, incident, word) VALUES (?, ?, ?, ?, ?)",
                (run_id, payer, flow, incident["id"], oddity.word),
            )
    return _failure(incident)


def held_payers(inventory: Inventory, flow: str) -> dict[str, Failure]:
    """Whom no batch asks now, by name, with the failure of their rows."""
    return {row["payer"]: _failure(row) for row in open_ones(inventory, Kind.HOLD) if row["flow"] == flow}


def _failure(incident: dict[str, Any]) -> Failure:
    name = incident_name(incident)
    return Failure(
        error=AnswersHeld.__name__, message=f"{incident['message']}; a person decides: pk held list ({name})"
    )


def open_holds(inventory: Inventory) -> list[dict[str, Any]]:
    """Open incidents of held answers, oldest first, with how many `answers` wait."""
    return inventory.rows(_OPEN)


def decide(inventory: Inventory, incident: dict[str, Any], decision: Decision, *, by: str, because: str) -> None:
    """Release or discard the answers of an incident, and close it. Raises `InputError` when it holds none now."""
    if incident["kind"] != Kind.HOLD:
        raise InputError(f"{incident_name(incident)} is a {incident['kind']} and holds no answers; see: pk held list")
    if incident["closed_at"]:
        raise InputError(f"{incident_name(incident)} is closed already: {incident['because']}")
    with inventory.write() as db:
        db.execute(
            "UPDATE holds SET decided = ?, decided_at = ? WHERE incident = ? AND decided IS NULL",
            (decision, stamp(now.utc()), incident["id"]),
        )
        close_incident(db, incident, by=by, because=f"answers {decision}: {because}")
