"""Many flows at once in a process of its own, to be killed in the middle of all of them.

Reads from standard input a JSON list of account, flow and question. A remittance that came stays in memory: the file
`came` in the data folder tells of it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from bots.cli.office import log_to, office
from bots.desk import Question
from bots.runner import Runner
from bots.runner.desk import InventoryDesk
from bots.runner.password_change import change_password
from bots.runner.password_recovery import recover_password


async def never_kept(self: InventoryDesk, *given: Any) -> None:
    """The disk takes it some other day."""
    (office.settings.home / "came").touch()
    await asyncio.Event().wait()


async def one(runner: Runner, account: str, flow: str, question: dict[str, Any] | None) -> None:
    """One flow of one account."""
    parts = (runner, office.inventory, office.vault)
    if flow == "change":
        await change_password(*parts, account, by="Ann")
    elif flow == "recover":
        await recover_password(*parts, office.settings, account, by="Ann")
    else:
        asked = [Question.model_validate(question)] if question else []
        await runner.run(account, flow, asked, record=lambda head, index, result: None)


async def main() -> None:
    """All of them, in one browser."""
    log_to(office.settings.home / "portalkeeper.log")
    async with office.runner("command") as runner:
        await asyncio.gather(*(one(runner, *each) for each in json.load(sys.stdin)))


if __name__ == "__main__":
    InventoryDesk.kept = never_kept  # type: ignore[method-assign]
    asyncio.run(main())
