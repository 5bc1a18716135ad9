"""The witness of one session: looks on while nothing secret happens, and tells the Desk what it saw, sealed.

It never makes a run fail, and does nothing at all in a run that succeeds, unless it was asked to.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import structlog

from bots import now
from bots.desk import Desk, EvidenceHead, Failure, Order
from bots.evidence.looking import glance, look
from bots.evidence.packing import Pack
from bots.evidence.plan import Plan, Wish
from bots.evidence.tracing import Trace
from bots.sealing import seal_for
from flows.errors import AccountHeld, InputError, WorkerLost, error_classes

if TYPE_CHECKING:
    from playwright.async_api import Page

MOST_OF_A_SESSION = 5  # a page that changed fails for every patient alike
OUR_OWN = (AccountHeld, InputError)  # it was we who stopped; there is nothing to see
SECONDS = 25.0
DRIFT = "drift"
log = structlog.get_logger("portalkeeper")


class Watched(Protocol):
    """The session that is watched."""

    page: Page


class Witness:
    """Takes evidence of a session.

    `steps` are its steps with their seconds, `hidden` the secrets handed out in it; both grow. `private` tells that a
    private step is open, or failed: until the next step no picture is taken, and texts go without what was typed.
    """

    def __init__(self, steps: Mapping[str, float], hidden: Collection[str]) -> None:
        self.private = False
        self._steps = steps
        self._hidden = hidden
        self._desk: Desk | None = None
        self._plan: Plan | None = None
        self._order: Order | None = None
        self._trace: Trace | None = None
        self._seen: Pack | None = None
        self._taken = 0

    def attend(self, desk: Desk, plan: Plan, traces: Path | None) -> None:
        """Be ready to take what the plan wants; a trace is kept in the folder `traces` while it goes on."""
        self._desk, self._plan = desk, plan
        self._trace = Trace(traces) if plan.wish is Wish.TRACE else None

    async def step(self, private: bool) -> None:
        """A step begins. Before a private one the trace ends for good. Raises `WorkerLost` when it does not."""
        if private and self._trace:
            await self._trace.end()
            self._trace.why_not = self._trace.why_not or "it ends before a private step"
        self.private, self._seen = private, None

    async def begin_trace(self, page: Page) -> None:
        """The sign-in is behind us: begin the trace, if one is wanted and no password is about to be changed."""
        if self._trace and self._order and not self._order.flow.startswith("password"):
            try:
                await self._trace.begin(page)
            except Exception as error:  # noqa: BLE001 - a run is worth more than its trace
                self._trace.why_not = f"it did not begin ({type(error).__name__})"

    @asynccontextmanager
    async def watching(self, session: Watched, order: Order) -> AsyncIterator[None]:
        """Watch one order; what breaks it in the program itself leaves evidence too."""
        self._order = order
        try:
            yield
        except Exception as error:
            await self._take(session.page, "defect", Failure(error=type(error).__name__, message=""), last=True)
            raise

    async def glance(self, page: Page, why: BaseException) -> None:
        """A private step failed, and its page is about to be closed: see what it says, without any secret."""
        wanted = self._plan and self._plan.wish is not Wish.NONE and isinstance(why, Exception)
        if self.private and wanted and self._plan and not page.is_closed():
            self._seen = Pack(self._hidden, self._plan.each_bytes)
            try:
                await glance(page, self._seen)
            except Exception as error:  # noqa: BLE001 - the failure itself is what the run ends with
                self._seen.left_out.append(f"the page: could not be seen ({type(error).__name__})")

    async def failed(self, page: Page, failure: Failure) -> None:
        """Take evidence of one question's failure, while the page still shows it."""
        if not issubclass(error_classes()[failure.error], OUR_OWN):
            await self._take(page, "failure", failure)

    async def noticed(self, page: Page, kind: str) -> None:
        """Take evidence of a page that is about to change for good."""
        if kind == DRIFT:
            await self._take(page, DRIFT, None)

    async def ended(self, page: Page, failure: Failure | None) -> None:
        """The order is over: take evidence of its failure, or of its success where that was asked for."""
        if failure and not issubclass(error_classes()[failure.error], OUR_OWN):
            await self._take(page, "failure", failure, last=True)
        elif not failure and self._plan and self._plan.asked:
            self._taken = 0
            await self._take(page, "asked", None, last=True)

    async def _take(self, page: Page, why: str, failure: Failure | None, *, last: bool = False) -> None:
        """`last`: nothing follows in this order, so that its trace belongs to this evidence."""
        desk, plan, order = self._desk, self._plan, self._order
        if not (desk and plan and order) or plan.wish is Wish.NONE or self._taken >= MOST_OF_A_SESSION:
            return
        self._taken += 1
        try:
            async with asyncio.timeout(SECONDS):
                pack = Pack(self._hidden, plan.each_bytes)
                await self._fill(pack, page, last=last)
                data = await asyncio.to_thread(pack.zipped, self._about(page, why, failure, order))
                head = EvidenceHead(
                    why=why,
                    flow=order.flow,
                    sha256=hashlib.sha256(data).hexdigest(),
                    screen=failure.screen if failure else None,
                    error=failure.error if failure else None,
                    sealed_for=tuple(plan.recipients),
                )
                sealed = await asyncio.to_thread(seal_for, data, list(plan.recipients.values()))
            await desk.keep_evidence(head, base64.b64encode(sealed).decode())
        except Exception as error:  # noqa: BLE001 - evidence must never be why a run fails
            log.warning("evidence could not be kept", run_id=order.run_id, error=type(error).__name__)

    async def _fill(self, pack: Pack, page: Page, *, last: bool) -> None:
        if self._seen:
            pack.take_over(self._seen)
        elif self.private:
            pack.left_out.append("page, console and network: a private step was open")
        elif page.is_closed():
            pack.left_out.append("page, console and network: the page was closed")
        else:
            await look(page, pack)
        if self._trace and last:
            try:
                await self._trace.add_to(pack)
            except (WorkerLost, OSError) as error:
                pack.left_out.append(f"trace: could not be taken ({type(error).__name__})")

    def _about(self, page: Page, why: str, failure: Failure | None, order: Order) -> dict[str, object]:
        address = urlsplit(page.url)
        return {
            "run_id": order.run_id,
            "account": order.account.name,
            "portal": order.account.portal,
            "flow": order.flow,
            "why": why,
            "at": now.utc().isoformat(timespec="milliseconds"),
            "page": None if self.private else f"{address.netloc}{address.path}",
            "steps": dict(self._steps),
            "failure": failure.model_dump() if failure else None,
        }
