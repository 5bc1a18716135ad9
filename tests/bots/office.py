"""An inventory with accounts and leases, for tests of the guard without a browser."""

from __future__ import annotations

from pathlib import Path

from bots import guard
from bots.brake import Limits
from bots.desk import Verdict
from bots.inventory import Inventory
from bots.inventory.accounts import add_account, checked_account
from bots.lease import Lease, _take
from payers.model import Policy, Portal

LIMITS = Limits(brake_refusals=3, alike_accounts=3, pause_minutes=15, sign_ins_per_day=100)


async def no_login(session: object) -> None:
    raise NotImplementedError


def portal(name: str = "availity", threshold: int | None = 3) -> Portal:
    return Portal(
        name=name,
        title=name,
        address="https://portal.example",
        version="1",
        policy=Policy(lockout_threshold=threshold),
        login=no_login,
    )


class Office:
    """One account `a` with its lease, or more of them."""

    def __init__(self, folder: Path) -> None:
        self.inventory = Inventory(folder / "inventory.db")
        self.folder = folder / "leases"
        self.held = self.add("a")

    def add(self, name: str, portal_name: str = "availity") -> Lease:
        row = checked_account({"name": name, "portal": portal_name, "user_id": f"u-{name}"}, [portal_name])
        add_account(self.inventory, row, [], by="test", at="2026-11-23T12:00:00.000+00:00")
        return self.lease(name)

    def lease(self, name: str = "a") -> Lease:
        return Lease(name, _take(self.inventory, name, f"run-{name}"), self.folder)

    def grant(
        self, password: str, where: Portal | None = None, *, held: Lease | None = None, automatic: bool = False
    ) -> int:
        lease = held or self.held
        run_id = f"run-{lease.account}"
        return guard.grant_password(
            self.inventory, lease, run_id, password, where or portal(), LIMITS, automatic=automatic
        ).attempt

    def close(self, attempt: int, verdict: Verdict, submissions: int = 1, *, held: Lease | None = None) -> None:
        lease = held or self.held
        guard.close_attempt(self.inventory, lease, f"run-{lease.account}", attempt, verdict, submissions, LIMITS)

    def attempt(
        self,
        password: str,
        verdict: Verdict,
        submissions: int = 1,
        *,
        held: Lease | None = None,
        where: Portal | None = None,
    ) -> None:
        self.close(self.grant(password, where, held=held), verdict, submissions, held=held)

    def sign_in(self, held: Lease | None = None) -> None:
        lease = held or self.held
        with self.inventory.write() as db:
            guard.signed_in(db, lease, f"run-{lease.account}")
