"""The browser that all runs of a test process share, each in a context of its own; to start one costs a run's half."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from bots import engine
from bots.browser import Host


class SharedHost(Host):
    """A host that the next run goes on with, while it is alive and not worn."""

    shared: ClassVar[Host | None] = None
    executable: ClassVar[Path | None] = None

    @classmethod
    async def start(cls, executable: Path, *, headed: bool = False, sandbox: bool = True) -> Host:
        if headed or cls.executable not in (None, executable):
            return await Host.start(executable, headed=headed, sandbox=sandbox)
        worn = cls.shared and cls.shared.open == 0 and cls.shared.served >= engine.CONTEXTS_PER_HOST
        if cls.shared is None or worn or not cls.shared.alive:
            await cls.end()
            cls.shared = await super().start(executable, sandbox=sandbox)
            cls.executable = executable
        return cls.shared

    @classmethod
    async def end(cls) -> None:
        if cls.shared:
            await Host.stop(cls.shared)
        cls.shared = cls.executable = None

    async def stop(self) -> None:
        """The next run goes on with it."""
