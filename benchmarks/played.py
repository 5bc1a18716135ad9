"""Portals that are played: everything of `bots/` is real but the browser.

The engine asks the Desk for passwords as a session does, and hands them to a portal that counts them on disk, in the
process of whoever started the service; so a SIGKILL of the service takes nothing of the count along.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bots import now
from bots.desk import Desk, Failure, Grant, Order, Outcome, SignIn, Verdict
from flows.errors import InvalidCredentials, PortalkeeperError, PortalUnavailable, ScreenNotRecognised
from payers.model import Portal

LIMIT = 3
SHARE = {"outage": 0.04, "cut after counting": 0.015, "hang": 0.01, "changed page": 0.002, "session gone": 0.05}


class PlayedPortals:
    """What the portals counted: one line for each password that arrived, in a file per account."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(exist_ok=True)

    def submit(self, account: str, right: bool) -> bool:
        """A password arrives. It counts before anybody hears of it."""
        with (self._folder / account).open("a") as file:
            print("good" if right else "bad", file=file)
        return right and not self.locked(account)

    def locked(self, account: str) -> bool:
        """Whether so many wrong ones came in a row, ever."""
        row = most = 0
        for line in self.lines(account):
            row = 0 if line == "good" else row + 1
            most = max(most, row)
        return most >= LIMIT

    def lines(self, account: str) -> list[str]:
        """What arrived."""
        file = self._folder / account
        return file.read_text().split() if file.exists() else []

    def lockouts(self) -> list[str]:
        """The accounts that were locked."""
        return sorted(path.name for path in self._folder.iterdir() if self.locked(path.name))


class PlayedEngine:
    """In the place of `bots.engine.Engine`. `wrong` are the accounts whose stored password is an old one."""

    def __init__(self, folder: Path, vault: Any, faults: bool) -> None:
        plan = json.loads((folder / "plan.json").read_text())
        self._wrong = set(plan["wrong"])
        self._seed = plan["seed"]
        self._faults = faults
        self._portals = PlayedPortals(folder / "portals")
        self._vault = vault

    @asynccontextmanager
    async def seat(self, order: Order, portal: Portal, desk: Desk) -> AsyncIterator[Any]:
        """Nothing to sit on."""
        yield _Session()

    async def work(self, session: Any, order: Order, desk: Desk) -> Outcome:
        """One sign-in, with whatever the seed has in store for this account at this hour."""
        chance = random.Random(f"{self._seed} {order.account.name} {now.utc():%d %H:%M}")
        await asyncio.sleep(chance.random() * 0.01)
        try:
            fault = self._fault(chance)
            if fault == "outage":
                raise PortalUnavailable("the portal gives no answer")
            if fault == "changed page":
                raise ScreenNotRecognised("nothing that is known is on the page")
            if fault == "hang":
                await asyncio.sleep(0.3)
            if await desk.stored_state() is None or fault == "session gone":
                await self._sign_in(order.account.name, desk, lost=fault == "cut after counting")
                return Outcome(sign_in=SignIn.PASSWORD)
            return Outcome(sign_in=SignIn.STORED)
        except PortalkeeperError as error:
            return Outcome(failure=Failure.of(error))

    def _fault(self, chance: random.Random) -> str:
        if not self._faults:
            return ""
        kinds = [*SHARE, ""]
        return chance.choices(kinds, [*SHARE.values(), 1 - sum(SHARE.values())])[0]

    async def _sign_in(self, account: str, desk: Desk, *, lost: bool) -> None:
        refused = await desk.refused()
        password, _ = self._vault.next_password(account, refused)
        grant: Grant = await desk.grant_password(self._vault.fingerprint(account, password), proved=False)
        taken = self._portals.submit(account, account not in self._wrong)
        await asyncio.sleep(0.02)  # where a kill is worst: counted there, not known here
        if lost:
            await desk.close_attempt(grant.attempt, Verdict.UNKNOWN, 1)
            raise PortalUnavailable("the line was cut after the password had gone out")
        await desk.close_attempt(grant.attempt, Verdict.ACCEPTED if taken else Verdict.REFUSED, 1)
        if not taken:
            raise InvalidCredentials("the password was refused")
        await desk.signed_in(SignIn.PASSWORD)
        await desk.keep_state("c2VhbGVk")

    async def stop(self) -> None:
        """Nothing to stop."""


class _Session:
    async def sealed_state(self) -> str:
        return "c2VhbGVk"
