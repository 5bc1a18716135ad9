"""What a command works with: settings, inventory, vault and runner of one data folder, opened when wanted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bots import now, settings
from bots.cli.asking import asking
from bots.cli.printing import tell
from bots.inventory import Inventory
from bots.inventory.accounts import get_account
from bots.people import FILE, Action, People, load_people, who
from flows.errors import InputError

if TYPE_CHECKING:
    from bots.runner import Runner, RunResult
    from bots.sealing import Key
    from bots.session import Pace, Person
    from bots.vault import Vault


class Office:
    """One data folder. Raises `InputError` with the way out when a part of it is missing."""

    @cached_property
    def settings(self) -> settings.Settings:
        """The settings in force; a sandbox's clock is followed when there is one."""
        found = settings.load()
        now.use_sandbox_clock(found.sandbox_clock)
        return found

    @cached_property
    def inventory(self) -> Inventory:
        """The inventory, which `init` made."""
        if not self.settings.database.exists():
            raise InputError(f"there is no inventory in {self.settings.home}: run `portalkeeper init` first")
        return Inventory(self.settings.database)

    @cached_property
    def key(self) -> Key:
        """The key to everything sealed; while this process lives nobody puts another one in its place."""
        from bots.resealing import using_the_key
        from bots.sealing import load_key

        self._until_the_end.enter_context(using_the_key(self.settings.home))
        return load_key(self.settings.key_file)

    @cached_property
    def _until_the_end(self) -> ExitStack:
        return ExitStack()

    @cached_property
    def vault(self) -> Vault:
        """The vault."""
        from bots.vault import open_vault

        return open_vault(self.settings, self.key)

    @cached_property
    def people(self) -> People:
        """Who is registered."""
        return load_people(self.settings.config / FILE)

    @property
    def person(self) -> str:
        """Who is at the keyboard, by the name that the audit trail keeps."""
        return self.people.find(who()).name

    def acting(self, action: Action) -> None:
        """The first line of a command that does more than read. Raises `InputError` that says whom to ask."""
        self.people.check(who(), action)

    def take_evidence(self, wish: Literal["none", "screen", "trace"] | None) -> None:
        """Take evidence of this command's runs otherwise than the settings say."""
        if wish:
            self.settings = self.settings.model_copy(update={"evidence": wish})

    @asynccontextmanager
    async def runner(
        self, source: str, person: Person | None = None, pace: Pace | None = None
    ) -> AsyncIterator[Runner]:
        """A runner, stopped at the end; with a `person`, or a `pace` that somebody keeps, one with a window for them.

        What a dead process left behind is settled first.
        """
        from bots.keeping import renewing
        from bots.recovery import recover
        from bots.runner import Runner

        if left := recover(self.inventory, self.settings).words():
            tell(left)
        renew = renewing(self.inventory, self.vault, self.settings, by=self.person)
        runner = Runner(
            self.settings,
            self.inventory,
            self.vault,
            self.key,
            source=source,
            by=self.person,
            tell=tell,
            past_expiry=renew,
            person=person,
            headed=person is not None or pace is not None,
            ask=asking(),
            pace=pace,
        )
        try:
            yield runner
        finally:
            await runner.stop()

    def carry_out(
        self,
        account: str,
        work: Callable[[Runner], Awaitable[RunResult]],
        person: Person | None = None,
        pace: Pace | None = None,
    ) -> RunResult:
        """Do something with an account by a runner. Raises what it ended with, unless that is success."""

        async def run() -> RunResult:
            async with self.runner("command", person, pace) as runner:
                return await work(runner)

        get_account(self.inventory, account)
        log_to(self.settings.home / "portalkeeper.log")
        result = asyncio.run(run())
        if result.failure:
            raise result.failure.to_error()
        return result


office = Office()


def log_to(file: Path | None) -> None:
    """Write the log as JSON lines: to `file`, or to standard output for the service."""
    from bots.logs import start_logging

    start_logging(file, office.settings.log_level)
