"""Dying at a chosen step, and two codes without waiting."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from inspect import iscoroutinefunction
from typing import Any

import pytest
from playwright.async_api import Locator, Page

from bots import now
from bots.codes.totp import Totp
from bots.runner.desk import InventoryDesk
from bots.vault import Vault


@pytest.fixture
def codes_in_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two codes without waiting: a portal takes that of the next time step too."""

    async def next_step(totp: Totp, after: int | None) -> int:
        step = totp.step_at(now.utc())
        return step if after is None or after < step else after + 1

    monkeypatch.setattr(Totp, "next_usable_step", next_step)


class Killed(BaseException):
    """What a SIGKILL is to the code: nothing after it runs."""


@dataclass
class Life:
    """How many steps a change lives for, and those that it took."""

    steps: int
    taken: list[str] = field(default_factory=list)

    def go_on(self) -> None:
        if len(self.taken) >= self.steps:
            raise Killed(self.taken[-1])


LIFE: ContextVar[Life | None] = ContextVar("life", default=None)
NOT_WRITES = ("last_time_step", "stored_state", "refused", "answered", "notice", "drop_state")


@pytest.fixture
def mortal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every durable write and every page action a step of the life that it is part of; none comes after its end."""
    for name in ("put_pending", "mark_pending", "promote", "discard_pending"):
        monkeypatch.setattr(Vault, name, counted(Vault, name))
    for name in [name for name in vars(InventoryDesk) if not name.startswith("_") and name not in NOT_WRITES]:
        monkeypatch.setattr(InventoryDesk, name, counted(InventoryDesk, name))
    for name in ("fill", "click", "check"):
        monkeypatch.setattr(Locator, name, counted(Locator, name))
    monkeypatch.setattr(Page, "goto", counted(Page, "goto"))


def counted(owner: type, name: str) -> Callable[..., Any]:
    original = getattr(owner, name)

    @contextmanager
    def one_step() -> Iterator[None]:
        life = LIFE.get() or Life(sys.maxsize)
        life.go_on()
        yield
        life.taken.append(f"{owner.__name__}.{name}")
        life.go_on()

    async def step(*args: Any, **kwargs: Any) -> Any:
        with one_step():
            return await original(*args, **kwargs)

    def plain_step(*args: Any, **kwargs: Any) -> Any:
        with one_step():
            return original(*args, **kwargs)

    return step if iscoroutinefunction(original) else plain_step
