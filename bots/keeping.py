"""What the worker does by itself to keep an account: what the due list promises, and a change of an expired password.

The due list (`bots.outlook`) decides whether an account may be kept and when something is due; what it says of the
worker there is done here, so that the list and the deed can't differ.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from bots.backup import make_backup
from bots.change_notices import ChangeNotices
from bots.clock import Due, Schedule, rows
from bots.clock.office_days import FILE, OfficeDays, load_office_days
from bots.desk import Answer, Failure
from bots.inventory import Inventory
from bots.lists import ListsOfARow
from bots.morning import send_report
from bots.outlook import DueKind, account_of, due_now
from bots.payees import Wanted, era_questions
from bots.runner import PastExpiry, RunHead, Runner, RunResult
from bots.runner.password_change import change_password
from bots.sealing import load_key
from bots.settings import Settings
from bots.sign_offs import why_not_unattended
from bots.vault import Vault

SERVICE = "service"


@dataclass(frozen=True)
class Keeper:
    """Runs flows for the service. `keep` changes a password that expires soon, or signs in before the idle limit."""

    runner: Runner
    inventory: Inventory
    vault: Vault
    settings: Settings

    async def run(self, account: str, flow: str) -> RunResult:
        """Run a flow for an account; what a portal does is in the result. `keep` may have nothing to do."""
        match flow:
            case rows.KEEP:
                return await self._keep(account)
            case rows.ERAS:
                return await self._fetch_eras(account)
        return await self.runner.run(account, flow)

    def hindrance(self, row: Due) -> str:
        """Why the row may not run unattended; empty when it may. The accounts of a list are asked one by one."""
        return why_not_unattended(self.inventory, self.settings, row.account, row.flow) if row.account else ""

    async def work(self, row: Due, schedule: Schedule) -> str | None:
        """Ask a list, or look after the house. Why it did not go well, if it did not."""
        unattended = partial(why_not_unattended, self.inventory, self.settings)
        days = load_office_days(self.settings.config / FILE)
        return await self._work(schedule, row.due_at, days, by=SERVICE, unattended=unattended)

    async def by_hand(
        self, schedule: Schedule, at: datetime, days: OfficeDays, *, by: str, yes: bool, fresh: bool
    ) -> str | None:
        """The same for a person, who need not have signed anything off."""
        return await self._work(schedule, at, days, by=by, yes=yes, fresh=fresh)

    async def _work(
        self,
        schedule: Schedule,
        at: datetime,
        days: OfficeDays,
        *,
        by: str,
        unattended: Callable[[str, str], str] = lambda account, flow: "",
        yes: bool = False,
        fresh: bool = False,
    ) -> str | None:
        if schedule.flow in rows.OF_LISTS:
            lists = ListsOfARow(self.settings, self.inventory, self.vault, self.runner, unattended)
            return await lists.ask(schedule, at, days, yes=yes, fresh=fresh)
        if schedule.flow == rows.REPORT:
            running = by == SERVICE
            if running:
                await ChangeNotices(self.settings, self.inventory).look(at_once=True)
            await asyncio.to_thread(send_report, self.settings, self.inventory, self.vault, service_running=running)
        else:
            await asyncio.to_thread(make_backup, self.settings, self.inventory, load_key(self.settings.key_file), by=by)
        return None

    async def _fetch_eras(self, account: str) -> RunResult:
        """Fetch the remittances of everybody that the account acts for. What failed of it is the run's failure."""
        failures: list[Failure] = []

        def record(head: RunHead, index: int, result: Answer | Failure) -> None:
            if isinstance(result, Failure):
                failures.append(result)

        questions = era_questions(self.inventory, Wanted(account=account))[account]
        result = await self.runner.run(account, rows.ERAS, questions, record=record)
        return replace(result, failure=failures[0]) if failures and not result.failure else result

    async def _keep(self, account: str) -> RunResult:
        due = due_now(self.inventory, self.settings, account)
        if DueKind.PASSWORD in due:
            return await change_password(self.runner, self.inventory, self.vault, account, by=SERVICE)
        if DueKind.IDLE in due:
            return await self.runner.run(account, "login", fresh=True)
        return RunResult.nothing_to_do(account)

    async def stop(self) -> None:
        """End the browsers."""
        await self.runner.stop()


def renewing(inventory: Inventory, vault: Vault, settings: Settings, *, by: str) -> PastExpiry:
    """What a runner does at an expired password: change it, where the worker may keep the account."""

    async def renew(runner: Runner, account: str) -> RunResult | None:
        if not account_of(inventory, settings, account).may_change_password:
            return None
        return await change_password(runner, inventory, vault, account, by=by)

    return renew
