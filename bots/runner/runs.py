"""The rows of runs: written when a run starts, completed when it ends, with no PHI in them."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from bots import now
from bots.desk import Failure, SignIn
from bots.inventory import Inventory, stamp
from flows.errors import AccountHeld, error_classes


@dataclass(frozen=True)
class RunHead:
    """What is known of a run when it starts."""

    run_id: str
    account: str
    portal: str
    module_version: str


def new_run_id(at: datetime) -> str:
    """A run's id: its start in UTC and something random, so that ids sort by time."""
    return f"{at:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


def start_run(inventory: Inventory, head: RunHead, *, flow: str, source: str, by: str, questions: int) -> None:
    """Write the row of a run that begins."""
    with inventory.write() as db:
        db.table("runs").insert(
            {
                "id": head.run_id,
                "account": head.account,
                "portal": head.portal,
                "flow": flow,
                "source": source,
                "by": by,
                "module_version": head.module_version,
                "questions": questions,
                "started_at": stamp(now.utc()),
            }
        )


def end_run(
    inventory: Inventory, head: RunHead, sign_in: SignIn, failure: Failure | None, steps: dict[str, float]
) -> None:
    """Complete the row, and note a failure at the account, unless it was the guard that held it."""
    at = stamp(now.utc())
    with inventory.write() as db:
        why = failure or Failure(error="", message="")
        db.execute(
            """UPDATE runs SET ended_at = ?, sign_in = ?, error = nullif(?, ''), message = nullif(?, ''), phrase = ?,
               screen = ?, locator = ?, steps = ? WHERE id = ?""",
            (at, sign_in, why.error, why.message, why.phrase, why.screen, why.locator, json.dumps(steps), head.run_id),
        )
        if failure and not issubclass(error_classes()[failure.error], AccountHeld):
            db.execute(
                "UPDATE accounts SET last_failure_at = ?, last_failure = ?, last_failure_phrase = ? WHERE name = ?",
                (at, failure.error, failure.phrase, head.account),
            )


def lookups_today(inventory: Inventory, account: str) -> int:
    """How many questions the account has asked in the last 24 hours."""
    since = stamp(now.utc() - timedelta(days=1))
    row = inventory.row(
        "SELECT ifnull(sum(asked), 0) AS asked FROM runs WHERE account = ? AND started_at >= ?", (account, since)
    )
    return int(row["asked"]) if row else 0
