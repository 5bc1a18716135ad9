"""Record what the sandbox's portals look like, and what must be read from that: `python -m tests.record`.

Writes `recordings/pages/PORTAL/SCREEN--CASE.html`, without scripts, styles and addresses, and beside it a `.json` with
the question and its reading. What differs from run to run is masked, so that a diff shows a changed page or a changed
reading and nothing else. Read the diff before committing it: it is what the readers will be held to.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from bots.browser import Host, find_browser
from bots.recording.taking import Taker
from bots.settings import load
from flows.eligibility import EligibilityAnswer
from flows.errors import PortalkeeperError
from flows.parties import Payer
from payers.kit.passing import looking_on
from payers.model import Portal
from payers.registry import listed_payers, portals
from sandbox.practice import Practice, running
from tests.record_claims import record_claims, record_medicaid_claims
from tests.record_eras import every_payment, record_eras
from tests.record_pages import NOON, Book, Seat, application, question, reading
from tests.record_screens import meet_no_file, meet_what_comes_meanwhile, meet_what_stands_in_the_way, record_screens

PAGES = Path(__file__).parents[1] / "recordings" / "pages"
PAYERS = {
    "availity": "aetna",
    "uhc": "united-healthcare",
    "epaces": "new-york-medicaid",
    "medi_cal": "medi-cal",
    "tmhp": "texas-medicaid",
}
MEDICAID = ("epaces", "medi_cal")


class Recorder(Book):
    """Goes through one portal and keeps its screens."""

    def __init__(self, practice: Practice, host: Host, portal: Portal, payer: Payer, folder: Path) -> None:
        super().__init__(practice, portal, payer, folder)
        self._host = host
        self._taker = Taker()

    async def record(self) -> None:
        """Everything of this portal."""
        await self._sign_in_refused()
        made = self.practice.account(self.portal.name)
        async with self._seat(made) as seat:
            await self.portal.login(seat)
            await self.keep(seat.page, "home", "signed-in", {"flow": "login", "outcome": "good", "reads": {}})
            for case, member in self._cases().items():
                if case == "outage":
                    fault = {"portal": self.portal.name, "user": made["user"], "kind": "outage_text"}
                    self.practice.post("/faults", **fault)
                await self._ask(seat, case, member)
            if self.portal.era_download:
                await record_eras(self, seat)
                await meet_no_file(self, self._seat, self._taker, every_payment())
            if self.portal.claim_status:
                await (record_medicaid_claims if self.portal.name in MEDICAID else record_claims)(self, seat)
        await self._change_passwords()
        await self._recover_passwords()
        await meet_what_comes_meanwhile(self, self._seat, self._taker, question(self._cases()["active"]))
        await meet_what_stands_in_the_way(self, self._seat, self._taker)
        async with self._host.context(None) as (context, _):
            await context.set_offline(True)
            await record_screens(self, self._taker, await context.new_page())

    async def _change_passwords(self) -> None:
        """A new password that the portal takes, and one that it does not."""
        if self.portal.password_reset is None:
            return
        for case, outcome, new in (("changed", "good", "N3w-pass$word"), ("new-refused", "refused", "short")):
            made = self.practice.account(self.portal.name)
            async with self._seat(made | {"new_password": new}) as seat:
                await self.portal.login(seat)
                said: dict[str, Any] = {"flow": "password_reset", "outcome": outcome, "reads": {}}
                seat.leaving = partial(self._keep_change, seat, case, said)
                try:
                    await self.portal.password_reset(seat)
                except PortalkeeperError as error:
                    said["reads"] = reading(error)
                await seat.before_leaving()

    async def _keep_change(self, seat: Seat, case: str, said: dict[str, Any]) -> None:
        await self.keep(application(seat.page), "change", case, said)

    async def _recover_passwords(self) -> None:
        """A password recovered by a letter, and a letter that is worth nothing any more."""
        if self.portal.password_recovery is None:
            return
        made = self.practice.account(self.portal.name) | {"new_password": "N3w-pass$word"}
        for case, outcome in (("done", "good"), ("refused", "refused")):
            async with self._seat(made) as seat:
                reads: dict[str, Any] = {}
                try:
                    await self.portal.password_recovery(seat)
                except PortalkeeperError as error:
                    reads = reading(error)
                made["letter"] = (await seat.letter()).get_secret_value()
                said = {"flow": "password_recovery", "outcome": outcome, "reads": reads}
                await self.keep(seat.page, "reset", case, said)

    @asynccontextmanager
    async def _seat(self, made: dict[str, Any]) -> AsyncIterator[Seat]:
        async with self._host.context(None) as (context, _):
            with looking_on(self._taker):
                yield Seat(await context.new_page(), self.practice, made, self.payer)

    async def _sign_in_refused(self) -> None:
        made = self.practice.account(self.portal.name)
        async with self._seat(made | {"password": "Wr0ng-pass$1"}) as seat:
            try:
                await self.portal.login(seat)
            except PortalkeeperError as error:
                said = {"flow": "login", "outcome": "refused", "reads": reading(error)}
                await self.keep(seat.page, "alert", "password-refused", said)

    def _cases(self) -> dict[str, dict[str, Any]]:
        members = [each for each in self.practice.get("/members") if each["payer_name"] == self.payer.title]
        subscribers = [each for each in members if not each["subscriber"]]

        def first(coverage: str) -> dict[str, Any]:
            return next(each for each in subscribers if each["expects"]["coverage"] == coverage)

        dependents = [each for each in members if each["subscriber"]][:1]
        return {
            "active": first("active"),
            "inactive": first("inactive"),
            **({"dependent": dependents[0]} if dependents else {}),
            "not-found": first("not_found"),
            "rejected": first("rejected"),
            "payer-down": first("payer_down"),
            "outage": first("active"),
        }

    async def _ask(self, seat: Seat, case: str, member: dict[str, Any]) -> None:
        inquiry = question(member)
        if self.portal.eligibility is None:
            return
        try:
            found: EligibilityAnswer | PortalkeeperError = await self.portal.eligibility(seat, inquiry)
        except PortalkeeperError as error:
            found = error
        check_against_the_world(found, member, case)
        said = {
            "flow": "eligibility",
            "outcome": "good" if case in ("active", "inactive", "dependent") else "refused",
            "payer": self.payer.name,
            "inquiry": inquiry.model_dump(mode="json"),
            "reads": reading(found),
        }
        await self.keep(application(seat.page), "result", case, said)


def check_against_the_world(found: EligibilityAnswer | PortalkeeperError, member: dict[str, Any], case: str) -> None:
    """A reading is only kept if it is what the sandbox says is right."""
    expected = member["expects"]
    if isinstance(found, PortalkeeperError):
        right = (case in ("payer-down", "outage")) and type(found).__name__ == "PayerUnavailable"
    else:
        right = found.coverage == expected["coverage"] and found.reject_code == expected["reject_code"]
        right = right and found.plan_name in _plan_words(expected, case)
    if not right:
        raise SystemExit(f"{case}: read {reading(found)}, but the sandbox expects {expected}")


def _plan_words(expected: dict[str, Any], case: str) -> tuple[str | None, ...]:
    """How a page may spell the plan; of somebody who is not covered it may say none."""
    name = expected.get("plan_name")
    return name, name and name.upper(), *([None] if case == "inactive" else [])


async def main(folder: Path) -> None:
    """Record every portal into `folder`, each from a sandbox of its own, so that none depends on another."""
    host = await Host.start(find_browser(None), sandbox=load().browser_sandbox)
    try:
        for name, payer in PAYERS.items():
            with running("--seed", "1") as practice:
                practice.post("/clock", advance_seconds=NOON.timestamp() - practice.now())
                await Recorder(practice, host, portals()[name], listed_payers()[payer].payer, folder).record()
    finally:
        await host.stop()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else PAGES))
