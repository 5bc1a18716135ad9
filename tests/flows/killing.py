"""Dying at a chosen step, and two codes without waiting."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from inspect import iscoroutinefunction
from typing import Any

import pytest
from house import House
from playwright.async_api import Locator, Page

from bots import now
from bots.codes.totp import Totp
from bots.runner import Runner
from bots.runner.desk import InventoryDesk
from bots.runner.runner import RunResult
from bots.vault import Vault

AT_ONCE = 6
SHARES = 8  # of the steps at which a portal's runs are killed


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
NOT_WRITES = ("last_time_step", "stored_state", "refused", "answered", "notice", "drop_state", "passed")


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


@dataclass
class Cut:
    """Something that was cut off when its life ended."""

    name: str
    user: str
    life: Life

    @property
    def where(self) -> tuple[int, str]:
        """After which of its steps."""
        return len(self.life.taken), self.life.taken[-1]


async def killed_at_every_step(
    house: House,
    account: Callable[[], tuple[str, str]],
    act: Callable[[Runner, str], Awaitable[RunResult]],
    settle: Callable[[Runner, Cut], Awaitable[None]],
    *,
    share: int,
) -> None:
    """Cut `act` off after each step of a share, for a new account each time, and let `settle` see what is left of it."""
    # one inventory for all these accounts, each of which may see its new password refused once
    house.settings = house.settings.model_copy(update={"brake_refusals": 1000})
    one_of_few = asyncio.Semaphore(AT_ONCE)
    async with house.runner() as runner:

        async def cut_off(steps: int) -> Cut:
            async with one_of_few:
                cut = Cut(*account(), Life(steps))
                LIFE.set(cut.life)
                with suppress(Killed):
                    result = await act(runner, cut.name)
                    assert (result.failure, steps) == (None, sys.maxsize)
                LIFE.set(None)
                return cut

        async def settled(cut: Cut) -> None:
            async with one_of_few:
                await settle(runner, cut)

        whole = await cut_off(sys.maxsize)
        assert len(whole.life.taken) > 20
        async with asyncio.TaskGroup() as group:
            steps = range(1 + share, len(whole.life.taken) + 1, SHARES)
            cuts = [group.create_task(cut_off(number)) for number in steps]
        house.world.advance(90)  # past the codes that were used
        async with asyncio.TaskGroup() as group:
            for cut in cuts:
                group.create_task(settled(cut.result()))
