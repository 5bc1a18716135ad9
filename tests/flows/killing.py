"""Dying at a chosen step, and codes that need no waiting."""

from __future__ import annotations

from typing import Any

import pytest
from house import House
from playwright.async_api import Locator, Page

from bots import now
from bots.codes.totp import Totp
from bots.runner.desk import InventoryDesk
from bots.vault import Vault

NOT_WRITES = ("last_time_step", "stored_state", "refused", "answered", "notice", "drop_state")


def codes_move_the_clock(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Move the sandbox's clock to the next code step whenever a code would have to be waited for."""

    async def next_step(totp: Totp, after: int | None) -> int:
        while after is not None and totp.step_at(now.utc()) <= after:
            house.world.advance(31)
        return totp.step_at(now.utc())

    monkeypatch.setattr(Totp, "next_usable_step", next_step)


class Killed(BaseException):
    """What a SIGKILL is to the code: nothing after it runs."""


def steps_of(monkeypatch: pytest.MonkeyPatch, kill_at: int | None) -> list[str]:
    """Count every durable write and every page action; die after number `kill_at`."""
    taken: list[str] = []

    def passed(name: str) -> None:
        taken.append(name)
        if kill_at is not None and len(taken) == kill_at:
            raise Killed(name)

    def counted(owner: Any, name: str) -> None:
        original = getattr(owner, name)

        async def after(self: Any, *args: Any, **kwargs: Any) -> Any:
            result = await original(self, *args, **kwargs)
            passed(f"{owner.__name__}.{name}")
            return result

        def after_sync(self: Any, *args: Any, **kwargs: Any) -> Any:
            result = original(self, *args, **kwargs)
            passed(f"{owner.__name__}.{name}")
            return result

        monkeypatch.setattr(owner, name, after_sync if owner is Vault else after)

    for name in ("put_pending", "mark_pending", "promote", "discard_pending"):
        counted(Vault, name)
    for name in [name for name in vars(InventoryDesk) if not name.startswith("_") and name not in NOT_WRITES]:
        counted(InventoryDesk, name)
    for name in ("fill", "click", "check"):
        counted(Locator, name)
    counted(Page, "goto")
    return taken
