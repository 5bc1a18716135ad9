"""Commands to practise with: sandbox, demo. The sandbox runs as a process of its own and shares no code."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from bots.cli.office import office


def sandbox(
    port_base: Annotated[
        int | None, typer.Option(help="Portals on this port, control on the next; else free ones.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Makes the same world again.")] = 1,
) -> None:
    """Serve the simulated portals on this machine until stopped; prints one JSON line when ready."""
    arguments = [sys.executable, "-m", "sandbox", "--seed", str(seed)]
    if port_base is not None:
        arguments += ["--port-base", str(port_base)]
    if office.settings.home.is_dir():
        arguments += ["--clock-file", str(office.settings.sandbox_clock)]
    os.execv(sys.executable, arguments)  # noqa: S606 - our own program, so that signals reach it


def demo() -> None:
    """Show all of it on simulated portals, in a throw-away data folder; under three minutes."""
    from bots.cli.demo import run_demo

    run_demo()


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the tree."""
    app.command()(sandbox)
    app.command()(demo)
