"""The tripwire of a batch: judges a payer's answers as they come, and holds those that look wrong together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from bots import holds
from bots.desk import Failure, PatientInquiry
from bots.inventory import Inventory
from bots.plausibility import Limits, Oddity, Tally
from bots.settings import Settings
from bots.worklist import Result


class Tripwire:
    """Over one start of a batch. What an earlier start that ended early has answered is judged with it."""

    def __init__(self, inventory: Inventory, flow: str, settings: Settings) -> None:
        self._inventory = inventory
        self._flow = flow
        self._limits = Limits(
            settings.tripwire_rows, settings.tripwire_times, settings.tripwire_points, settings.tripwire_history
        )
        self._early: set[str] = set()
        self._tallies: dict[str, Tally] = {}
        self._oddities: dict[str, Oddity] = {}
        self._failures: dict[str, Failure] = {}
        self.runs: dict[str, set[str]] = defaultdict(set)

    def take_up(self, known: Collection[tuple[PatientInquiry, Result]]) -> None:
        """Begin with the known answers of runs that ended early: killed, stopped, or out of a portal's order."""
        self._early = holds.ended_early(self._inventory, {result.run_id for _, result in known})
        for inquiry, result in known:
            if result.run_id in self._early:
                self.runs[result.payer].add(result.run_id)
                self._add(inquiry, result)

    def held(self, inquiry: PatientInquiry, result: Result) -> Failure | None:
        """Count a new answer; the failure of its payer's rows when they are held, which is on disk then."""
        payer, runs = result.payer, self.runs[result.payer]
        before = len(runs)
        odd = self._oddities.get(payer) or self._add(inquiry, result)
        runs.add(result.run_id)
        if odd and (payer not in self._oddities or len(runs) > before):
            self._oddities[payer] = odd
            self._failures[payer] = holds.hold(self._inventory, payer, self._flow, runs, odd)
        return self._failures.get(payer)

    def held_elsewhere(self, payer: str) -> Failure | None:
        """Whether another process holds the payer's answers meanwhile."""
        return holds.held_payers(self._inventory, self._flow).get(payer)

    def _add(self, inquiry: PatientInquiry, result: Result) -> Oddity | None:
        payer = result.payer
        if result.answer is None:
            return None
        if payer not in self._tallies:
            usual = holds.usual(self._inventory, payer, self._flow, self._early)
            self._tallies[payer] = Tally(usual, holds.vouched(self._inventory, payer, self._flow), self._limits)
        return self._tallies[payer].add(result.portal, inquiry, result.answer)
