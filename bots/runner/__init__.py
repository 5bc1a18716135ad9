"""The runner: takes a run from its account's lease to its row in the inventory."""

from bots.runner.runner import Runner, RunResult, checked_address
from bots.runner.runs import RunHead

__all__ = ["RunHead", "RunResult", "Runner", "checked_address"]
