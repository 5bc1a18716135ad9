"""A process that carries out one command after another, each as a process of its own would.

To start Python, a driver and a browser costs more than most commands do. Where the process itself is the matter - its
death, its place beside another one, what it leaves behind - a test starts a real one (`House.process`, `House.start`).
"""

from __future__ import annotations

import asyncio
import functools
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any


class CommandProcess:
    """The process, from the side of a test. It ends with the process that started it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._reading = ThreadPoolExecutor(1)

    def run(
        self, arguments: Sequence[str], env: Mapping[str, str], given: str, seconds: float
    ) -> subprocess.CompletedProcess[str]:
        """Carry out one command in this environment, with `given` on its standard input."""
        process = self._process
        assert process.stdin
        assert process.stdout
        print(json.dumps([arguments, dict(env), given]), file=process.stdin, flush=True)
        try:
            line = self._reading.submit(process.stdout.readline).result(seconds)
        except TimeoutError:
            process.kill()
            raise subprocess.TimeoutExpired(list(arguments), seconds) from None
        return subprocess.CompletedProcess(list(arguments), *json.loads(line))

    @property
    def alive(self) -> bool:
        return self._process.poll() is None


_started: list[CommandProcess] = []


def run_command(
    arguments: Sequence[str], env: Mapping[str, str], given: str = "", seconds: float = 120
) -> subprocess.CompletedProcess[str]:
    """Carry out one command in the process that this test process has for them."""
    if not _started or not _started[-1].alive:
        _started.append(CommandProcess())
    return _started[-1].run(arguments, env, given, seconds)


def serve() -> None:
    """Take commands from standard input, one JSON line each, until it ends."""
    import typer.main
    from shared_browser import SharedHost

    from bots import doctor, engine

    questions, answers = sys.stdin, os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a command's own children print is no answer
    typer.main.get_command = functools.cache(typer.main.get_command)
    engine.Host = doctor.Host = SharedHost  # type: ignore[misc]
    with asyncio.Runner() as runner:
        asyncio.run = runner.run  # type: ignore[assignment]
        for line in questions:
            print(json.dumps(_carried_out(*json.loads(line))), file=answers, flush=True)
        runner.run(SharedHost.end())


def _carried_out(arguments: list[str], env: dict[str, str], given: str) -> list[Any]:
    """Exit code, standard output and standard error of one command."""
    import structlog

    from bots import now
    from bots.cli import main
    from bots.cli.office import office

    os.environ.clear()
    os.environ.update(env)
    now.use_sandbox_clock(None)
    structlog.reset_defaults()
    sys.argv = ["portalkeeper", *arguments]
    streams = [io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8") for text in (given, "", "")]
    sys.stdin, sys.stdout, sys.stderr = streams
    code: Any = 0
    try:
        main()
    except SystemExit as end:
        code = end.code or 0
    finally:
        for part in ("inventory", "_until_the_end"):
            if part in vars(office):
                vars(office)[part].close()
        vars(office).clear()
        sys.stdin, sys.stdout, sys.stderr = sys.__stdin__, sys.__stdout__, sys.__stderr__
    return [code, *map(_printed, streams[1:])]


def _printed(stream: io.TextIOWrapper) -> str:
    stream.flush()
    return io.TextIOWrapper(io.BytesIO(stream.buffer.getvalue()), encoding="utf-8").read()  # type: ignore[attr-defined]


if __name__ == "__main__":
    serve()
