"""The runner: takes a run from its account's lease to its row in the inventory."""

from bots.runner.addresses import checked_address
from bots.runner.runner import PastExpiry, Runner, RunResult
from bots.runner.runs import RunHead

__all__ = ["PastExpiry", "RunHead", "RunResult", "Runner", "checked_address"]
