"""The runner: takes a run from the asking to its row in the inventory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import structlog

from bots import freezes, guard, now, sharing
from bots.brake import after_run, check_stopped
from bots.browser import find_browser, find_headed_browser
from bots.codes.channels import Ask, channels_of
from bots.desk import Candidate, Failure, Order, Question, SignIn
from bots.engine import Engine
from bots.evidence.plan import plan_of
from bots.inventory import Inventory
from bots.inventory.accounts import get_account
from bots.restored import VaultWatch, remember
from bots.runner.addresses import checked_address
from bots.runner.desk import Record, Wanted
from bots.runner.run import Run
from bots.runner.runs import RunHead, end_run, lookups_today, new_run_id, start_run
from bots.sealing import Key
from bots.session import Pace, Person
from bots.settings import Settings
from bots.vault import Vault
from bots.vault.aside import aside
from flows.errors import AccountHeld, InputError, PortalkeeperError
from flows.parties import Account, code_ways
from payers.model import Portal
from payers.registry import find_portal

_LIMIT = "account {name} has asked its {limit} questions of 24 hours (lookups_per_day); the rest waits until tomorrow"
ASSIST = "assist"
log = structlog.get_logger("portalkeeper")


@dataclass(frozen=True)
class RunResult:
    """How a run ended; what it answered went to `record` one by one.

    `asked` counts finished questions; `in_flight` tells that the next one had been begun when the run ended.
    """

    head: RunHead
    sign_in: SignIn
    asked: int
    answered: int
    failure: Failure | None
    in_flight: bool = False
    candidate: Candidate = Candidate.CURRENT

    @classmethod
    def nothing_to_do(cls, account: str) -> RunResult:
        """A run that was not needed."""
        return cls(RunHead("", account, "", ""), SignIn.NONE, 0, 0, None)

    @classmethod
    def impossible(cls, account: str, failure: Failure) -> RunResult:
        """A run that could not begin."""
        return cls(RunHead("", account, "", ""), SignIn.NONE, 0, 0, failure)


PastExpiry = Callable[["Runner", str], Awaitable[RunResult | None]]
"""Changes the expired password of an account; none when the worker may not keep it."""


class Runner:
    """Runs flows for accounts. One Runner per process; runs of different accounts may go on at the same time.
    `past_expiry` is asked to change a password that has expired; a run that met it begins again after that. With a
    `person` the only flow is *assist*: they act, in a browser that is `headed`.

    `source` says who asked: *command*, *batch* or *service*; only the last is automatic for the guard. `tell` is
    given what a person would like to know while waiting, `ask` asks them for a code, `pace` before each step.
    """

    def __init__(
        self,
        settings: Settings,
        inventory: Inventory,
        vault: Vault,
        key: Key,
        *,
        source: str,
        by: str,
        tell: Callable[[str], None] = lambda words: None,
        past_expiry: PastExpiry | None = None,
        person: Person | None = None,
        headed: bool = False,
        ask: Ask | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._settings = settings
        self._inventory = inventory
        self._vault = vault
        self._key = key
        self._source = source
        self._by = by
        self.tell = tell
        self._past_expiry = past_expiry
        self._renewing: set[str] = set()
        self._writer = ThreadPoolExecutor(1, "inventory")
        self._watch = VaultWatch(inventory, vault, settings.vault_changes)
        self._engine = Engine(
            find_headed_browser() if headed else find_browser(settings.browser_executable),
            vault,
            key,
            channels=channels_of(settings, key, ask),
            evidence=plan_of(settings, key),
            sign_ins_at_once=settings.sign_ins_at_once,
            step_seconds=settings.step_timeout_seconds,
            person=person,
            headed=headed,
            sandbox=settings.browser_sandbox,
            pace=pace,
        )

    async def stop(self) -> None:
        """End the browsers and the writer."""
        await self._engine.stop()
        self._writer.shutdown()

    async def run(
        self,
        account: str,
        flow: str,
        questions: Sequence[Question] = (),
        *,
        record: Record = lambda head, index, result: None,
        wanted: Wanted = lambda index: True,
        fresh: bool = False,
        prepare: Callable[[RunHead], None] = lambda head: None,
    ) -> RunResult:
        """Run `flow` for `account`, with its questions. What a portal does is in the result, never raised.

        A question that is not `wanted` when its turn comes is passed over. `fresh` forgets the kept session. `prepare`
        is called under the account's lease, before anything is contacted.

        Raises `InputError` when account, portal or address make the run impossible; nothing is contacted then.
        """
        result = await self._run(account, flow, questions, record, wanted, fresh, prepare)
        expired = result.failure is not None and result.failure.error == "PasswordExpired" and not result.asked
        if not expired or self._past_expiry is None or account in self._renewing:
            return result
        self._renewing.add(account)
        try:
            changed = await self._past_expiry(self, account)
        finally:
            self._renewing.remove(account)
        if changed is None or changed.failure:
            return changed or result
        return await self._run(account, flow, questions, record, wanted, fresh, prepare)

    async def _run(
        self,
        account: str,
        flow: str,
        questions: Sequence[Question],
        record: Record,
        wanted: Wanted,
        fresh: bool,
        prepare: Callable[[RunHead], None],
    ) -> RunResult:
        row = get_account(self._inventory, account)
        portal = find_portal(row["portal"])
        if flow not in portal.offers() and flow != ASSIST:
            raise InputError(f"{portal.title} offers no {flow}; it offers: {', '.join(portal.offers())}")
        if flow == "password_recovery" and self._source == "service":
            raise InputError(f"a forgotten password is recovered by a person: pk password recover {account}")
        if flow in ("password_reset", "password_recovery"):
            sharing.check_own(row)
        run = self._prepared(row, portal, flow, questions, record, wanted)
        run.template, run.prepare = run.template.model_copy(update={"fresh": fresh}), prepare
        failure: Failure | None = None
        try:
            await aside(self._look_for_copies)
            if flow != "password_recovery":  # the way back, for accounts that can't sign in
                await aside(self._check_before_contact, row, portal)
            run.questions = questions[: self._allowance(row, len(questions))]
            await run.go()
            if len(run.questions) < len(questions):
                raise AccountHeld(_LIMIT.format(**row, limit=self._limit(row)))
        except PortalkeeperError as error:
            failure = Failure.of(error)
        except BaseException as error:
            self._concluded(run, Failure(error="WorkerLost", message=f"the run was stopped by {type(error).__name__}"))
            raise
        return self._concluded(run, failure)

    def _prepared(
        self,
        row: dict[str, Any],
        portal: Portal,
        flow: str,
        questions: Sequence[Question],
        record: Record,
        wanted: Wanted,
    ) -> Run:
        address = checked_address(row, portal, self._settings)
        head = RunHead(new_run_id(now.utc()), row["name"], portal.name, portal.version)
        start_run(self._inventory, head, flow=flow, source=self._source, by=self._by, questions=len(questions))
        order = Order(
            run_id=head.run_id,
            epoch=0,
            account=Account(
                name=head.account,
                portal=portal.name,
                username=row["user_id"],
                email=row["registered_email"] or "",
                phone=row["registered_phone"] or "",
                code_ways=code_ways(row["code_ways"]),
            ),
            address=address,
            flow=flow,
        )
        return Run(
            head=head,
            template=order,
            portal=portal,
            questions=questions,
            record=record,
            wanted=wanted,
            settings=self._settings,
            inventory=self._inventory,
            engine=self._engine,
            writer=self._writer,
            automatic=self._source == "service",
            tell=self.tell,
        )

    def _look_for_copies(self) -> None:
        remember(self._inventory, self._settings.last_seen)
        self._watch.look()

    def _check_before_contact(self, row: dict[str, Any], portal: Portal) -> None:
        """Whatever can be known to stop this run without touching the portal. Raises one of `flows.errors`."""
        name = row["name"]
        state = guard.standing(self._inventory, name, portal.policy)
        signed_in = (self._settings.state_folder / f"{name}.age").exists()
        if state.freeze and not (signed_in and state.freeze["error"] == "InvalidCredentials"):
            password, _ = self._vault.next_password(name, state.refused)
            guard.check(state, name, self._vault.fingerprint(name, password), automatic=False)
        if not signed_in:
            check_stopped(self._inventory)

    def _limit(self, row: dict[str, Any]) -> int:
        return int(row["lookups_per_day"] or self._settings.lookups_per_day)

    def _allowance(self, row: dict[str, Any], questions: int) -> int:
        """How many of so many questions the account may ask today. Raises `AccountHeld` when it is none of them."""
        left = self._limit(row) - lookups_today(self._inventory, row["name"])
        if questions and left <= 0:
            raise AccountHeld(_LIMIT.format(**row, limit=self._limit(row)))
        return min(questions, max(0, left))

    def _concluded(self, run: Run, failure: Failure | None) -> RunResult:
        head, asked = run.head, run.done - run.unwanted
        if failure:
            freezes.freeze_for(self._inventory, head.account, failure, run_id=head.run_id, fingerprint=run.fingerprint)
        end_run(self._inventory, head, run.sign_in, failure, run.steps)
        after_run(self._inventory, head.portal, run.template.flow, head.run_id, failure, run.limits)
        remember(self._inventory, self._settings.last_seen)
        if run.template.flow == "era_download":
            from bots.era.fetched import conclude_fetch  # brings a reader that no other flow needs

            conclude_fetch(self._settings, self._inventory, self._key)
        log.info(
            "run",
            **asdict(head),
            flow=run.template.flow,
            sign_in=str(run.sign_in),
            asked=asked,
            answered=run.answered,
            error=failure.error if failure else None,
            phrase=failure.phrase if failure else None,
            steps=run.steps,
        )
        return RunResult(head, run.sign_in, asked, run.answered, failure, run.in_flight, run.candidate)
