"""One request for a code in flight per channel and portal, among tasks and processes: else one takes another's."""

from __future__ import annotations

import asyncio
import fcntl
import os
from pathlib import Path

from bots.disk import private_folder
from flows.errors import CodeNotReceived

LETTERS = "letters"  # the channel of everything that comes by the mailbox
_POLL_SECONDS = 0.1


class Turn:
    """The right to ask, until it is left; the kernel frees it when its holder dies."""

    def __init__(self, handle: int) -> None:
        self._handle: int | None = handle

    @classmethod
    async def taken(cls, file: Path, seconds: float) -> Turn:
        """The turn that `file` stands for; waits so many seconds for whoever has it, then raises `CodeNotReceived`."""
        private_folder(file.parent)
        handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        deadline = asyncio.get_running_loop().time() + seconds
        try:
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return cls(handle)
                except BlockingIOError:
                    if asyncio.get_running_loop().time() > deadline:
                        raise CodeNotReceived(
                            f"another account has waited for its code for {seconds:.0f} s; nothing was asked for"
                        ) from None
                await asyncio.sleep(_POLL_SECONDS)
        except BaseException:
            os.close(handle)
            raise

    @staticmethod
    def any_taken(folder: Path, channel: str) -> bool:
        """Whether somebody asks some portal by that channel now. A turn that is asked for meanwhile is had at once."""
        for file in folder.glob(f"{channel}-*.turn"):
            handle = os.open(file, os.O_RDWR)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            finally:
                os.close(handle)
        return False

    def leave(self) -> None:
        """Let the next one ask."""
        if self._handle is not None:
            handle, self._handle = self._handle, None
            os.close(handle)
