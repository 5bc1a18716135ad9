"""One command in a process of its own, which stops at every durable write and every request until it is told to go on.

So the order of two processes, and the moment of a SIGKILL, follow from the seed. Everything of `bots/` is real but the
browser; waits ask for time instead of taking it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bots.codes.inbox
import bots.codes.totp
import bots.disk
import bots.lease
import bots.runner.desk
from bots.inventory import Inventory
from bots.vault import Vault
from tests.chaos import seat
from tests.chaos.acts import Office, carry_out

HANGS_SECONDS = 120


class Worker:
    """A forked process with its command, as the process that started it sees it."""

    def __init__(self, office: Office, command: str, number: int, others: list[Worker], sabotage: Callable[[], None]):
        self.command = command
        self.number = number
        self.passed: list[tuple[Any, ...]] = []
        self.result: dict[str, Any] | None = None
        self.alive = True
        self.wire, end = Pipe()
        self.pid = os.fork()
        if self.pid == 0:
            for other in [self, *others]:
                other.wire.close()
            _live(office, command, end, sabotage)
        end.close()
        self.asked = self._hear()

    @property
    def steps(self) -> int:
        """How many stops it has passed."""
        return len(self.passed)

    def answer(self, words: Any) -> None:
        """Let it go on, until it stops again or ends."""
        self.wire.send(words)
        self.passed.append(self.asked[:2])
        self.asked = self._hear()

    def _hear(self) -> tuple[Any, ...]:
        if not self.wire.poll(HANGS_SECONDS):
            self.kill()
            raise RuntimeError(f"the {self.command} process hung after {self.passed[-1:] or 'its start'}")
        with suppress(EOFError, ConnectionResetError):
            said: tuple[Any, ...] = self.wire.recv()
            if said[0] == "end":
                self.result = said[1]
                self._bury()
            return said
        self._bury()
        raise RuntimeError(f"the {self.command} process died by itself")

    def kill(self) -> None:
        """End it as the kernel would."""
        os.kill(self.pid, signal.SIGKILL)
        self._bury()

    def _bury(self) -> None:
        self.alive = False
        os.waitpid(self.pid, 0)
        self.wire.close()


def _live(office: Office, command: str, wire: Connection, sabotage: Callable[[], None]) -> None:
    """The life of the forked process. Does not return."""
    try:
        _take_out(sabotage)
        _stop_at_every_step(_Points(wire))
        wire.send(("end", asyncio.run(carry_out(office, command))))
    except Exception as error:  # noqa: BLE001 - told to the other side, which counts it as a broken promise
        frames = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)][-4:]
        words = f"{error} at {', '.join(frames)}"
        wire.send(("end", {"error": type(error).__name__, "message": words, "do": "", "crashed": True}))
    finally:
        os._exit(0)


def _take_out(sabotage: Callable[[], None]) -> None:
    """A sabotage that fails itself must not pass for a guarantee whose loss was noticed: the process dies."""
    try:
        sabotage()
    except Exception:  # noqa: BLE001 - whatever it is, there is nobody to raise it to
        traceback.print_exc()
        os._exit(1)


class _Points:
    """Where this process stops."""

    def __init__(self, wire: Connection) -> None:
        self.waited = 0.0
        self._wire = wire

    def ask(self, *said: Any) -> Any:
        self._wire.send(said)
        return self._wire.recv()

    def around(self, owner: Any, name: str) -> None:
        """Stop after every call of a method."""
        original = getattr(owner, name)

        def after(this: Any, *args: Any, **kwargs: Any) -> Any:
            result = original(this, *args, **kwargs)
            self.ask("step", name)
            return result

        async def after_awaiting(this: Any, *args: Any, **kwargs: Any) -> Any:
            result = await original(this, *args, **kwargs)
            self.ask("step", name)
            return result

        setattr(owner, name, after_awaiting if asyncio.iscoroutinefunction(original) else after)

    async def wait(self, seconds: float) -> None:
        self.waited += seconds
        self.ask("wait", seconds)
        await asyncio.sleep(0)


class _Asyncio:
    """asyncio, but for `sleep`."""

    def __init__(self, points: _Points) -> None:
        self.sleep = points.wait

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)


def _stop_at_every_step(points: _Points) -> None:
    seat.Host.ask = staticmethod(points.ask)
    for module in (bots.lease, bots.runner.desk, bots.codes.totp):
        module.asyncio = _Asyncio(points)
    bots.codes.inbox.asyncio = SimpleNamespace(
        sleep=points.wait,
        to_thread=asyncio.to_thread,
        get_running_loop=lambda: SimpleNamespace(time=lambda: points.waited),
    )
    for name in ("put_pending", "mark_pending", "promote", "discard_pending"):
        points.around(Vault, name)
    desk = bots.runner.desk.InventoryDesk
    for name in [name for name, found in vars(desk).items() if name[0] != "_" and callable(found)]:
        points.around(desk, name)
    _around_writes(Inventory, points)
    _around_files(bots.disk, points)


def _around_writes(inventory: Any, points: _Points) -> None:
    """Stop after every commit; never inside one, where another process would wait for this one."""
    original = inventory.write

    @contextmanager
    def write(this: Any) -> Iterator[Any]:
        inside = this._db.conn.in_transaction
        with original(this) as db:
            yield db
        if not inside:
            points.ask("step", "commit")

    inventory.write = write


def _around_files(disk: Any, points: _Points) -> None:
    """A chance to be killed after every durable file; the vault's lock may be held, so nobody else gets a turn."""
    original = disk.write_durably

    def write_durably(path: Path, data: bytes, mode: int = 0o600) -> None:
        original(path, data, mode)
        points.ask("inside", path.suffix)

    disk.write_durably = write_durably
