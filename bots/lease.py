"""Leases: one account, one session, across tasks, commands, the service and dead processes.

A kernel lock on `leases/<account>.lock` says who may work now and is freed by any death. A second lock,
`leases/<account>.next`, is held by whoever waits, so that the holder can see it and step aside between two
orders. The row in the inventory holds owner and epoch; a call that comes with an older epoch is refused.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bots import now
from bots.disk import private_folder
from bots.inventory import Inventory, stamp
from flows.errors import AccountHeld, WorkerLost

POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Lease:
    """The right to use an account until the lease is given back."""

    account: str
    epoch: int
    folder: Path

    def wanted(self) -> bool:
        """Whether somebody waits for this account."""
        handle = os.open(self.folder / f"{self.account}.next", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            return not try_lock(handle)
        finally:
            os.close(handle)


@asynccontextmanager
async def lease(
    inventory: Inventory,
    folder: Path,
    account: str,
    *,
    run_id: str,
    wait_seconds: float,
    on_wait: Callable[[str], None] = lambda owner: None,
) -> AsyncIterator[Lease]:
    """Hold the account's lease; waits up to `wait_seconds` for whoever has it.

    `on_wait` is told once who that is. Raises `AccountHeld` naming the holder when it does not come free.
    """
    private_folder(folder)
    handle = os.open(folder / f"{account}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        await _queue(inventory, folder, account, handle, wait_seconds, on_wait)
        held = Lease(account, _take(inventory, account, run_id), folder)
        try:
            yield held
        finally:
            _give_back(inventory, held)
    finally:
        os.close(handle)


async def _queue(
    inventory: Inventory, folder: Path, account: str, handle: int, seconds: float, on_wait: Callable[[str], None]
) -> None:
    """Stand in line: first for the place of the one who is next, then for the account itself."""
    deadline = asyncio.get_running_loop().time() + seconds
    told = False
    turnstile = os.open(folder / f"{account}.next", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        for wanted in (turnstile, handle):
            while not try_lock(wanted):
                holder = _holder(inventory, account)
                if asyncio.get_running_loop().time() > deadline:
                    raise AccountHeld(
                        f"account {account} is in use by {holder}; waited {seconds:.0f} s. Try again when it is done."
                    )
                if not told:
                    on_wait(holder)
                    told = True
                await asyncio.sleep(POLL_SECONDS)
    finally:
        os.close(turnstile)


def try_lock(handle: int) -> bool:
    """Take the kernel lock of an open file if it is free; whether it was."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(inventory: Inventory, account: str) -> str:
    row = inventory.row("SELECT owner, taken_at FROM leases WHERE account = ?", (account,))
    return f"{row['owner']} since {row['taken_at'][11:19]} UTC" if row else "another process"


def _take(inventory: Inventory, account: str, run_id: str) -> int:
    """Write the row of a new lease and return its epoch. The kernel lock is held, so an older row is a dead one."""
    owner = f"{socket.gethostname()} process {os.getpid()}"
    with inventory.write() as db:
        db.execute(
            """INSERT INTO leases (account, epoch, owner, run_id, taken_at) VALUES (?, 1, ?, ?, ?)
               ON CONFLICT (account) DO UPDATE SET epoch = epoch + 1, owner = excluded.owner,
               run_id = excluded.run_id, taken_at = excluded.taken_at, released_at = NULL""",
            (account, owner, run_id, stamp(now.utc())),
        )
        return int(db.execute("SELECT epoch FROM leases WHERE account = ?", (account,)).fetchone()[0])


def _give_back(inventory: Inventory, held: Lease) -> None:
    with inventory.write() as db:
        db.execute(
            "UPDATE leases SET released_at = ? WHERE account = ? AND epoch = ?",
            (stamp(now.utc()), held.account, held.epoch),
        )


def check_epoch(db: Any, account: str, epoch: int) -> None:
    """Refuse a call that comes from a lease which another one has followed. Inside the caller's transaction."""
    row = db.execute("SELECT epoch, released_at FROM leases WHERE account = ?", (account,)).fetchone()
    if row is None or row[0] != epoch or row[1] is not None:
        raise WorkerLost(f"the lease of account {account} was taken over by another run; nothing was submitted")
