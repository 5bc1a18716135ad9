"""Calls of the vault from among many sessions: in threads of their own, for a credential manager may not answer."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cache, partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


@cache
def _threads() -> ThreadPoolExecutor:
    """Threads of this process: not asyncio's own few, which a manager that hangs would use up."""
    return ThreadPoolExecutor(64, "vault")


os.register_at_fork(after_in_child=_threads.cache_clear)  # a child has the pool without its threads, and would wait


async def aside(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What `call` returns, while the other sessions go on.

    Whoever is cancelled meanwhile ends when it has ended, as if it were an ordinary call: no change of the vault is
    made behind the back of the next run.
    """
    loop = asyncio.get_running_loop()
    running = loop.run_in_executor(_threads(), copy_context().run, partial(call, *args, **kwargs))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        running.exception()  # nobody is there any more whom it could be told
        raise
