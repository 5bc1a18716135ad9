"""The Desk in process: what the worker asks is decided and committed here, by the inventory's one writer thread."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import structlog

from bots import answers, drift, exhibits, guard, holds, last_sign_in, now, requests
from bots.brake import Limits, NotNow
from bots.desk import Answer, EvidenceHead, Failure, Grant, Inquiry, PatientAnswer, Question, SignIn, Verdict
from bots.disk import read, write_durably
from bots.era.paid_claims import note_paid
from bots.era.routes import Routes
from bots.inventory import Inventory, stamp
from bots.inventory.accounts import get_account, local_day
from bots.lease import Lease, check_epoch
from bots.plausibility import outcome_word
from bots.remittances import Shelf
from bots.runner.runs import RunHead
from flows.claim_status import ClaimStatusAnswer, ClaimStatusInquiry
from flows.era_download import Allowed, KeptEra, ListedPayment
from flows.errors import AccountHeld, InputError
from payers.model import Portal

P = ParamSpec("P")
R = TypeVar("R")

Record = Callable[[RunHead, int, Answer | Failure], None]
"""Called with the run, the index of the question, and its result, which is on disk when the call returns."""

Wanted = Callable[[int], bool]
"""Called with the index of a question before it is asked: whether it still is to be."""


POLL_SECONDS = 0.2
AGAIN_SECONDS = 5.0  # a disk sends no word when there is room again

log = structlog.get_logger("portalkeeper")


async def patiently(seconds: float, ask: Callable[[], Awaitable[R]]) -> R:
    """What `ask` returns once nobody else has to go first. Raises `AccountHeld` after `seconds`."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            return await ask()
        except NotNow as error:
            if asyncio.get_running_loop().time() > deadline:
                raise AccountHeld(f"{error}; waited {seconds:.0f} s. Try again in a few minutes.") from None
        await asyncio.sleep(POLL_SECONDS)


class InventoryDesk:
    """`bots.desk.Desk` over the inventory, for one run under one lease.

    `offset` is the index of the current order's first question among all of the run. `repeatable` turns false with a
    submission that was refused or has no verdict: then nothing in this run may type a secret again.
    """

    def __init__(
        self,
        inventory: Inventory,
        held: Lease,
        head: RunHead,
        *,
        portal: Portal,
        automatic: bool,
        limits: Limits,
        wait_seconds: float,
        state_file: Path,
        flow: str,
        questions: Sequence[Question],
        record: Record,
        wanted: Wanted,
        writer: Executor,
        eras: Path,
        routes: Routes,
        evidence: exhibits.Exhibits,
        tell: Callable[[str], None],
    ) -> None:
        self.offset = 0
        self.last_fingerprint: str | None = None
        self.repeatable = True
        self._inventory = inventory
        self._held = held
        self._head = head
        self._portal = portal
        self._automatic = automatic
        self._limits = limits
        self._wait_seconds = wait_seconds
        self._state_file = state_file
        self._flow = flow
        self._questions = questions
        self._record = record
        self._wanted = wanted
        self._writer = writer
        self._shelf = Shelf(inventory, eras, held.account, portal.name, head.run_id, routes.opens)
        self._exhibits = evidence
        self._tell = tell

    async def _commit(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._writer, partial(call, *args, **kwargs))

    async def grant_password(self, fingerprint: str, *, proved: bool) -> Grant:
        """Ask the guard, and again while others have to go first."""
        self.last_fingerprint = fingerprint
        return await patiently(
            self._wait_seconds,
            lambda: self._commit(
                guard.grant_password,
                self._inventory,
                self._held,
                self._head.run_id,
                fingerprint,
                self._portal,
                self._limits,
                automatic=self._automatic,
                proved=proved,
            ),
        )

    async def grant_answer(self, fingerprint: str) -> Grant:
        """Ask the guard."""
        self.last_fingerprint = fingerprint
        return await self._commit(
            answers.grant_answer, self._inventory, self._held, self._head.run_id, fingerprint, self._portal.policy
        )

    async def refused(self) -> frozenset[str]:
        """Look into the ledger."""
        return (await self._commit(self._standing)).refused

    def _standing(self) -> guard.Standing:
        return guard.standing(self._inventory, self._held.account, self._portal.policy)

    async def close_attempt(self, attempt: int, verdict: Verdict, submissions: int) -> None:
        """Write the verdict into the ledger."""
        self.repeatable = verdict in (Verdict.ACCEPTED, Verdict.NOT_SUBMITTED)
        await self._commit(
            guard.close_attempt,
            self._inventory,
            self._held,
            self._head.run_id,
            attempt,
            verdict,
            submissions,
            self._limits,
        )

    async def grant_letter(self) -> None:
        """Ask the guard."""
        await self._commit(requests.grant_letter, self._inventory, self._held, self._head.run_id)

    async def ask_for_code(self) -> None:
        """Ask the guard."""
        await self._commit(requests.ask_for_code, self._inventory, self._held, self._head.run_id)

    async def grant_code(self, time_step: int | None, fingerprint: str | None = None) -> Grant:
        """Spend a code."""
        policy = self._portal.policy
        return await self._commit(
            guard.grant_code, self._inventory, self._held, self._head.run_id, time_step, policy, fingerprint
        )

    async def last_time_step(self) -> int | None:
        """The newest time step spent by anybody."""
        return await self._commit(guard.last_time_step, self._inventory, self._held.account)

    async def stored_state(self) -> str | None:
        """The sealed state kept for this account."""
        kept = await self._commit(read, self._state_file)
        return kept.decode() if kept else None

    async def signed_in(self, how: SignIn) -> None:
        """Note the sign-in; one by password starts the guard's count again."""
        await self._commit(self._signed_in, how)

    def _signed_in(self, how: SignIn) -> None:
        with self._inventory.write() as db:
            if how is SignIn.PASSWORD:
                guard.signed_in(db, self._held, self._head.run_id)
            db.execute(
                "UPDATE accounts SET last_good_sign_in_at = ?, last_good_sign_in_by = 'worker' WHERE name = ?",
                (stamp(now.utc()), self._held.account),
            )

    async def keep_state(self, sealed: str) -> None:
        """Put the state on disk."""
        await self._commit(write_durably, self._state_file, sealed.encode())

    async def drop_state(self) -> None:
        """Forget the kept state."""
        await self._commit(self._state_file.unlink, missing_ok=True)

    async def wanted(self, index: int) -> bool:
        """Ask whoever gave the questions."""
        return await self._commit(self._wanted, self.offset + index)

    async def answered(self, index: int, result: Answer | Failure) -> None:
        """Put the result on disk, then count it."""
        await self._commit(self._answered, self.offset + index, result)

    def _answered(self, index: int, result: Answer | Failure) -> None:
        self._record(self._head, index, result)
        answer = None if isinstance(result, Failure) else result
        with self._inventory.write() as db:
            check_epoch(db, self._held.account, self._held.epoch)
            db.execute(
                "UPDATE runs SET asked = asked + 1, answered = answered + ? WHERE id = ?",
                (answer is not None, self._head.run_id),
            )
            if isinstance(answer, PatientAnswer):
                payer = self._questions[index].payer.name
                holds.count_answer(db, self._head.run_id, payer, self._flow, outcome_word(answer))
                self._note_paid(db, payer, self._questions[index].inquiry, answer)

    def _note_paid(self, db: Any, payer: str, inquiry: Inquiry, answer: Answer) -> None:
        """What a payer calls paid has its 835 to come, where the portal gives 835s."""
        if "era_download" not in self._portal.offers():
            return
        if isinstance(inquiry, ClaimStatusInquiry) and isinstance(answer, ClaimStatusAnswer):
            note_paid(db, self._head.run_id, payer, inquiry, answer)

    async def listed(self, payer: str, payments: tuple[ListedPayment, ...]) -> Allowed:
        """Look what is on disk, and by which route it comes."""
        return await self._commit(self._shelf.listed, payer, payments)

    async def kept(self, payer: str, era: KeptEra, sealed: str) -> None:
        """Put the file on disk: at once, or again and again until that works, for the portal may not give it twice."""
        data, trouble = base64.b64decode(sealed), ""
        while True:
            try:
                return await self._commit(self._shelf.keep, payer, era, data)
            except (InputError, OSError) as error:
                if str(error) != trouble:
                    trouble = str(error)
                    await self._unsaved(era, trouble)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _unsaved(self, era: KeptEra, trouble: str) -> None:
        traces = [payment.trace for payment in era.payments]
        log.error("a downloaded ERA is in memory only", account=self._held.account, traces=traces, why=trouble)
        self._tell(f"the ERA of {', '.join(traces)} is in memory only, trying again; do not stop this: {trouble}")
        with suppress(InputError):  # the inventory may be on the same disk
            await self._commit(self._shelf.tell_unsaved, era, trouble)

    async def passed(self, looks: Mapping[str, Mapping[str, str]]) -> None:
        """Keep how they looked, and tell what drifted."""
        with suppress(InputError):  # no run fails for this
            found = await self._commit(
                drift.remember, self._inventory, self._portal.name, self._portal.version, looks, now.utc()
            )
            for words in found:
                await self.notice("drift", words)

    async def keep_evidence(self, head: EvidenceHead, sealed: str) -> str:
        """Put it beside the other evidence, unless there is no room."""
        return await self._commit(self._exhibits.keep, self._head.run_id, head, base64.b64decode(sealed))

    async def notice(self, kind: str, words: str) -> None:
        """Keep a notice."""
        await self._commit(self._notice, kind, words)

    def _notice(self, kind: str, words: str) -> None:
        row: dict[str, Any] = {"at": stamp(now.utc()), "account": self._held.account, "run_id": self._head.run_id}
        with self._inventory.write() as db:
            if kind == last_sign_in.SHOWN:
                last_sign_in.compare(db, self._held.account, words, self._head.run_id, now.utc())
                return
            db.table("notices").insert({**row, "kind": kind, "words": words})
            if kind == "backup codes left":
                db.table("accounts").update(self._held.account, {"backup_codes_left": int(words)})
            if kind == "password expires in days" and words.isdigit():
                today = local_day(get_account(self._inventory, self._held.account), now.utc())
                day = today + timedelta(days=int(words))
                columns = {"password_expires_on": day.isoformat(), "password_expires_source": "portal"}
                db.table("accounts").update(self._held.account, columns)
