"""An inventory to be reported on, filled by tests of the report, its delivery and alerts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bots import freezes
from bots.desk import Failure
from bots.inventory import Inventory, stamp
from bots.report import Report, gather, render_text
from payers import registry
from payers.model import AccountState, Policy, Portal, WayBack

AT = datetime(2026, 11, 24, 5, 40, tzinfo=ZoneInfo("America/New_York"))
FINE = "fine-one"
NEEDLE = "NEEDLE.User77"
HELP_DESK = WayBack(who="the help desk", how="call it", have_ready="the TIN", source="a page")
REFUSED = "The user ID / password combination was not recognized"


class World:
    """An inventory to be reported on, filled by tests."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self.vault: set[str] = set()
        self.service_running = True
        self._count = 0

    def account(self, name: str, *, portal: str = "east", vault: bool = True, **columns: str) -> str:
        row = {"name": name, "portal": portal, "kind": "worker", "user_id": f"{NEEDLE}-{name}", **columns}
        with self.inventory.write() as db:
            db.table("accounts").insert(row)
        if vault:
            self.vault.add(name)
        return name

    def run(
        self, account: str, *, hours: float = 2, error: str | None = None, flow: str = "login", **columns: object
    ) -> str:
        """A run that ended so many hours before the report; a good one signs in."""
        self._count += 1
        ended = stamp((AT - timedelta(hours=hours)).astimezone(UTC))
        row = {
            "id": f"run-{self._count}",
            "account": account,
            "portal": "east",
            "flow": flow,
            "source": "service",
            "by": "service",
            "module_version": "1",
            "started_at": ended,
            "ended_at": ended,
            "sign_in": "none" if error else "stored",
            "questions": 0,
            "error": error,
            "message": "our own words" if error else None,
            **columns,
        }
        with self.inventory.write() as db:
            db.table("runs").insert(row)
            if not error:
                db.execute("UPDATE accounts SET last_good_sign_in_at = ? WHERE name = ?", (ended, account))
        return str(row["id"])

    def submission(self, account: str, verdict: str, *, hours: float = 2, kind: str = "password") -> None:
        with self.inventory.write() as db:
            db.table("ledger").insert(
                {
                    "account": account,
                    "kind": kind,
                    "fingerprint": "f1",
                    "opened_at": stamp((AT - timedelta(hours=hours)).astimezone(UTC)),
                    "verdict": verdict,
                    "submissions": 1,
                }
            )

    def freeze(
        self, account: str, error: str, *, phrase: str | None = None, by: str = "worker", words: str = "why"
    ) -> None:
        failure = Failure(error=error, message=words, phrase=phrase)
        freezes.freeze(self.inventory, account, failure, by=by, fingerprint="f1")
        with self.inventory.write() as db:
            opened = stamp((AT - timedelta(hours=2)).astimezone(UTC))
            db.execute("UPDATE incidents SET opened_at = ? WHERE account = ?", (opened, account))

    def due(self, account: str, state: str, *, hours: float = 2, cause: str | None = None) -> None:
        at = stamp((AT - timedelta(hours=hours)).astimezone(UTC))
        ended = None if state in ("due", "running") else at
        with self.inventory.write() as db:
            db.execute(
                """INSERT INTO due (schedule, account, flow, due_at, written_at, state, cause, ended_at)
                   VALUES ('mornings', ?, 'login', ?, ?, ?, ?, ?)""",
                (account, at, at, state, cause, ended),
            )

    def refused(self, name: str = "east-main", **columns: str) -> str:
        self.account(name, portal="east", vault=True, **columns)
        self.submission(name, "refused")
        self.run(name, error="InvalidCredentials", phrase="refused", screen="Refused", sign_in="password")
        self.freeze(name, "InvalidCredentials", phrase="refused")
        return name

    def fine(self, name: str = FINE) -> str:
        self.account(name, owner="billing lead")
        self.run(name)
        self.due(name, "done")
        return name

    def gather(self, at: datetime = AT, **more: Any) -> Report:
        return gather(self.inventory, self.vault, at, service_running=self.service_running, **more)

    def text(self) -> str:
        return render_text(self.gather())


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    async def sign_in(session: object) -> None:
        raise AssertionError("nothing here signs in")

    def portal(name: str, policy: Policy) -> Portal:
        return Portal(
            name=name,
            title=f"{name.title()} Portal",
            address="https://x.example",
            version="1",
            policy=policy,
            login=sign_in,
            phrases={"refused": REFUSED, "locked": "Your account has been locked"},
        )

    portals = {
        "east": portal("east", Policy()),
        "west": portal("west", Policy(lockout_threshold=5, ways_back={AccountState.LOCKED: HELP_DESK})),
    }
    monkeypatch.setattr(registry, "portals", lambda: portals)
    inventory = Inventory(tmp_path / "inventory.db")
    yield World(inventory)
    inventory.close()
