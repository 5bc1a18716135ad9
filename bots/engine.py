"""The engine: few browser hosts, many contexts, a limit on sign-ins at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from bots import kept_state
from bots.announced import ANNOUNCED, maintenance_in
from bots.browser import Host, tidy
from bots.codes.channels import Channels
from bots.desk import Desk, Order, Outcome
from bots.evidence.plan import Plan
from bots.faults import translated
from bots.looks import Looker
from bots.sealing import Key
from bots.session import LiveSession, Pace, Person
from bots.vault import Vault
from bots.worker import work
from flows.errors import PortalkeeperError
from payers.kit.passing import hearing, looking_on
from payers.model import Portal

CONTEXTS_PER_HOST = 50  # a driver keeps some 0.7 MB of every context it ever served


class Engine:
    """Seats sessions in browser contexts; starts a host when the first is wanted, and a new one when one is worn."""

    def __init__(
        self,
        executable: Path,
        vault: Vault,
        key: Key,
        *,
        channels: Channels,
        evidence: Plan,
        sign_ins_at_once: int,
        step_seconds: float,
        person: Person | None = None,
        headed: bool = False,
        sandbox: bool = True,
        pace: Pace | None = None,
    ) -> None:
        """`person` acts in every session of this engine, in a browser that is `headed` for them."""
        self._executable = executable
        self._vault = vault
        self._key = key
        self._channels = channels
        self._evidence = evidence
        self._step_seconds = step_seconds
        self._person = person
        self._headed = headed
        self._sandbox = sandbox
        self._pace = pace
        self._hosts: list[Host] = []
        self._starting = asyncio.Lock()
        self._sign_ins = asyncio.Semaphore(sign_ins_at_once)

    @asynccontextmanager
    async def seat(self, order: Order, portal: Portal, desk: Desk) -> AsyncIterator[LiveSession]:
        """A session for the order's account in a context of its own, with the signed-in state that was kept."""
        state = kept_state.unsealed(None if order.fresh else await desk.stored_state(), self._key)
        host = await self._host()
        try:
            async with host.context(state["storage"]) as (context, line):
                context.set_default_timeout(self._step_seconds * 1000)
                session = LiveSession(
                    await context.new_page(),
                    line,
                    run_id=order.run_id,
                    account=order.account,
                    address=order.address,
                    portal=portal,
                    desk=desk,
                    vault=self._vault,
                    key=self._key,
                    channels=self._channels,
                    pace=self._pace,
                )
                session.witness.attend(desk, self._evidence, host.traces)
                with translated("restore the signed-in state"):
                    await kept_state.restore(session.page, state["session"])
                try:
                    yield session
                finally:
                    with suppress(PortalkeeperError):  # a stale lease: then nothing is to be said any more
                        await session.over()
        finally:
            await self._retire()

    async def work(self, session: LiveSession, order: Order, desk: Desk) -> Outcome:
        """Carry out one order in a seated session."""
        looker = Looker(session.portal.name)
        async with session.witness.watching(session, order):
            with looking_on(looker), hearing(partial(_hear, session.portal, desk)):
                outcome = await work(session, order, desk, self._sign_in_place(session), self._person)
            await session.witness.ended(session.page, outcome.failure)
        if outcome.failure is None:
            await desk.passed(looker.looks)
            looker.passed()
        return outcome

    @asynccontextmanager
    async def _sign_in_place(self, session: LiveSession) -> AsyncIterator[None]:
        """One of the few places to sign in; what the sign-in leaves behind in memory is given back after it."""
        async with self._sign_ins:
            yield
        await tidy(session.page, forget_cache=session.typed_password)
        await session.witness.begin_trace(session.page)

    async def _host(self) -> Host:
        async with self._starting:
            for host in self._hosts:
                if host.alive and host.served < CONTEXTS_PER_HOST:
                    return host
            host = await Host.start(self._executable, headed=self._headed, sandbox=self._sandbox)
            self._hosts.append(host)
            return host

    async def _retire(self) -> None:
        """Stop the hosts that are worn or dead and hold no context any more."""
        for host in [*self._hosts]:
            if host.open == 0 and (not host.alive or host.served >= CONTEXTS_PER_HOST):
                self._hosts.remove(host)
                await host.stop()

    async def stop(self) -> None:
        """Stop every host."""
        hosts, self._hosts = self._hosts, []
        for host in hosts:
            await host.stop()


async def _hear(portal: Portal, desk: Desk, words: str) -> None:
    """A portal announced something: tell of maintenance."""
    if phrase := maintenance_in(words, portal):
        await desk.notice(ANNOUNCED, phrase)
