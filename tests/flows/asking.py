"""What tests of flows share: running one, and codes that need no waiting."""

from __future__ import annotations

from house import House

from bots.desk import Failure, Question
from bots.runner.runner import RunResult
from flows.eligibility import EligibilityAnswer

Result = EligibilityAnswer | Failure


async def ask(
    house: House, name: str, *questions: Question, flow: str = "eligibility", source: str = "command"
) -> tuple[RunResult, list[Result]]:
    """One run of `flow`, and what it recorded of each question."""
    results: list[Result] = []
    async with house.runner(source) as runner:
        run = await runner.run(name, flow, questions, record=lambda head, index, result: results.append(result))
    return run, results
