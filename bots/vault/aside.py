"""Calls of the vault from among many sessions: in threads of their own, for a credential manager may not answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_THREADS = ThreadPoolExecutor(64, "vault")  # not asyncio's own few, which a manager that hangs would use up


async def aside(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What `call` returns, while the other sessions go on.

    Whoever is cancelled meanwhile ends when it has ended, as if it were an ordinary call: no change of the vault is
    made behind the back of the next run.
    """
    loop = asyncio.get_running_loop()
    running = loop.run_in_executor(_THREADS, copy_context().run, partial(call, *args, **kwargs))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        running.exception()  # nobody is there any more whom it could be told
        raise
