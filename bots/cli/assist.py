"""A person at the browser: the command assist."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from bots.cli.office import office
from bots.cli.printing import tell

if TYPE_CHECKING:
    from playwright.async_api import Page


DONE = "Close the window when you are done, or press Enter here."


def assist(name: Annotated[str, typer.Argument(help="The account's name.")]) -> None:
    """Open the portal in a window for you: for a CAPTCHA, a first device, new terms or security questions.

    What you submit counts as the worker's submissions do. Nothing is recorded; the signed-in state is kept.
    """
    office.acting("sign in to a portal")
    office.carry_out(name, lambda runner: runner.run(name, "assist"), AtTheTerminal())
    print(f"{name}: signed in; the worker goes on with this session")


class AtTheTerminal:
    """Whoever gave the command, with the window before them."""

    async def act(self, page: Page) -> None:
        """Wait until the window is closed, or Enter is pressed where the command was given."""
        self.tell(DONE)
        done = asyncio.Event()
        page.on("close", lambda _: done.set())
        loop = asyncio.get_running_loop()
        with suppress(OSError, ValueError):  # no terminal, and then no Enter
            if sys.stdin.isatty():
                loop.add_reader(sys.stdin, done.set)
        try:
            await done.wait()
        finally:
            with suppress(OSError, ValueError):
                loop.remove_reader(sys.stdin)

    def tell(self, words: str) -> None:
        """Say it in the terminal."""
        tell(words)


def add_to(app: typer.Typer) -> None:
    """Hang this command into the tree."""
    app.command()(assist)
