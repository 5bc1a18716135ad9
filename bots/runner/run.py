"""One run: the account's lease, a seat in a browser, order after order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, field

from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from bots import exhibits, sharing
from bots.brake import Limits, check_portal
from bots.desk import Candidate, Order, Outcome, Question, SignIn
from bots.engine import Engine
from bots.era.routes import FILE as ROUTES
from bots.era.routes import Routes, load_routes
from bots.faults import translated
from bots.inventory import Inventory
from bots.lease import Lease, lease
from bots.runner.desk import InventoryDesk, Record, Wanted, patiently
from bots.runner.runs import RunHead
from bots.session import LiveSession
from bots.settings import Settings
from bots.vault.aside import aside
from flows.errors import AccountBusy, PortalkeeperError, PortalUnavailable, SessionEnded
from payers.model import Portal

QUESTIONS_PER_ORDER = 25
TRIES = 3
REPEATABLE = ("login", "eligibility", "claim_status", "era_download")


@dataclass
class Run:
    """One run under way: what it was asked, and what it has done so far across leases, seats and orders.

    `done` counts the questions that are behind it, `unwanted` those of them that were passed over.
    """

    head: RunHead
    template: Order
    portal: Portal
    questions: Sequence[Question]
    record: Record
    wanted: Wanted
    settings: Settings
    inventory: Inventory
    engine: Engine
    writer: Executor
    automatic: bool
    tell: Callable[[str], None]
    prepare: Callable[[RunHead], None] = lambda head: None
    candidate: Candidate = Candidate.CURRENT
    done: int = 0
    answered: int = 0
    unwanted: int = 0
    in_flight: bool = False
    sign_in: SignIn = SignIn.NONE
    fingerprint: str | None = None
    steps: dict[str, float] = field(default_factory=dict)
    _repeatable: bool = True

    @property
    def limits(self) -> Limits:
        """The settings of the brake."""
        chosen = self.settings
        return Limits(chosen.brake_refusals, chosen.alike_accounts, chosen.pause_minutes, chosen.sign_ins_per_day)

    async def go(self) -> None:
        """Work until every question has its result. Raises what ended the run early.

        Tries again after an outage or an ended session, unless a secret was refused or got no verdict.
        """
        async for attempt in AsyncRetrying(
            retry=retry_if_exception(self._worth_another_try),
            stop=stop_after_attempt(TRIES),
            wait=wait_exponential_jitter(multiplier=2, max=30),
            reraise=True,
        ):
            with attempt:
                await self._until_done()

    def _worth_another_try(self, error: BaseException) -> bool:
        once = self.template.flow not in REPEATABLE  # what was submitted may have arrived
        return self._repeatable and not once and isinstance(error, (PortalUnavailable, SessionEnded))

    async def _until_done(self) -> None:
        """Hold lease and seat until done; give both up between two orders when somebody else waits."""
        first = True
        while first or self.done < len(self.questions):
            first = False
            async with lease(
                self.inventory,
                self.settings.lease_folder,
                self.head.account,
                run_id=self.head.run_id,
                wait_seconds=self.settings.wait_seconds,
                on_wait=lambda holder: self.tell(f"account {self.head.account} is in use by {holder}; waiting"),
            ) as held:
                sharing.check_free(self.inventory, self.head.account, automatic=self.automatic)
                await patiently(self.settings.wait_seconds, self._portal_allows)
                await aside(self.prepare, self.head)
                await self._sit(held)

    async def _portal_allows(self) -> None:
        check_portal(self.inventory, self.portal.name, self.template.flow, self.head.run_id)

    async def _sit(self, held: Lease) -> None:
        desk = InventoryDesk(
            self.inventory,
            held,
            self.head,
            portal=self.portal,
            automatic=self.automatic,
            limits=self.limits,
            wait_seconds=self.settings.wait_seconds,
            state_file=self.settings.state_folder / f"{self.head.account}.age",
            flow=self.template.flow,
            questions=self.questions,
            eras=self.settings.fetched_folder,
            routes=self._routes(),
            evidence=exhibits.of(self.settings, self.inventory, self.head.account, self.head.portal),
            tell=self.tell,
            record=self.record,
            wanted=self.wanted,
            writer=self.writer,
        )
        order = self.template.model_copy(update={"epoch": held.epoch})
        try:
            if order.fresh:
                await self._leave(order, desk)
            async with self.engine.seat(order, self.portal, desk) as session:
                await self._orders(order, session, desk, held)
        finally:
            self.fingerprint = desk.last_fingerprint
            self._repeatable = desk.repeatable

    def _routes(self) -> Routes:
        """By which route remittances come, as the file says now; no other flow is stopped by a mistake in it."""
        return load_routes(self.settings.config / ROUTES) if self.template.flow == "era_download" else Routes()

    async def _leave(self, order: Order, desk: InventoryDesk) -> None:
        """End the kept session, where the portal would take it for somebody else's. Failing at it unsays nothing."""
        if self.portal.sign_out is None or await desk.stored_state() is None:
            return
        with suppress(PortalkeeperError):
            async with self.engine.seat(order.model_copy(update={"fresh": False}), self.portal, desk) as session:
                with translated("sign out"):
                    await self.portal.sign_out(session)
        await desk.drop_state()

    async def _orders(self, order: Order, session: LiveSession, desk: InventoryDesk, held: Lease) -> None:
        while True:
            desk.offset = self.done
            part = tuple(self.questions[self.done : self.done + QUESTIONS_PER_ORDER])
            outcome = await self.engine.work(session, order.model_copy(update={"questions": part}), desk)
            self._add(outcome)
            if outcome.failure:
                await self._after_failure(outcome.failure.to_error(), desk)
            if self.done >= len(self.questions) or held.wanted():
                break
        with suppress(PortalkeeperError):  # the answers are on disk, and the state of the sign-in is kept
            with translated("keep the signed-in state"):
                state = await session.sealed_state()
            await desk.keep_state(state)

    def _add(self, outcome: Outcome) -> None:
        self.done += outcome.asked + outcome.unwanted
        self.unwanted += outcome.unwanted
        self.answered += outcome.answered
        self.in_flight = outcome.in_flight
        self.candidate = outcome.candidate
        if self.sign_in is not SignIn.PASSWORD and outcome.sign_in is not SignIn.NONE:
            self.sign_in = outcome.sign_in
        self.steps.update(outcome.steps)

    async def _after_failure(self, error: PortalkeeperError, desk: InventoryDesk) -> None:
        """Raise `error`; what tells of somebody else in the account is kept, so that every process leaves it alone."""
        if isinstance(error, (AccountBusy, SessionEnded)):
            if isinstance(error, SessionEnded):
                await desk.drop_state()
            await desk.notice(sharing.ENDED if isinstance(error, SessionEnded) else sharing.BUSY, "")
            try:
                sharing.check_free(self.inventory, self.head.account, automatic=False)
            except AccountBusy as busy:
                raise AccountBusy(str(busy), phrase=error.phrase, screen=error.screen) from None
        raise error
